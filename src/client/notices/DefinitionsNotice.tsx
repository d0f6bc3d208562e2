import { Alert, Checkbox } from 'antd';
import type { Preview } from '../api/api';
import { useI18n } from '../parts/i18n';
import { styles } from '../parts/styles';

interface Props {
  readonly definitions: Preview['definitions'];
  /** Whether they stay by choice. */
  readonly kept: boolean;
  readonly onKeep: (keep: boolean) => void;
  readonly busy: boolean;
}

/** Offers to leave what the app knows as it is, where that describes all that comes back. */
export function DefinitionsNotice({ definitions, kept, onKeep, busy }: Props) {
  const { t } = useI18n();
  if (definitions !== 'could stay' && !kept) return null;
  return (
    <Alert
      type="info"
      showIcon
      style={styles.top}
      message={
        <>
          <Checkbox checked={kept} disabled={busy} onChange={(event) => onKeep(event.target.checked)}>
            <b>{t('definitions.keep')}</b>
          </Checkbox>
          <div>{t(kept ? 'definitions.kept' : 'definitions.couldStay')}</div>
        </>
      }
    />
  );
}
