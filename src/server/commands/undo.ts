import type { Command } from 'commander';
import { applyUndo, dropUndo, findUndo, listUndos, previewUndo } from '../actions/restore/undos';
import { formatBytes } from '../bytes';
import { lossesOf, lostRows } from '../dumper/app/lost';
import { say } from '../terminal/print';
import { previewText, undosText } from '../terminal/tables';
import { localTime } from '../terminal/time';
import { againIfMoreIsLost } from './againIfMoreIsLost';
import { confirm, run } from './command';
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
          const undos = await listUndos(target);
          return { json: { undos: undos }, text: undosText(undos) };
        }
        const undo = await findUndo(target, job);
        if (!options.json) say(undosText([undo]));
        if (options.drop) {
          const held =
            undo.action === 'undo'
              ? ` It is what was live until the undo of ${localTime(undo.at)}; beside backups it is the only copy.`
              : '';
          await confirm(options, `Drop what ${undo.job} replaced, for good?${held}`);
          const along = await dropUndo(target, undo.job, { allowBreaks: options.allowBreaks === true });
          return {
            json: { dropped: undo.job, bytes: undo.bytes, along },
            text: [
              ...along.map((tie) => `! Dropped with it: ${tie}.`),
              `${formatBytes(undo.bytes)} freed.`,
            ].join('\n'),
          };
        }
        const preview = await previewUndo(target, undo);
        if (!options.json) say(previewText(preview, 'then'));
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
          json: { job: done.job.id, undone: undo.job, undo: done.result, warnings: done.warnings },
          text: [
            ...done.warnings.map((warning) => `! ${warning}`),
            `${undo.job} is undone. "ark undo ${done.result.job}" would bring it back again.`,
          ],
        };
      }),
    );
}
