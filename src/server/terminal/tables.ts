import { blemishesOf, hangingOf } from '../dumper/archive/contents';
import type { FolderPreview } from '../dumper/files/preview';
import type { Summary } from '../actions/backups/summary';
import { formatBytes } from '../bytes';
import type { Archive } from '../dumper/archive/archive';
import { withTrueGroups } from '../dumper/restore/claims';
import type { CollectionPreview, PreviewResult, Undo } from '../dumper/dialect';
import { blemishText } from '../dumper/schema/blemish';
import { forgottenText } from '../dumper/restore/definitions';
import type { Definitions } from '../dumper/restore/keepDefinitions';

import { hangingText, missingText } from '../dumper/schema/missing';
import { changeText } from './changeText';
import { codeText, leftOutLines } from './codeText';
import { count } from './count';
import { table } from './table';
import { localTime } from './time';
import { warningText, type Warning } from '../dumper/app/warning';

const countOr = (n: number | undefined): string => (n === undefined ? '' : count(n));

const BARE = 'structure only';

/** A collection without its rows has none that could be counted. */
const rowsOf = ({ rows, structureOnly = 0, collections }: Summary['groups'][number]): string =>
  structureOnly === 0
    ? count(rows)
    : structureOnly === collections
      ? BARE
      : `${count(rows)} (${count(structureOnly)} ${BARE})`;

export function summaryText(summary: Summary): string[] {
  return [
    `${summary.name}: ${formatBytes(summary.size)}${summary.encrypted ? ', encrypted' : ''}, made ${localTime(summary.createdAt)}${summary.instance === '' ? '' : ` from ${summary.instance}`}`,
    ...table(
      ['group', 'collections', 'rows'],
      summary.groups.map((group) => [group.group, count(group.collections), rowsOf(group)]),
      { right: [1, 2] },
    ),
    ...(summary.files ?? []).map(
      (file) => `uploaded files of ${file.storage}: ${count(file.files)}, ${formatBytes(file.bytes)}`,
    ),
  ];
}

const madeBy = ({ format, manifest }: Archive): string =>
  ({
    ark: `Ark ${manifest.ark}`,
    nbdump: "NocoBase's backup-restore plugin (old format)",
    nbdata: "NocoBase's Backup manager (.nbdata)",
  })[format];

export function inspectText(summary: Summary, archive: Archive): string[] {
  const { manifest } = archive;
  const { database, app } = manifest;
  const rows = manifest.collections.map((collection) => [
    collection.name,
    collection.structure.kind === 'table' ? '' : collection.structure.kind,
    collection.group,
    collection.structure.kind === 'table' ? (collection.structureOnly ? BARE : count(collection.rows)) : '',
    collection.title ?? collection.origin ?? '',
  ]);
  const left = manifest.notIncluded.map((item) => [item.what, item.name, item.reason]);
  return [
    ...summaryText(summary),
    `${database.dialect} ${database.version}${database.schema === undefined ? '' : `, schema ${database.schema}`}${app ? `, NocoBase ${app.version ?? '?'} with ${app.plugins.filter((plugin) => plugin.enabled).length} plugins` : ''}, by ${madeBy(archive)}`,
    ...table(['collection', '', 'group', 'rows', 'title or origin'], rows, { right: [3] }),
    ...withTrueGroups(manifest).claims.map((claim) => `! ${warningText(claim)}`),
    ...blemishesOf(manifest).map((blemish) => `! ${blemishText(blemish)}`),
    ...hangingOf(manifest).map((hanging) => `! ${hangingText(hanging)}`),
    ...(left.length > 0 ? ['Not in this backup:', ...table(['what', 'name', 'why'], left)] : []),
  ];
}

/** Two signs before what is refused unless it is allowed. */
export const warningLine = (warning: Warning): string =>
  `${warning.kind === 'breaks' || warning.kind === 'changes' ? '!! ' : '! '}${warningText(warning)}`;

export function previewText(
  preview: PreviewResult & { files?: readonly FolderPreview[]; definitions?: Definitions },
  then = 'in the backup',
): string[] {
  const rows = preview.collections.map((collection) => [
    collection.name,
    collection.group ?? '',
    collection.action,
    collection.rowsNow === undefined
      ? ''
      : `${collection.rowsNowGuessed ? '~' : ''}${count(collection.rowsNow)}`,
    collection.structureOnly ? BARE : countOr(collection.rowsInBackup),
    lostText(collection),
    countOr(collection.changedSince),
    collection.structure.map(changeText).join('; '),
  ]);
  return [
    ...preview.warnings.map((warning) => warningLine(warning)),
    ...preview.missing.map((need) => `! ${missingText(need)}`),
    ...preview.blemishes.map((blemish) => `! ${blemishText(blemish)}`),
    ...preview.forgotten.map((reference) => `! ${forgottenText(reference)}`),
    ...(preview.definitions === 'could stay' && preview.forgotten.length > 0
      ? ['What the app knows could stay as it is, for it describes all that comes back: --keep-definitions.']
      : []),
    ...(preview.definitions === 'kept'
      ? ['What the app knows stays as it is: collections, fields, pages, roles, workflows and settings.']
      : []),
    ...table(['collection', 'group', 'does', 'rows now', then, 'lost', 'changed since', 'structure'], rows, {
      right: [3, 4, 5, 6],
    }),
    ...(preview.files ?? []).map((file) =>
      file.refused !== undefined
        ? `! Uploaded files of ${file.storage} cannot come back: ${file.refused}. Restore without files (--no-files).`
        : `Uploaded files of ${file.storage}${file.folder === undefined ? '' : ` replace what is in ${file.folder}`}: ${count(file.filesNow)} now, ${count(file.files)} (${formatBytes(file.bytes)}) in the backup; ${count(file.lost)} would be gone.`,
    ),
    ...codeText(preview.code),
    ...leftOutLines(preview.leftOut),
    ...(preview.collections.every(({ action }) => action === 'create')
      ? []
      : [`What is replaced stays for an undo and takes ${formatBytes(preview.undoBytes)} until then.`]),
  ];
}

/** Counting gives a lower bound; where every row bears its date it is exact but for rows that were deleted since. */
function lostText({ lostAtLeast, undated }: CollectionPreview): string {
  if (lostAtLeast === undefined) return '';
  if (lostAtLeast === 0) return (undated ?? 0) > 0 ? '?' : '0';
  return `at least ${count(lostAtLeast)}`;
}

export function undosText(undos: readonly Undo[]): string[] {
  if (undos.length === 0) return ['There is nothing to undo.'];
  const rows = undos.map((undo) => [
    undo.job,
    undo.action,
    undo.source,
    localTime(undo.at),
    localTime(undo.expiresAt),
    count(undo.collections.length),
    formatBytes(undo.bytes),
  ]);
  return table(['job', 'by', 'from', 'at', 'kept until', 'collections', 'size'], rows, { right: [5, 6] });
}
