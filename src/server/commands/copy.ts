import type { Command } from 'commander';
import { copyDatabase } from '../actions/copyDatabase';
import {
  breaks,
  chosen,
  command,
  confirm,
  host,
  run,
  selection,
  withoutCode,
  yes,
  type Options,
} from './command';

interface CopyOptions extends Options {
  readonly from?: string;
  readonly to?: string;
}

export function copyCommand(program: Command): void {
  command(
    program,
    'copy',
    'copy from one database into another, without a file in between',
    ...chosen,
    yes,
    breaks,
    withoutCode,
  )
    .requiredOption('--from <url>', 'the database to read')
    .requiredOption('--to <url>', 'the database to restore into')
    .action((options: CopyOptions) =>
      run(options, async (watch) => {
        const [from, to] = [
          host({ ...options, database: options.from }),
          host({ ...options, database: options.to }),
        ];
        await confirm(options, `Copy ${from.database.label} over ${to.database.label}?`);
        const { job, result } = await copyDatabase(from, to, {
          selection: selection(options),
          allowBreaks: options.allowBreaks === true,
          noCode: options.code === false,
          ...watch,
        });
        const rows = result.collections.reduce((sum, one) => sum + one.rows, 0);
        return {
          json: {
            job: job.id,
            collections: result.collections,
            rows,
            undo: result.undo,
            leftOut: result.leftOut,
          },
          text: `${result.collections.length} collections with ${rows} rows copied. "ark undo ${result.undo.job}" takes it back.`,
        };
      }),
    );
}
