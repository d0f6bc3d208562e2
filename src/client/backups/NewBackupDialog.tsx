import { Button, Checkbox, Flex, Form, Input, Modal, Segmented, Skeleton, Typography } from 'antd';
import { useCallback, useId, useMemo, useState } from 'react';
import {
  asApiError,
  type ApiError,
  type BackupItem,
  type CreateInput,
  type GroupName,
  type JobItem,
  type NotBackedUp,
  type StorageItem,
} from '../api/api';
import { useArk } from '../api/ark';
import { CollectionTree } from '../groups/CollectionTree';
import { ErrorNotice } from '../parts/ErrorNotice';
import { GroupPicker } from '../groups/GroupPicker';
import { KeyNotice } from '../passphrase/KeyNotice';
import { groupSums } from '../groups/groupSums';
import { TALL, useDialog } from '../parts/dialog';
import { useI18n } from '../parts/i18n';
import { LearnMore } from '../groups/LearnMore';
import { nameFault } from '../parts/names';
import { LONGEST_NOTE } from './NoteDialog';
import { NO_PASSPHRASE, passphraseFault } from '../passphrase/passphrase';
import { PassphraseFields } from '../passphrase/PassphraseFields';
import { StoragePicker } from './StoragePicker';
import { NO_PARTS, narrowed } from '../groups/parts';
import { PartsFields, partsText } from '../groups/PartsFields';
import { guessedRowsText, guessRows } from '../groups/rowCount';
import { PRESELECTED } from '../parts/theme';
import { useLoaded } from '../parts/useLoaded';
import { useBesideTables } from '../parts/useBesideTables';
import { FilesUnknown } from '../parts/FilesUnknown';
import { styles, useTinted } from '../parts/styles';

interface Props {
  readonly backups: readonly BackupItem[];
  readonly storages: readonly StorageItem[];
  /** What is ticked at first. */
  readonly wanted: NotBackedUp | 'usual';
  readonly onClose: () => void;
  readonly onStarted: (job: JobItem) => void;
}

