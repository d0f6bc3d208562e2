import type { Command } from 'commander';
import { makerOf, makerText } from '../actions/trust/maker';
import { summarize } from '../actions/backups/summary';
import { verifyBackup } from '../actions/backups/verifyBackup';
import { summaryText } from '../terminal/tables';
import { run } from './command';
import { offline } from './offline';
import { called } from './called';
import { open } from './open';
import { withOptions, opened, type Options } from './options';

export function verifyCommand(made: Command): void {
  withOptions(made, ...opened).action((asked: string, typed: Options) =>
    run(typed, async (watch) => {
      const { name, options } = await called(asked, typed);
      const archive = await open(name, options);
      const where = offline(options);
      const maker = await makerOf(where, archive);
      const { job, result } = await verifyBackup(where.jobs, archive, name, watch);
      return {
        did: true,
        json: { job: job.id, ok: true, maker, ...result },
        text: [
          ...summaryText(summarize(name, archive)),
          `All ${result.entries} entries are as they were written. Made by ${makerText(maker)}.`,
        ],
      };
    }),
  );
}
