import { Alert } from 'antd';
import { useI18n } from '../parts/i18n';

/** An app's AES key goes only where nobody else can read it: it is said before, not on the new server. */
export function KeyNotice({ held }: { readonly held: boolean }) {
  const { t } = useI18n();
  return (
    <Alert
      type={held ? 'success' : 'warning'}
      showIcon
      style={{ marginTop: 12, alignItems: 'flex-start' }}
      message={t(held ? 'key.held' : 'key.left')}
    />
  );
}