/** Which groups or collections, under which name, encrypted or not. */
export function NewBackupDialog({ backups, storages, wanted, onClose, onStarted }: Props) {
  const { api } = useArk();
  const i18n = useI18n();
  const { t, n, format } = i18n;
  const tinted = useTinted();
  const [nameId, noteId] = [useId(), useId()];
  const list = useCallback(() => api.listCollections(), [api]);
  const { data: live, error, loading, retry } = useLoaded(list);
  const { data: beside, error: unknown } = useBesideTables();
  const hasKey = beside?.hasKey ?? false;
  // Where nobody knows, there may be some.
  const offersFiles = beside ? !beside.unknown && (beside.files > 0 || hasKey) : unknown !== undefined;
  const [withFiles, setWithFiles] = useState(true);
  const { close, shown } = useDialog(onClose);
  const [learning, setLearning] = useState(false);
  const [mode, setMode] = useState<'groups' | 'collections'>('groups');
  const [groups, setGroups] = useState<ReadonlySet<GroupName>>(
    new Set(wanted === 'usual' ? PRESELECTED : wanted.groups),
  );
  const [single, setSingle] = useState<ReadonlySet<string>>(new Set());
  const [parts, setParts] = useState(NO_PARTS);
  const [name, setName] = useState('');
  const [note, setNote] = useState('');
  const [places, setPlaces] = useState<readonly string[]>(() =>
    storages.filter((storage) => storage.default).map((storage) => storage.name),
  );
  const several = storages.length > 1;
  const [passphrase, setPassphrase] = useState({
    ...NO_PASSPHRASE,
    on: wanted !== 'usual' && wanted.aesKey,
  });
  const holdsKey = withFiles && passphrase.on;
  const [tried, setTried] = useState(false);
  const [starting, setStarting] = useState(false);
  const [refused, setRefused] = useState<ApiError>();

  const pickable = useMemo(() => (live ?? []).filter((collection) => collection.group !== 'ignored'), [live]);
  const sums = useMemo(() => groupSums(pickable), [pickable]);
  const taken = useMemo(() => new Set(backups.map((backup) => backup.name)), [backups]);
  const chosen = useMemo(
    () =>
      mode === 'groups'
        ? pickable.filter((collection) => collection.group === 'required' || groups.has(collection.group))
        : pickable.filter((collection) => single.has(collection.name)),
    [groups, mode, pickable, single],
  );
  const without = narrowed(parts, pickable, chosen);
  const kept = chosen.filter(({ name }) => !without.exclude?.includes(name));
  const whole = kept.filter(({ name }) => !without.noRows?.includes(name));
  const bytes = whole.reduce((sum, collection) => sum + collection.bytes, 0);
  const wrongName = nameFault(name.trim(), taken);

  const start = async () => {
    setTried(true);
    if (several && places.length === 0) return;
    if (kept.length === 0 || wrongName || passphraseFault(passphrase)) return;
    setStarting(true);
    setRefused(undefined);
    const input: CreateInput = {
      ...(mode === 'groups'
        ? {
            groups: sums.map((sum) => sum.group).filter((group) => group === 'required' || groups.has(group)),
          }
        : { collections: chosen.map((collection) => collection.name) }),
      ...without,
      ...(several && { storages: places }),
      ...(name.trim() !== '' && { name: name.trim() }),
      ...(note.trim() !== '' && { note: note.trim() }),
      ...(offersFiles && { files: withFiles }),
      ...(passphrase.on && { passphrase: passphrase.first }),
    };
    try {
      onStarted((await api.createBackup(input)).job);
      close();
    } catch (cause) {
      setRefused(asApiError(cause));
      setStarting(false);
    }
  };
  const change = (next: 'groups' | 'collections') => {
    // What was chosen by group is where the finer choice begins.
    if (next === 'collections' && single.size === 0)
      setSingle(new Set(chosen.map((collection) => collection.name)));
    setMode(next);
  };

  return (
    <>
      <Modal
        {...shown}
        {...TALL}
        title={t('new.title')}
        width={720}
        maskClosable={false}
        footer={
          <Flex justify="flex-end" align="center" gap={12} wrap>
            <Typography.Text type="secondary" role="status" style={styles.beside}>
              {live && (
                <>
                  {[
                    n('count.collections', kept.length),
                    guessedRowsText(i18n, guessRows(whole)),
                    t('new.inDatabase', { size: format.bytes(bytes) }),
                    ...partsText(n, without),
                  ].join(' · ')}
                </>
              )}
            </Typography.Text>
            <Flex gap={8}>
              <Button onClick={close}>{t('action.cancel')}</Button>
              <Button
                type="primary"
                loading={starting}
                disabled={!live || !(beside ?? unknown) || kept.length === 0}
                onClick={() => void start()}
              >
                {t('new.start')}
              </Button>
            </Flex>
          </Flex>
        }
      >
        <Form layout="vertical" component="div" style={styles.above}>
          <Flex justify="space-between" align="center" gap={8} wrap style={styles.below}>
            <Segmented<'groups' | 'collections'>
              value={mode}
              onChange={change}
              aria-label={t('new.mode')}
              options={[
                { value: 'groups', label: t('new.byGroup') },
                { value: 'collections', label: t('new.bySingle') },
              ]}
            />
            <Button type="link" style={styles.bare} onClick={() => setLearning(true)}>
              {t('learn.open')}
            </Button>
          </Flex>
          {/* As tall as what will be there, so that nothing below moves. */}
          <div style={styles.roomForGroups}>
            {error ? (
              <ErrorNotice error={error} onRetry={retry} />
            ) : loading && !live ? (
              <Skeleton active paragraph={{ rows: 8 }} />
            ) : mode === 'groups' ? (
              <GroupPicker sums={sums} chosen={groups} onChange={setGroups} />
            ) : (
              <>
                <Typography.Paragraph type="secondary" style={styles.small}>
                  {t('new.singleHint')}
                </Typography.Paragraph>
                <CollectionTree collections={pickable} checked={single} onChange={setSingle} height={250} />
              </>
            )}
          </div>
          {live && <PartsFields collections={chosen} parts={parts} onChange={setParts} />}
          {beside?.unknown && <FilesUnknown />}
          {offersFiles && (
            <Form.Item>
              <Checkbox checked={withFiles} onChange={(event) => setWithFiles(event.target.checked)}>
                {beside
                  ? n('new.files', beside.files, { size: format.bytes(beside.bytes) })
                  : t('restore.files')}
              </Checkbox>
            </Form.Item>
          )}
          <Form.Item
            label={t('new.name')}
            htmlFor={nameId}
            validateStatus={wrongName ? 'error' : ''}
            help={
              wrongName ? t(wrongName === 'taken' ? 'new.nameTaken' : 'new.nameInvalid') : t('new.nameHint')
            }
          >
            <Input
              id={nameId}
              value={name}
              maxLength={190}
              placeholder={t('new.namePlaceholder')}
              suffix={<span style={tinted.faint}>.ark</span>}
              onChange={(event) => setName(event.target.value.replace(/\.ark$/, ''))}
            />
          </Form.Item>
          <Form.Item label={t('new.note')} htmlFor={noteId} help={t('new.noteHint')}>
            <Input
              id={noteId}
              value={note}
              maxLength={LONGEST_NOTE}
              onChange={(event) => setNote(event.target.value)}
            />
          </Form.Item>
          {several && <StoragePicker storages={storages} chosen={places} onChange={setPlaces} />}
          <PassphraseFields value={passphrase} onChange={setPassphrase} tried={tried} />
          {hasKey && (
            <KeyNotice
              held={holdsKey}
              onHold={() => {
                setWithFiles(true);
                setPassphrase((before) => ({ ...before, on: true }));
              }}
            />
          )}
          <div
            ref={(shownNow) => shownNow?.lastElementChild?.scrollIntoView({ block: 'nearest' })}
            style={refused && styles.above16}
          >
            {refused && <ErrorNotice error={refused} title={t('new.failed')} />}
          </div>
        </Form>
      </Modal>
      <LearnMore
        open={learning}
        onClose={() => setLearning(false)}
        live={live}
        files={beside?.files === 0 ? undefined : withFiles}
        aesKey={hasKey ? holdsKey : undefined}
      />
    </>
  );
}
