import { Alert, Checkbox } from 'antd';
import { useI18n } from '../parts/i18n';
import { styles } from '../parts/styles';

interface Props {
  readonly allowed: boolean;
  readonly onAllow: (allow: boolean) => void;
}

/** A backup that is not encrypted where one is expected that is: somebody may have exchanged it. */
export function PlainNotice({ allowed, onAllow }: Props) {
  const { t } = useI18n();
  return (
    <Alert
      type="error"
      showIcon
      role="alert"
      style={styles.top}
      message={
        <>
          <b>{t('plain.title')}</b>
          <div>{t('plain.text')}</div>
          <Checkbox
            style={styles.above8}
            checked={allowed}
            onChange={(event) => onAllow(event.target.checked)}
          >
            <b>{t('plain.allow')}</b>
          </Checkbox>
        </>
      }
    />
  );
}
