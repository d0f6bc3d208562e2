import type { Command } from 'commander';
import { copyDatabase, previewCopy } from '../actions/restore/copyDatabase';
import { refuseChanges } from '../dumper/app/warning';
import { newCode } from '../dumper/schema/code';
import { askForCode } from './askForCode';
import { asks, confirm, run, sayBefore } from './command';
import { host } from './host';
import { aboutCode, breaks, changes, chosen, withOptions, yes, type Options } from './options';
import { leftOutLines } from '../terminal/codeText';
import { warningLine } from '../terminal/tables';
import { codeChoice, selection } from './selection';

interface CopyOptions extends Options {
  readonly from?: string;
  readonly to?: string;
}

export function copyCommand(made: Command): void {
  withOptions(made, ...chosen, yes, breaks, changes, ...aboutCode)
    .requiredOption('--from <url>', 'the database to read')
    .requiredOption('--to <url>', 'the database to restore into')
    .action((options: CopyOptions) =>
      run(options, async (watch) => {
        const [from, to] = [
          host({ ...options, database: options.from }),
          host({ ...options, database: options.to }),
        ];
        const { allowCode, noCode } = codeChoice(options);
        const crosses = from.database.dialect !== to.database.dialect;
        const { code, warnings } =
          crosses || !(allowCode || noCode)
            ? await previewCopy(from, to, selection(options), watch.signal)
            : { code: [], warnings: [] };
        sayBefore(options, warnings.map(warningLine));
        const allowChanges = options.allowChanges === true || asks(options);
        refuseChanges(warnings, allowChanges);
        const allowed =
          !allowCode &&
          !noCode &&
          newCode(code).length > 0 &&
          (await askForCode(options, code, `This code comes from ${from.database.label}. Let it in?`, {
            whose: `${from.database.label} has code that is not in ${to.database.label} yet`,
          }));
        await confirm(options, `Copy ${from.database.label} over ${to.database.label}?`);
        const { job, result } = await copyDatabase(from, to, {
          selection: selection(options),
          allowBreaks: options.allowBreaks === true,
          allowChanges,
          allowCode: allowCode === true || allowed,
          noCode,
          ...watch,
        });
        const rows = result.collections.reduce((sum, collection) => sum + collection.rows, 0);
        return {
          did: true,
          json: {
            job: job.id,
            collections: result.collections,
            rows,
            undo: result.undo,
            leftOut: result.leftOut,
            blemishes: result.blemishes,
            warnings,
          },
          text: [
            ...result.warnings.map((warning) => `! ${warning}`),
            ...leftOutLines(result.leftOut),
            `${result.collections.length} collections with ${rows} rows copied. "ark undo ${result.undo.job}" takes it back.`,
          ],
        };
      }),
    );
}
