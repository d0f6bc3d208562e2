import type { Command } from 'commander';
import { summarize } from '../actions/summary';
import { verifyBackup } from '../actions/verifyBackup';
import { summaryText } from '../terminal/tables';
import { command, offline, open, opened, run, type Options } from './command';

export function verifyCommand(program: Command): void {
  command(
    program,
    'verify <archive>',
    'read every byte of an archive and compare it with its digests',
    ...opened,
  ).action((name: string, options: Options) =>
    run(options, async (watch) => {
      const archive = await open(name, options);
      const { jobs } = offline(options);
      const { job, result } = await verifyBackup(jobs, archive, name, watch);
      return {
        json: { job: job.id, ok: true, ...result },
        text: [
          ...summaryText(summarize(name, archive)),
          `All ${result.entries} entries are as they were written.`,
        ],
      };
    }),
  );
}
