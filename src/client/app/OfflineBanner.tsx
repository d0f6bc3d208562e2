import { DisconnectOutlined } from '@ant-design/icons';
import { Alert } from 'antd';
import { useI18n } from '../parts/i18n';

/** Lies over the page, so that nothing moves when the server goes and comes back. */
export function OfflineBanner({ shown }: { readonly shown: boolean }) {
  const { t } = useI18n();
  return (
    <div
      role="status"
      aria-live="assertive"
      style={{
        position: 'fixed',
        insetInline: 0,
        bottom: 16,
        zIndex: 1200,
        display: 'flex',
        justifyContent: 'center',
        padding: '0 16px',
        pointerEvents: 'none',
      }}
    >
      {shown && (
        <Alert
          type="warning"
          showIcon
          icon={<DisconnectOutlined aria-hidden />}
          message={<b>{t('offline.title')}</b>}
          description={t('offline.text')}
          style={{ maxWidth: 560, boxShadow: '0 6px 24px rgba(0,0,0,.25)', pointerEvents: 'auto' }}
        />
      )}
    </div>
  );
}
