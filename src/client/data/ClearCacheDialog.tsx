import { Alert, Button, Checkbox, Flex, Modal, Skeleton, Typography } from 'antd';
import { useCallback, useState } from 'react';
import { asApiError, type ApiError, type Cleared } from '../api/api';
import { useArk } from '../api/ark';
import { TALL, useDialog } from '../parts/dialog';
import { ErrorNotice } from '../parts/ErrorNotice';
import { useI18n } from '../parts/i18n';
import { useLoaded } from '../parts/useLoaded';
import { styles } from '../parts/styles';

interface Props {
  /** The app has a cache of its own. */
  readonly appCache: boolean;
  readonly onCleared: () => void;
  readonly onClose: () => void;
}

/** What would go and how much that frees; then what went. */
export function ClearCacheDialog({ appCache, onCleared, onClose }: Props) {
  const { api } = useArk();
  const { t, format } = useI18n();
  const { close, shown } = useDialog(onClose);
  const [app, setApp] = useState(false);
  const [clearing, setClearing] = useState(false);
  const [cleared, setCleared] = useState<Cleared>();
  const [refused, setRefused] = useState<ApiError>();
  const ask = useCallback(() => api.clearCache({ dryRun: true, app }), [api, app]);
  const { data: planned, error, loading, retry } = useLoaded(ask);
  const size = (planned?.items ?? []).reduce((sum, item) => sum + item.bytes, 0);

  const clear = async () => {
    setClearing(true);
    setRefused(undefined);
    try {
      setCleared(await api.clearCache({ dryRun: false, app }));
      onCleared();
    } catch (cause) {
      setRefused(asApiError(cause));
    } finally {
      setClearing(false);
    }
  };

  return (
    <Modal
      {...shown}
      {...TALL}
      title={t('clear.title')}
      width={640}
      footer={
        <Flex justify="flex-end" gap={8}>
          <Button type={cleared ? 'primary' : 'default'} onClick={close}>
            {t(cleared ? 'action.close' : 'action.cancel')}
          </Button>
          {!cleared && (
            <Button
              type="primary"
              loading={clearing}
              disabled={!planned || planned.items.length === 0}
              onClick={() => void clear()}
            >
              {t('clear.now')}
            </Button>
          )}
        </Flex>
      }
    >
      <Flex vertical gap={12}>
        <span>{t('clear.text')}</span>
        {cleared ? (
          <>
            <Alert
              type="success"
              showIcon
              role="status"
              message={t('clear.freed', { size: format.bytes(cleared.freed) })}
            />
            <Items cleared={cleared} />
          </>
        ) : error ? (
          <ErrorNotice error={error} onRetry={retry} />
        ) : !planned ? (
          <Skeleton active title={false} paragraph={{ rows: 3 }} />
        ) : (
          <>
            <div style={loading ? styles.stale : undefined} role="status">
              <Typography.Text strong>
                {planned.items.length === 0
                  ? t('clear.nothing')
                  : t('clear.would', { size: format.bytes(size) })}
              </Typography.Text>
              <Items cleared={planned} />
            </div>
            {appCache && (
              <Checkbox checked={app} onChange={(event) => setApp(event.target.checked)}>
                {t('clear.app')}
              </Checkbox>
            )}
          </>
        )}
        {refused && <ErrorNotice error={refused} title={t('clear.failed')} />}
      </Flex>
    </Modal>
  );
}

function Items({ cleared: { items, skipped } }: { readonly cleared: Pick<Cleared, 'items' | 'skipped'> }) {
  const { t, format } = useI18n();
  return (
    <>
      <ul style={styles.listAbove}>
        {items.map((item) => (
          <li key={`${item.kind} ${item.name}`} style={styles.wrap}>
            {t(`clear.kind.${item.kind}`)}
            {item.kind !== 'app' && (
              <>
                {' '}
                · {format.bytes(item.bytes)}{' '}
                <Typography.Text type="secondary" style={styles.smallerLine}>
                  {item.name}
                </Typography.Text>
              </>
            )}
          </li>
        ))}
      </ul>
      {skipped !== undefined && (
        <Alert
          type="warning"
          showIcon
          style={styles.above8}
          message={t('clear.skipped')}
          description={<span lang="en">{skipped}</span>}
        />
      )}
    </>
  );
}
