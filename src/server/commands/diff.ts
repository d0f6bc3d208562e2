import type { Command } from 'commander';
import { join } from 'node:path';
import { compareBackup, compareBackups } from '../actions/compare/compareBackup';
import { recordLook } from '../actions/look/recordLook';
import type { Comparison } from '../api/api';
import { dataFolder } from '../environment';
import type { Progress } from '../dumper/progress';
import { BackupError } from '../errors/errors';
import type { Watch } from '../jobs/jobs';
import { comparisonText } from '../terminal/comparisonText';
import { run, settings, type Outcome } from './command';
import { host } from './host';
import { offline } from './offline';
import { called, type Called } from './called';
import { open } from './open';
import { chosen, database, examples, opened, withOptions, type Options } from './options';
import { selection } from './selection';

interface DiffOptions extends Options {
  readonly examples: string;
}

/** There is a difference: neither full success nor a failure. */
const DIFFERENT = 4;
const MOST = 100;

export function examplesOf({ examples }: Pick<DiffOptions, 'examples'>): number {
  const number = Number(examples);
  if (/^\d+$/.test(examples) && number <= MOST) return number;
  throw new BackupError('USAGE', `--examples takes a whole number from 0 to ${MOST}, and not ${examples}.`);
}

export function diffCommand(made: Command): void {
  withOptions(made, database, ...chosen, examples, ...opened).action(
    (asked: string, against: string | undefined, options: DiffOptions) =>
      run(options, async (watch) => {
        const first = await called(asked, options, against);
        return against === undefined
          ? withDatabase(first, watch)
          : withBackup(first, await called(against, options, asked), watch);
      }),
  );
}

async function withDatabase({ name, options }: Called<DiffOptions>, watch: Watch): Promise<Outcome> {
  const asked = askedOf(options, watch);
  const target = host(options);
  const comparison = await compareBackup(target, await open(name, options), asked);
  await record(target, [name], comparison);
  return outcome(comparison, comparisonText(comparison, { here: 'here', there: 'in the backup' }));
}

async function withBackup(
  { name, options }: Called<DiffOptions>,
  { name: against, options: others }: Called<DiffOptions>,
  watch: Watch,
): Promise<Outcome> {
  if (options.database !== undefined || options.databaseFile !== undefined)
    throw new BackupError('USAGE', 'Two backups are compared without a database: leave --database out.');
  const asked = askedOf(options, watch);
  const where = offline(options);
  const there = { name, archive: await open(name, options) };
  const here = { name: against, archive: await open(against, others) };
  const comparison = await compareBackups(here, there, { ...asked, workers: where.workers });
  await record(where, [name, against], comparison);
  return outcome(comparison, comparisonText(comparison, { here: `in ${against}`, there: `in ${name}` }));
}

const askedOf = (options: DiffOptions, { signal, onProgress }: Watch) => ({
  selection: selection(options),
  examples: examplesOf(options),
  folder: join(dataFolder(settings(options)), 'compare'),
  signal,
  onProgress: (progress: Progress) =>
    onProgress?.({ ...progress, percent: Math.floor((100 * progress.done) / Math.max(1, progress.total)) }),
});

/** Said in the history before anything is seen. */
async function record(
  where: Parameters<typeof recordLook>[0],
  backups: readonly string[],
  { collections }: Comparison,
): Promise<void> {
  const names = collections.map(({ name }) => name);
  for (const backup of backups) await recordLook(where, backup, names);
}

const outcome = (comparison: Comparison, text: readonly string[]): Outcome => ({
  json: comparison,
  text,
  exit: comparison.different ? DIFFERENT : 0,
});
