import type { Command } from 'commander';
import { applyUndo, dropUndo, findUndo, listUndos, previewUndo } from '../actions/restore/undos';
import { dropTakeBack, listTakeBacks, previewUndoRows, undoRows } from '../actions/takeBack/undoRows';
import type { TakeBackItem } from '../api/api';
import { formatBytes } from '../bytes';
import { lossesOf, lostRows } from '../dumper/app/lost';
import { takeBacksText, undoRowsText } from '../terminal/takeBackText';
import { previewText, undosText } from '../terminal/tables';
import { localTime } from '../terminal/time';
import { againIfMoreIsLost } from './againIfMoreIsLost';
import type { Host } from '../host';
import type { Watch } from '../jobs/jobs';
import { confirm, run, type Outcome, sayBefore } from './command';
import { host } from './host';
import { breaks, withOptions, database, yes, type Options } from './options';

interface UndoOptions extends Options {
  readonly list?: boolean;
  readonly drop?: boolean;
}

export function undoCommand(made: Command): void {
  withOptions(made, database, yes, breaks)
    .option('--list', 'only show what can be undone')
    .option('--drop', 'free the space instead: this cannot be undone any more')
    .action((job: string | undefined, options: UndoOptions) =>
      run(options, async (watch) => {
        const target = host(options);
        if (options.list) {
          const [undos, rows] = [await listUndos(target), await listTakeBacks(target)];
          const text = undos.length > 0 || rows.length === 0 ? undosText(undos) : [];
          return { json: { undos, rows }, text: [...text, ...takeBacksText(rows)] };
        }
        const rows = await ofRows(target, job);
        if (rows) return await undoOfRows(target, rows, options, watch);
        const undo = await findUndo(target, job);
        sayBefore(options, undosText([undo]));
        if (options.drop) {
          const held =
            undo.action === 'undo'
              ? ` It is what was live until the undo of ${localTime(undo.at)}; beside backups it is the only copy.`
              : '';
          await confirm(options, `Drop what ${undo.job} replaced, for good?${held}`);
          const along = await dropUndo(target, undo.job, { allowBreaks: options.allowBreaks === true });
          return {
            did: true,
            json: { dropped: undo.job, bytes: undo.bytes, along },
            text: [
              ...along.map((tie) => `! Dropped with it: ${tie}.`),
              `${formatBytes(undo.bytes)} freed.`,
            ].join('\n'),
          };
        }
        const preview = await previewUndo(target, undo);
        sayBefore(options, previewText(preview, 'then'));
        const lost = lostRows(preview.collections);
        const gone = preview.collections.filter((collection) => collection.action === 'aside').length;
        const later = preview.later.map((undo) => undo.job);
        const question = [
          `Put back what ${undo.job} replaced?`,
          gone > 0 && `${gone} collections go and nothing takes their place.`,
          lost > 0 && `At least ${lost} rows that came since go.`,
          later.length > 0 && `So does what ${later.join(', ')} did since.`,
        ].filter(Boolean);
        await confirm(options, question.join(' '), preview.asksForName ? target.instance : undefined);
        const done = await againIfMoreIsLost(options, lossesOf(preview.collections), (acceptLost) =>
          applyUndo(target, undo, { allowBreaks: options.allowBreaks === true, acceptLost, ...watch }),
        );
        return {
          did: true,
          json: { job: done.job.id, undone: undo.job, undo: done.result, warnings: done.warnings },
          text: [
            ...done.warnings.map((warning) => `! ${warning}`),
            `${undo.job} is undone. "ark undo ${done.result.job}" would bring it back again.`,
          ],
        };
      }),
    );
}

/** The job named, or the newest that there is, if it has written single rows. */
async function ofRows(target: Host, job: string | undefined): Promise<TakeBackItem | undefined> {
  const rows = await listTakeBacks(target);
  if (job !== undefined) return rows.find((item) => item.job === job);
  const [newest] = rows;
  const [undo] = await listUndos(target);
  return undo && newest && undo.at.toISOString() > (newest.at ?? '') ? undefined : newest;
}

async function undoOfRows(
  target: Host,
  { job }: TakeBackItem,
  options: UndoOptions,
  watch: Watch,
): Promise<Outcome> {
  if (options.drop) {
    await confirm(options, `Drop how the rows were that ${job} wrote, for good?`);
    await dropTakeBack(target, job);
    return { json: { dropped: job }, text: `${job} can no longer be undone.` };
  }
  const preview = await previewUndoRows(target, job);
  sayBefore(options, undoRowsText(preview));
  const changed = preview.rows.filter((row) => row.changed).length;
  const question = [
    `Put back the rows that ${job} wrote?`,
    changed > 0 && `${changed} of them were changed since.`,
  ].filter(Boolean);
  await confirm(options, question.join(' '));
  const done = await undoRows(target, job, { overwrite: true, expected: preview.expected, ...watch });
  const { undo } = done.result;
  return {
    did: true,
    json: { job: done.job.id, ...done.result },
    text:
      undo === undefined
        ? `${job} is undone: all rows were as before.`
        : `${job} is undone. "ark undo ${undo}" would bring it back again.`,
  };
}
