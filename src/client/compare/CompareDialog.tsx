import { Button, Flex, Form, Modal, Select, Spin } from 'antd';
import { useCallback, useId, useState } from 'react';
import type { BackupItem, BackupKeys } from '../api/api';
import { useArk } from '../api/ark';
import { visible } from '../notices/codeText';
import { TALL, TALL_NARROW, useDialog } from '../parts/dialog';
import { ErrorNotice } from '../parts/ErrorNotice';
import { useI18n } from '../parts/i18n';
import { styles } from '../parts/styles';
import { useLoaded } from '../parts/useLoaded';
import { UnlockForm } from '../passphrase/UnlockForm';
import { ComparisonView } from './ComparisonView';

interface Props {
  readonly backup: BackupItem;
  /** All there are. */
  readonly backups: readonly BackupItem[];
  readonly onClose: () => void;
}

/** Rows of each kind and collection. */
const EXAMPLES = 5;
const NOW = '';
const LOCKED: ReadonlySet<string> = new Set(['ARCHIVE_LOCKED', 'ARCHIVE_KEY_WRONG', 'ARCHIVE_NOT_ENCRYPTED']);

/** A backup beside the data of now, or beside another one. Nothing is changed; whoever closes it no longer waits for it. */
export function CompareDialog({ backup, backups, onClose }: Props) {
  const { api, narrow } = useArk();
  const { t, format } = useI18n();
  const { close, shown } = useDialog(onClose);
  const id = useId();
  const [against, setAgainst] = useState(NOW);
  const [keys, setKeys] = useState<BackupKeys>();
  const isLocked = backup.state === 'locked' && keys === undefined;
  const read = useCallback(
    (signal: AbortSignal) =>
      api.compareBackup(backup, {
        keys,
        examples: EXAMPLES,
        against: against === NOW ? undefined : against,
        signal,
      }),
    [against, api, backup, keys],
  );
  const { data, error, loading, retry } = useLoaded(isLocked ? undefined : read);
  const asksForKey = isLocked || (error !== undefined && LOCKED.has(error.code));
  const title = t('compare.title', { name: visible(backup.name) });
  // Another one is looked for in the same storage.
  const others = backups.filter(
    ({ name, storage, state }) => storage === backup.storage && name !== backup.name && state !== 'damaged',
  );
  return (
    <Modal
      {...shown}
      {...(narrow ? TALL_NARROW : TALL)}
      aria-label={title}
      title={<span style={styles.wrap}>{title}</span>}
      width={960}
      maskClosable={false}
      footer={
        <Button onClick={close} type="primary">
          {loading ? t('action.cancel') : t('action.close')}
        </Button>
      }
    >
      <div style={styles.roomForStep}>
        <Form layout="vertical" component="div">
          <Form.Item label={t('compare.with')} htmlFor={id} style={styles.below}>
            <Select<string>
              id={id}
              showSearch
              value={against}
              onChange={setAgainst}
              optionFilterProp="label"
              options={[
                { value: NOW, label: t('compare.now') },
                ...others.map(({ name, createdAt }) => ({
                  value: name,
                  label: `${visible(name)} · ${format.dateTime(createdAt)}`,
                })),
              ]}
            />
          </Form.Item>
        </Form>
        {asksForKey ? (
          <UnlockForm reading={loading} error={keys === undefined ? undefined : error} onOpen={setKeys} />
        ) : error ? (
          <ErrorNotice error={error} title={t('prepared.noComparison')} onRetry={retry} />
        ) : loading || !data ? (
          <Flex gap={12} align="center" style={styles.roomForPreview} role="status">
            <Spin /> {t('compare.running')}
          </Flex>
        ) : (
          <ComparisonView comparison={data} words={against === NOW ? 'now' : 'other'} />
        )}
      </div>
    </Modal>
  );
}
