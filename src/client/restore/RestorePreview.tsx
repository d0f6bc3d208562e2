import { Alert, Checkbox, Flex, Input, Segmented, Typography } from 'antd';
import { useMemo, useState, type ReactNode } from 'react';
import type { BackupItem, Preview } from '../api/api';
import { useI18n } from '../parts/i18n';
import { BlemishNotice } from '../notices/BlemishNotice';
import { DefinitionsNotice } from '../notices/DefinitionsNotice';
import { ForgottenNotice } from '../notices/ForgottenNotice';
import { LongList } from '../notices/LongList';
import { MissingNotice } from '../notices/MissingNotice';
import { asksConsent, CONSENT_TEXTS, type ConsentKind } from './consents';
import { byConcern, concern, previewSums } from './previewRows';
import { PreviewTable } from './PreviewTable';
import { warningText } from '../parts/warningText';
import { styles } from '../parts/styles';

interface Props {
  readonly preview: Preview;
  /** The place beside what is live, where it is not restored over that. */
  readonly into: string | undefined;
  readonly backup: BackupItem;
  /** What somebody has said may be. */
  readonly allowed: ReadonlySet<ConsentKind>;
  readonly onAllow: (kind: ConsentKind, allow: boolean) => void;
  /** Whether uploaded files come back; undefined: they cannot, as the choice is. */
  readonly files: boolean | undefined;
  readonly onFiles: (files: boolean) => void;
  /** Whether what the app knows stays by choice. */
  readonly kept: boolean;
  readonly onKeep: (keep: boolean) => void;
  readonly busy: boolean;
  /** What is asked about the backup itself before anything else: its code, and whether it is one's own. */
  readonly consent: ReactNode;
}

/** One that is plain and should not be has a box of its own. */
type Kind = Exclude<Preview['warnings'][number]['kind'], 'plain'>;
const WORST: readonly Kind[] = ['breaks', 'changes', 'account', 'left-out', 'goes', 'group'];
const OTHERS: readonly Kind[] = ['plugin', 'version', 'key', 'old-format', 'kept', 'taken-along'];
/** What would change, the worst first. */
export function RestorePreview(props: Props) {
  const { preview, into, backup, allowed, onAllow, files, onFiles, kept, onKeep, busy, consent } = props;
  const i18n = useI18n();
  const { t, n, format } = i18n;
  const sums = useMemo(() => previewSums(preview.collections), [preview]);
  const bare = preview.collections.filter(({ structureOnly }) => structureOnly).length;
  const rows = useMemo(() => byConcern(preview.collections), [preview]);
  const notable = useMemo(() => rows.filter((row) => concern(row) > 0), [rows]);
  const [wanted, setOnly] = useState<'notable' | 'all'>('notable');
  const only = notable.length > 0 ? wanted : 'all';
  const [search, setSearch] = useState('');
  const shown = useMemo(() => {
    const wanted = search.trim().toLowerCase();
    const list = only === 'notable' ? notable : rows;
    return wanted === ''
      ? list
      : list.filter(
          (row) => row.name.toLowerCase().includes(wanted) || row.title?.toLowerCase().includes(wanted),
        );
  }, [notable, only, rows, search]);

  const warning = (kind: Kind) => {
    const messages = preview.warnings.filter((warning) => warning.kind === kind);
    if (messages.length === 0) return null;
    const asked = asksConsent(kind);
    return (
      <Alert
        key={kind}
        type={kind === 'breaks' ? 'error' : WORST.includes(kind) ? 'warning' : 'info'}
        showIcon
        style={styles.top}
        message={
          <>
            <b>{t(`warning.${kind}`)}</b>
            <LongList>
              {messages.map((message) => (
                <li key={JSON.stringify(message)}>{warningText(i18n, message)}</li>
              ))}
            </LongList>
            {asked && (
              <Checkbox
                style={styles.above8}
                checked={allowed.has(asked)}
                onChange={(event) => onAllow(asked, event.target.checked)}
              >
                <b>{t(CONSENT_TEXTS[asked])}</b>
              </Checkbox>
            )}
          </>
        }
      />
    );
  };

  return (
    <Flex vertical gap={10}>
      {consent}
      {WORST.map(warning)}
      <MissingNotice missing={preview.missing} />
      <ForgottenNotice forgotten={preview.forgotten} />
      <DefinitionsNotice definitions={preview.definitions} kept={kept} onKeep={onKeep} busy={busy} />
      <BlemishNotice blemishes={preview.blemishes} />
      {sums.lost > 0 && (
        <Alert
          type="warning"
          showIcon
          style={styles.top}
          message={
            <>
              <b>{n('preview.lost', sums.lost, { date: format.dateTime(backup.createdAt) })}</b>
              <div>{t('preview.lostText')}</div>
            </>
          }
        />
      )}
      {sums.updated > 0 && (
        <Alert
          type="info"
          showIcon
          style={styles.top}
          message={n('preview.changedSince', sums.updated, { date: format.dateTime(backup.createdAt) })}
        />
      )}
      {OTHERS.map(warning)}
      {preview.files.length > 0 && (
        <Alert
          type={files && preview.files.some((file) => file.lost > 0) ? 'warning' : 'info'}
          showIcon
          style={styles.top}
          message={
            files === undefined ? (
              t('restore.filesGroups')
            ) : (
              <>
                <Checkbox checked={files} onChange={(event) => onFiles(event.target.checked)}>
                  <b>{t('restore.files')}</b>
                </Checkbox>
                {files ? (
                  preview.files.map((file) => (
                    <div key={file.storage}>
                      {n('preview.files', file.files, {
                        size: format.bytes(file.bytes),
                        storage: file.storage,
                      })}{' '}
                      {file.refused === undefined
                        ? file.folder !== undefined && t('preview.filesFolder', { folder: file.folder })
                        : t('preview.filesRefused', { folder: file.folder ?? file.storage })}{' '}
                      {file.lost > 0 && n('preview.filesLost', file.lost)}
                    </div>
                  ))
                ) : (
                  <div>{t('restore.filesStay')}</div>
                )}
              </>
            )
          }
        />
      )}
      {notable.length === 0 && <Alert type="info" showIcon message={t('preview.same')} />}
      <Typography.Text>
        {[
          ...(into === undefined ? [n('preview.replaced', sums.replaced)] : []),
          ...(sums.created > 0 ? [n('preview.created', sums.created)] : []),
          ...(sums.aside > 0 ? [n('preview.aside', sums.aside)] : []),
          ...(sums.changed > 0 ? [n('preview.structureChanged', sums.changed)] : []),
        ].join(' · ')}
        {bare > 0 && ` · ${n('count.structureOnly', bare)}`}
        {'. '}
        {into === undefined && t('preview.undoKept', { size: format.bytes(preview.undoBytes) })}
      </Typography.Text>
      <Flex gap={8} wrap justify="space-between">
        <Segmented<'notable' | 'all'>
          value={only}
          onChange={setOnly}
          aria-label={t('preview.show')}
          options={[
            { value: 'notable', label: `${t('preview.notable')} (${format.number(notable.length)})` },
            { value: 'all', label: `${t('preview.all')} (${format.number(rows.length)})` },
          ]}
        />
        <Input.Search
          allowClear
          value={search}
          placeholder={t('tree.search')}
          aria-label={t('tree.search')}
          onChange={(event) => setSearch(event.target.value)}
          style={styles.field}
        />
      </Flex>
      <PreviewTable rows={shown} empty={t('preview.noMatch')} />
    </Flex>
  );
}
