import { Alert, Button } from 'antd';
import { useI18n } from '../parts/i18n';
import { styles } from '../parts/styles';

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
      style={styles.noticeAbove}
      message={
        <>
          {t(held ? 'key.held' : 'key.left')}
          {!held && (
            <div>
              <Button type="link" style={styles.inlineButton} onClick={onHold}>
                {t('key.hold')}
              </Button>
            </div>
          )}
        </>
      }
    />
  );
}
