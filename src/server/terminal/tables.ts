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
import { table } from './table';
import { localTime } from './time';
import { warningText } from '../dumper/app/warning';

const count = (n: number | undefined): string => (n === undefined ? '' : n.toLocaleString('en-US'));

export function summaryText(summary: Summary): string[] {
  return [
    `${summary.name}: ${formatBytes(summary.size)}${summary.encrypted ? ', encrypted' : ''}, made ${localTime(summary.createdAt)}${summary.instance === '' ? '' : ` from ${summary.instance}`}`,
    ...table(
      ['group', 'collections', 'rows'],
      summary.groups.map((one) => [one.group, count(one.collections), count(one.rows)]),
      { right: [1, 2] },
    ),
    ...(summary.files ?? []).map(
      (one) => `uploaded files of ${one.storage}: ${count(one.files)}, ${formatBytes(one.bytes)}`,
    ),
  ];
}

export function inspectText(summary: Summary, archive: Archive): string[] {
  const { manifest } = archive;
  const { database, app } = manifest;
  const rows = manifest.collections.map((one) => [
    one.name,
    one.structure.kind === 'table' ? '' : one.structure.kind,
    one.group,
    one.structure.kind === 'table' ? count(one.rows) : '',
    one.title ?? one.origin ?? '',
  ]);
  const left = manifest.notIncluded.map((one) => [one.what, one.name, one.reason]);
  return [
    ...summaryText(summary),
    `${database.dialect} ${database.version}${database.schema === undefined ? '' : `, schema ${database.schema}`}${app ? `, NocoBase ${app.version ?? '?'} with ${app.plugins.filter((one) => one.enabled).length} plugins` : ''}, by ${archive.format === 'nbdump' ? "NocoBase's backup-restore plugin (old format)" : `Ark ${manifest.ark}`}`,
    ...table(['collection', '', 'group', 'rows', 'title or origin'], rows, { right: [3] }),
    ...withTrueGroups(manifest).claims.map((one) => `! ${warningText(one)}`),
    ...blemishesOf(manifest).map((one) => `! ${blemishText(one)}`),
    ...hangingOf(manifest).map((one) => `! ${hangingText(one)}`),
    ...(left.length > 0 ? ['Not in this backup:', ...table(['what', 'name', 'why'], left)] : []),
  ];
}

export function previewText(
  preview: PreviewResult & { files?: readonly FolderPreview[]; definitions?: Definitions },
  then = 'in the backup',
): string[] {
  const rows = preview.collections.map((one) => [
    one.name,
    one.group ?? '',
    one.action,
    one.rowsNow === undefined ? '' : `${one.rowsNowGuessed ? '~' : ''}${count(one.rowsNow)}`,
    count(one.rowsInBackup),
    lostText(one),
    count(one.changedSince),
    one.structure.map(changeText).join('; '),
  ]);
  return [
    ...preview.warnings.map((one) => `${one.kind === 'breaks' ? '!! ' : '! '}${warningText(one)}`),
    ...preview.missing.map((one) => `! ${missingText(one)}`),
    ...preview.blemishes.map((one) => `! ${blemishText(one)}`),
    ...preview.forgotten.map((one) => `! ${forgottenText(one)}`),
    ...(preview.definitions === 'could stay' && preview.forgotten.length > 0
      ? ['What the app knows could stay as it is, for it describes all that comes back: --keep-definitions.']
      : []),
    ...(preview.definitions === 'kept'
      ? ['What the app knows stays as it is: collections, fields, pages, roles, workflows and settings.']
      : []),
    ...table(['collection', 'group', 'does', 'rows now', then, 'lost', 'changed since', 'structure'], rows, {
      right: [3, 4, 5, 6],
    }),
    ...(preview.files ?? []).map((one) =>
      one.refused !== undefined
        ? `! Uploaded files of ${one.storage} cannot come back: ${one.refused}. Restore without files (--no-files).`
        : `Uploaded files of ${one.storage}${one.folder === undefined ? '' : ` replace what is in ${one.folder}`}: ${count(one.filesNow)} now, ${count(one.files)} (${formatBytes(one.bytes)}) in the backup; ${count(one.lost)} would be gone.`,
    ),
    ...codeText(preview.code),
    ...leftOutLines(preview.leftOut),
    `What is replaced stays for an undo and takes ${formatBytes(preview.undoBytes)} until then.`,
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
  const rows = undos.map((one) => [
    one.job,
    one.action,
    one.source,
    localTime(one.at),
    localTime(one.expiresAt),
    count(one.collections.length),
    formatBytes(one.bytes),
  ]);
  return table(['job', 'by', 'from', 'at', 'kept until', 'collections', 'size'], rows, { right: [5, 6] });
}
