import { Alert, Button } from 'antd';
import { useI18n } from '../parts/i18n';

interface Props {
  readonly held: boolean;
  /** Ticks what it takes. */
  readonly onHold: () => void;
}

/** An app's AES key goes only where nobody else can read it: it is said before, not on the new server. */
export function KeyNotice({ held, onHold }: Props) {
  const { t } = useI18n();
  return (
    <Alert
      type={held ? 'success' : 'warning'}
      showIcon
      style={{ marginTop: 12, alignItems: 'flex-start' }}
      message={
        <>
          {t(held ? 'key.held' : 'key.left')}
          {!held && (
            <div>
              <Button type="link" style={{ padding: 0, height: 'auto' }} onClick={onHold}>
                {t('key.hold')}
              </Button>
            </div>
          )}
        </>
      }
    />
  );
}
