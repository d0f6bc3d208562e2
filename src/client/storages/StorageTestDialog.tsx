import { App, Button, Flex, Modal, Spin } from 'antd';
import { useCallback, useState } from 'react';
import type { StorageItem, StorageSettings } from '../api/api';
import { useArk } from '../api/ark';
import { TALL, useDialog } from '../parts/dialog';
import { ErrorNotice } from '../parts/ErrorNotice';
import { useI18n } from '../parts/i18n';
import { StorageTestResult } from './StorageTestResult';
import { variableOf } from './storageText';
import { useFailure } from '../parts/useFailure';
import { useLoaded } from '../parts/useLoaded';
import { styles } from '../parts/styles';

interface Props {
  readonly item: StorageItem;
  readonly onSaved: (item: StorageItem) => void;
  readonly onClose: () => void;
}

/** Tests a storage as it is kept; settings that work are saved with one click, and tested again. */
export function StorageTestDialog({ item, onSaved, onClose }: Props) {
  const { api } = useArk();
  const { t } = useI18n();
  const { message } = App.useApp();
  const fail = useFailure();
  const { close, shown } = useDialog(onClose);
  const [saving, setSaving] = useState(false);
  const read = useCallback(() => api.testStorage(item.name), [api, item.name]);
  const { data: test, error, loading, retry } = useLoaded(read);

  const use = async (proposal: StorageSettings) => {
    setSaving(true);
    try {
      onSaved(await api.updateStorage(item.name, { kind: item.kind, ...item.settings, ...proposal }));
      void message.success(t('storages.saved', { name: item.name }));
      retry();
    } catch (cause) {
      fail(cause, t('storage.saveFailed'));
    } finally {
      setSaving(false);
    }
  };

  return (
    <Modal
      {...shown}
      {...TALL}
      title={<span style={styles.wrap}>{t('check.title', { name: item.name })}</span>}
      width={640}
      footer={
        <Flex justify="flex-end" gap={8}>
          <Button disabled={loading} onClick={retry}>
            {t('check.again')}
          </Button>
          <Button type="primary" onClick={close}>
            {t('action.close')}
          </Button>
        </Flex>
      }
    >
      <div role="status" style={styles.roomForTest}>
        {loading ? (
          <Flex gap={12} align="center">
            <Spin size="small" /> {t('check.running')}
          </Flex>
        ) : error ? (
          <ErrorNotice error={error} title={t('check.notMade')} />
        ) : (
          test && (
            <StorageTestResult
              test={test}
              tested={item.settings}
              busy={saving}
              onUse={item.from === 'settings' ? (proposal) => void use(proposal) : undefined}
              instead={
                item.from === 'environment'
                  ? t('check.there', { variable: variableOf(item.name) })
                  : undefined
              }
            />
          )
        )}
      </div>
    </Modal>
  );
}
