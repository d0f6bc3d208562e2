import { Alert, Skeleton, Typography } from 'antd';
import { useCallback, useEffect, useRef, useState } from 'react';
import { styles } from '../parts/styles';
import { asApiError, type ApiError, type BackupDetail, type BackupItem, type BackupKeys } from '../api/api';
import { useArk } from '../api/ark';
import { CollectionTree, type TreeCollection } from '../groups/CollectionTree';
import type { Parts } from '../groups/parts';
import { PartsFields } from '../groups/PartsFields';
import { ErrorNotice } from '../parts/ErrorNotice';
import { useI18n } from '../parts/i18n';
import { RestoreWhere } from './RestoreWhere';
import { UnlockForm } from '../passphrase/UnlockForm';

interface Props {
  readonly backup: BackupItem;
  /** Undefined until the archive is open. */
  readonly collections: readonly TreeCollection[] | undefined;
  readonly checked: ReadonlySet<string>;
  readonly onChange: (checked: ReadonlySet<string>) => void;
  readonly parts: Parts;
  readonly onParts: (parts: Parts) => void;
  readonly into: string | undefined;
  readonly onInto: (into: string | undefined) => void;
  readonly onOpened: (detail: BackupDetail, keys: BackupKeys) => void;
}

/** Which of the archive's collections; an encrypted archive asks for its passphrase first. */
export function RestoreChoose(props: Props) {
  const { backup, collections, checked, onChange, parts, onParts, into, onInto, onOpened } = props;
  const { api } = useArk();
  const { t, format } = useI18n();
  const [reading, setReading] = useState(false);
  const [error, setError] = useState<ApiError>();
  const opened = useRef(onOpened);
  opened.current = onOpened;
  const locked = backup.state === 'locked';

  const open = useCallback(
    async (keys?: BackupKeys) => {
      setReading(true);
      setError(undefined);
      try {
        opened.current(await api.getBackup(backup, keys), keys ?? {});
      } catch (cause) {
        setError(asApiError(cause));
      } finally {
        setReading(false);
      }
    },
    [api, backup],
  );
  useEffect(() => {
    if (!locked && !collections) void open();
  }, [collections, locked, open]);

  if (collections) {
    const withoutRequired =
      checked.size > 0 &&
      collections.some((collection) => collection.group === 'required' && !checked.has(collection.name));
    return (
      <>
        <Typography.Paragraph type="secondary">
          {t(into === undefined ? 'restore.chooseText' : 'into.chooseText', {
            date: format.dateTime(backup.createdAt),
          })}
        </Typography.Paragraph>
        <CollectionTree collections={collections} checked={checked} onChange={onChange} height={310} />
        {/* Its place is kept, so that the list does not move. */}
        <div style={styles.roomForHint}>
          {withoutRequired && into === undefined && (
            <Alert type="info" showIcon message={t('restore.withoutRequired')} />
          )}
        </div>
        <PartsFields
          collections={collections.filter(({ name }) => checked.has(name))}
          parts={parts}
          onChange={onParts}
        />
        <RestoreWhere into={into} onInto={onInto} />
      </>
    );
  }
  if (locked) return <UnlockForm reading={reading} error={error} onOpen={(keys) => void open(keys)} />;
  if (error) return <ErrorNotice error={error} onRetry={() => void open()} />;
  return <Skeleton active paragraph={{ rows: 9 }} />;
}
