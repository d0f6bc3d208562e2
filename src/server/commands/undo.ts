import type { Command } from 'commander';
import { applyUndo, dropUndo, findUndo, listUndos } from '../actions/undos';
import { formatBytes } from '../bytes';
import { undosText } from '../terminal/tables';
import { breaks, command, confirm, database, host, run, yes, type Options } from './command';
import { say } from '../terminal/print';

interface UndoOptions extends Options {
  readonly list?: boolean;
  readonly drop?: boolean;
}

export function undoCommand(program: Command): void {
  command(program, 'undo [job]', 'put back what a restore replaced', database, yes, breaks)
    .option('--list', 'only show what can be undone')
    .option('--drop', 'free the space instead: this cannot be undone any more')
    .action((job: string | undefined, options: UndoOptions) =>
      run(options, async (watch) => {
        const target = host(options);
        if (options.list) {
          const found = await listUndos(target);
          return { json: { undos: found }, text: undosText(found) };
        }
        const undo = await findUndo(target, job);
        if (!options.json) say(undosText([undo]));
        if (options.drop) {
          await confirm(options, `Drop what ${undo.job} replaced, for good?`);
          await dropUndo(target, undo.job);
          return {
            json: { dropped: undo.job, bytes: undo.bytes },
            text: `${formatBytes(undo.bytes)} freed.`,
          };
        }
        await confirm(options, `Put back what ${undo.job} replaced?`);
        const done = await applyUndo(target, undo, {
          allowBreaks: options.allowBreaks === true,
          ...watch,
        });
        return {
          json: { job: done.job.id, undone: undo.job, undo: done.result },
          text: `${undo.job} is undone. "ark undo ${done.result.job}" would bring it back again.`,
        };
      }),
    );
}
