import type { Command } from 'commander';
import { copyCode, copyDatabase } from '../actions/restore/copyDatabase';
import { newCode } from '../dumper/schema/code';
import { askForCode } from './askForCode';
import { confirm, run } from './command';
import { host } from './host';
import { aboutCode, breaks, chosen, withOptions, yes, type Options } from './options';
import { codeChoice, selection } from './selection';

interface CopyOptions extends Options {
  readonly from?: string;
  readonly to?: string;
}

export function copyCommand(made: Command): void {
  withOptions(made, ...chosen, yes, breaks, ...aboutCode)
    .requiredOption('--from <url>', 'the database to read')
    .requiredOption('--to <url>', 'the database to restore into')
    .action((options: CopyOptions) =>
      run(options, async (watch) => {
        const [from, to] = [
          host({ ...options, database: options.from }),
          host({ ...options, database: options.to }),
        ];
        const { allowCode, noCode } = codeChoice(options);
        const code = allowCode || noCode ? [] : await copyCode(from, to, selection(options), watch.signal);
        const allowed =
          newCode(code).length > 0 &&
          (await askForCode(options, code, `This code comes from ${from.database.label}. Let it in?`, {
            whose: `${from.database.label} has code that is not in ${to.database.label} yet`,
          }));
        await confirm(options, `Copy ${from.database.label} over ${to.database.label}?`);
        const { job, result } = await copyDatabase(from, to, {
          selection: selection(options),
          allowBreaks: options.allowBreaks === true,
          allowCode: allowCode === true || allowed,
          noCode,
          ...watch,
        });
        const rows = result.collections.reduce((sum, collection) => sum + collection.rows, 0);
        return {
          json: {
            job: job.id,
            collections: result.collections,
            rows,
            undo: result.undo,
            leftOut: result.leftOut,
            blemishes: result.blemishes,
          },
          text: `${result.collections.length} collections with ${rows} rows copied. "ark undo ${result.undo.job}" takes it back.`,
        };
      }),
    );
}
