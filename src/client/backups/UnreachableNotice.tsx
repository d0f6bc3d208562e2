import { Alert, Button } from 'antd';
import type { BackupListMeta } from '../api/api';
import { useArk } from '../api/ark';
import { errorText } from '../parts/errorText';
import { useI18n } from '../parts/i18n';
import { styles } from '../parts/styles';

interface Props {
  readonly unreachable: BackupListMeta['failed'];
  readonly onOpen: () => void;
}

/** A list that is not whole says so, and why. */
export function UnreachableNotice({ unreachable, onOpen }: Props) {
  const { narrow } = useArk();
  const i18n = useI18n();
  const { t } = i18n;
  if (unreachable.length === 0) return null;
  const open = (
    <Button size="small" onClick={onOpen}>
      {t('storages.open')}
    </Button>
  );
  return (
    <Alert
      type="warning"
      showIcon
      role="status"
      data-testid="unreachable"
      style={styles.notice}
      message={
        <>
          {unreachable.map(({ storage, ...failure }) => {
            const { text, detail, lang } = errorText(i18n, failure);
            return (
              <div key={storage} style={styles.wrap}>
                <b>{t('storages.unreachable', { name: storage })}</b>
                <div>{text}</div>
                {detail !== undefined && (
                  <div lang={lang} style={styles.small}>
                    {detail}
                  </div>
                )}
              </div>
            );
          })}
          {narrow && <div style={styles.above8}>{open}</div>}
        </>
      }
      action={!narrow && open}
    />
  );
}
