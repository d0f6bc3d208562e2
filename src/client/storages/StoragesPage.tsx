import { PlusOutlined, ReloadOutlined } from '@ant-design/icons';
import { App, Button, Flex, Tooltip, Typography } from 'antd';
import { useCallback, useState } from 'react';
import type { StorageItem } from '../api/api';
import { useArk } from '../api/ark';
import { focusOn } from '../parts/dialog';
import { ErrorNotice } from '../parts/ErrorNotice';
import { useI18n } from '../parts/i18n';
import { StorageDialog } from './StorageDialog';
import { storageButtonId, StoragesTable, type StorageAction } from './StoragesTable';
import { StorageTestDialog } from './StorageTestDialog';
import type { ArkData } from '../api/useArkData';
import { useFailure } from '../parts/useFailure';
import { useLoaded } from '../parts/useLoaded';
import { draftOf, firstChoice, newDraft } from './storageForm';
import { useRemoval } from '../parts/useRemoval';
import { May } from '../api/May';
import { styles } from '../parts/styles';

type Dialog =
  | { readonly kind: 'add' }
  | { readonly kind: 'edit'; readonly item: StorageItem }
  | { readonly kind: 'test'; readonly name: string };

const ADD = 'ark-storage-add';

/** Where backups are kept: all storages, and what can be done with them. */
export function StoragesPage({ data }: { readonly data: ArkData }) {
  const { api } = useArk();
  const { t } = useI18n();
  const { message } = App.useApp();
  const fail = useFailure();
  const askRemoval = useRemoval(data.reload);
  const [dialog, setDialog] = useState<Dialog>();
  const list = useCallback(() => api.listKinds(), [api]);
  const { data: kinds, error, retry } = useLoaded(list);
  const { reload, storages } = data;
  const tested =
    dialog?.kind === 'test' ? storages?.find((storage) => storage.name === dialog.name) : undefined;

  const edited = dialog?.kind === 'edit' ? dialog.item : undefined;
  const kind = edited
    ? kinds?.find((kind) => kind.name === edited.kind)
    : dialog?.kind === 'add' && kinds
      ? firstChoice(kinds)
      : undefined;

  const makeDefault = useCallback(
    (item: StorageItem) => {
      api.setDefaultStorage(item.name).then(
        () => {
          void message.success(t('storages.defaultDone', { name: item.name }));
          reload();
        },
        (cause: unknown) => fail(cause, t('storages.defaultFailed')),
      );
      // The menu is gone, and no dialog takes its place.
      focusOn(storageButtonId(item.name));
    },
    [api, fail, message, reload, t],
  );
  const remove = useCallback(
    (item: StorageItem) => {
      askRemoval({
        title: t('storages.removeTitle', { name: item.name }),
        content: (
          <>
            {t('storages.removeText')}
            {item.default && <div style={styles.above8}>{t('storages.removeDefault')}</div>}
          </>
        ),
        okText: t('storages.removeYes'),
        remove: () => api.destroyStorage(item.name),
        done: t('storages.removed', { name: item.name }),
        failed: t('storages.removeFailed'),
        focus: { back: storageButtonId(item.name), next: ADD },
      });
    },
    [api, askRemoval, t],
  );
  const act = useCallback(
    (action: StorageAction, item: StorageItem) => {
      if (action === 'default') makeDefault(item);
      else if (action === 'remove') remove(item);
      else if (action === 'edit') setDialog({ kind: 'edit', item });
      else setDialog({ kind: 'test', name: item.name });
    },
    [makeDefault, remove],
  );
  const close = () => {
    setDialog(undefined);
    if (dialog?.kind === 'add') focusOn(ADD);
    else if (dialog) focusOn(storageButtonId(dialog.kind === 'edit' ? dialog.item.name : dialog.name));
  };

  return (
    <>
      <Flex gap="8px 16px" wrap justify="space-between" align="flex-start" style={styles.below}>
        <Typography.Text type="secondary" style={styles.besideWide}>
          {t('storages.intro')}
        </Typography.Text>
        <Flex gap={8}>
          <May permission="settings">
            <Button
              id={ADD}
              type="primary"
              icon={<PlusOutlined aria-hidden />}
              disabled={!kinds || !storages}
              onClick={() => setDialog({ kind: 'add' })}
            >
              {t('storages.add')}
            </Button>
          </May>
          <Tooltip title={t('action.refresh')}>
            <Button
              icon={<ReloadOutlined aria-hidden spin={data.loading} />}
              aria-label={t('action.refresh')}
              onClick={reload}
            />
          </Tooltip>
        </Flex>
      </Flex>
      {error && (
        <div style={styles.below}>
          <ErrorNotice error={error} onRetry={retry} />
        </div>
      )}
      <StoragesTable
        storages={storages}
        kinds={kinds}
        backups={data.backups ?? NO_BACKUPS}
        whole={data.whole}
        asking={data.loading}
        unreachable={data.unreachable}
        onAction={act}
      />
      {kinds && kind && (
        <StorageDialog
          item={edited}
          start={edited ? draftOf(edited, kind) : newDraft(kind)}
          storages={storages ?? []}
          kinds={kinds}
          onSaved={(saved) => {
            void message.success(t('storages.saved', { name: saved.name }));
            reload();
          }}
          onClose={close}
        />
      )}
      {tested && <StorageTestDialog item={tested} onSaved={reload} onClose={close} />}
    </>
  );
}

const NO_BACKUPS: ArkData['backups'] & object = [];
