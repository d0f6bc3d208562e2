import { DisconnectOutlined } from '@ant-design/icons';
import { Alert } from 'antd';
import { useI18n } from '../parts/i18n';
import { styles } from '../parts/styles';

/** Lies over the page, so that nothing moves when the server goes and comes back. */
export function OfflineBanner({ shown }: { readonly shown: boolean }) {
  const { t } = useI18n();
  return (
    <div role="status" aria-live="assertive" style={styles.overPage}>
      {shown && (
        <Alert
          type="warning"
          showIcon
          icon={<DisconnectOutlined aria-hidden />}
          message={<b>{t('offline.title')}</b>}
          description={t('offline.text')}
          style={styles.floating}
        />
      )}
    </div>
  );
}
