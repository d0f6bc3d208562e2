import { Option, type Command } from 'commander';
import { historyOf } from '../actions/system/history';
import { BackupError } from '../errors/errors';
import { staleJobs } from '../jobs/jobs';
import { historyText } from '../terminal/historyText';
import { run } from './command';
import { offline } from './offline';
import { withOptions, type Options } from './options';

interface HistoryOptions extends Options {
  readonly limit: string;
}

const MOST = 500;

export function historyCommand(made: Command): void {
  withOptions(made, new Option('--limit <number>', `the newest so many, up to ${MOST}`).default('20')).action(
    (options: HistoryOptions) =>
      run(options, async () => {
        const { jobs: store } = offline(options);
        const jobs = await historyOf(store, { limit: limitOf(options.limit) });
        const stale = new Set((await staleJobs(store)).map(({ id }) => id));
        return {
          // Its process is gone, and it has said no more.
          json: { jobs: jobs.map((job) => ({ ...job, ...(stale.has(job.id) && { interrupted: true }) })) },
          text: historyText(jobs, stale),
        };
      }),
  );
}

function limitOf(text: string): number {
  const number = Number(text);
  if (/^[1-9]\d*$/.test(text) && number <= MOST) return number;
  throw new BackupError('USAGE', `--limit takes a whole number from 1 to ${MOST}, and not ${text}.`);
}
