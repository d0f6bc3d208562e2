import type { Command } from 'commander';
import { basename, join } from 'node:path';
import { openStored, findArchive } from '../actions/backups/findBackup';
import { recordLook } from '../actions/look/recordLook';
import { comparePrepared } from '../actions/prepared/comparePrepared';
import { findPrepared, type PreparedRestore } from '../actions/prepared/entry';
import { dropPrepared, listPrepared } from '../actions/prepared/listPrepared';
import { swapPrepared } from '../actions/prepared/swapPrepared';
import { madeHere } from '../actions/restore/previewBackup';
import { makerOf, makerText } from '../actions/trust/maker';
import type { PreparedComparison } from '../api/api';
import type { Archive } from '../dumper/archive/archive';
import { dataFolder } from '../environment';
import type { Host } from '../host';
import type { Watch } from '../jobs/jobs';
import { comparisonText } from '../terminal/comparisonText';
import { preparedText } from '../terminal/preparedText';
import { localTime } from '../terminal/time';
import { againIfMoreIsLost } from './againIfMoreIsLost';
import { confirm, run, sayBefore, settings } from './command';
import { examplesOf } from './diff';
import { host } from './host';
import { keysOf } from './open';
import { command, database, examples, opened, withOptions, yes, type Options } from './options';

interface PreparedOptions extends Options {
  readonly examples: string;
}

/** `ark prepared`: restores that are staged and wait for their swap. */
export function preparedCommands(prepared: Command): void {
  withOptions(
    prepared.command('list', { isDefault: true }).description('what waits for its swap, and until when'),
    database,
  ).action((options: PreparedOptions) =>
    run(options, async () => {
      const items = await listPrepared(host(options));
      return { json: { prepared: items }, text: preparedText(items) };
    }),
  );

  command(
    prepared,
    'show [job]',
    'exactly what the swap would take away, change and bring; without a job that of the newest',
    database,
    examples,
    ...opened,
  ).action((job: string | undefined, options: PreparedOptions) =>
    run(options, async (watch) => {
      const target = host(options);
      const waiting = await findPrepared(target, job);
      const comparison = await compared(
        target,
        await openPrepared(target, waiting, options),
        waiting,
        options,
        watch,
      );
      return { json: comparison, text: shownText(comparison) };
    }),
  );

  command(
    prepared,
    'swap [job]',
    'put what was prepared in place, all of it or nothing; "ark undo" takes it back',
    database,
    examples,
    ...opened,
    yes,
  ).action((job: string | undefined, options: PreparedOptions) =>
    run(options, async (watch) => {
      const target = host(options);
      const waiting = await findPrepared(target, job);
      const archive = await openPrepared(target, waiting, options);
      let shown: PreparedComparison['lost'] = {};
      // Whoever says yes to whatever it is need not wait for all rows to be compared.
      if (!options.yes) {
        const comparison = await compared(target, archive, waiting, options, watch);
        sayBefore(options, shownText(comparison));
        await confirm(options, ...(await questionOf(target, archive, waiting, comparison)));
        shown = comparison.lost;
      }
      const folder = dataFolder(settings(options));
      const done = await againIfMoreIsLost(options, shown, (acceptLost) =>
        swapPrepared(target, archive, waiting, {
          acceptLost,
          allowPlain: options.allowPlain,
          dataFolder: folder,
          ...watch,
        }),
      );
      const { result } = done;
      const rows = result.collections.reduce((sum, collection) => sum + collection.rows, 0);
      return {
        json: {
          job: done.job.id,
          collections: result.collections,
          rows,
          undo: result.undo,
          leftOut: result.leftOut,
          blemishes: result.blemishes,
          warnings: result.warnings,
        },
        text: [
          ...result.warnings.map((warning) => `! ${warning}`),
          `${result.collections.length} collections with ${rows} rows restored. "ark undo ${result.undo.job}" takes it back until ${localTime(result.undo.expiresAt)}.`,
        ],
      };
    }),
  );

  command(
    prepared,
    'remove <job>',
    'delete what was prepared; nothing that is live is touched',
    database,
    yes,
  ).action((job: string, options: PreparedOptions) =>
    run(options, async () => {
      const target = host(options);
      await confirm(options, `Delete what ${job} has prepared?`);
      await dropPrepared(target, job);
      return { json: { removed: job }, text: `What ${job} had prepared is deleted.` };
    }),
  );
}

/** It lies where it lay: in a storage, or in a file. */
const openPrepared = (
  target: Host,
  { backup, storage }: PreparedRestore,
  options: Options,
): Promise<Archive> =>
  storage === undefined
    ? findArchive(target, backup, keysOf(options))
    : openStored(target, backup, storage, keysOf(options));

export async function compared(
  target: Host,
  archive: Archive,
  prepared: PreparedRestore,
  options: Options & { readonly examples: string },
  { signal, onProgress }: Watch,
): Promise<PreparedComparison> {
  const comparison = await comparePrepared(target, archive, prepared, {
    examples: examplesOf(options),
    folder: join(dataFolder(settings(options)), 'compare'),
    signal,
    onProgress: (progress) =>
      onProgress?.({ ...progress, percent: Math.floor((100 * progress.done) / Math.max(1, progress.total)) }),
  });
  const looked = comparison.collections.map(({ name }) => name);
  await recordLook(target, basename(prepared.backup), looked);
  return comparison;
}

export const shownText = (comparison: PreparedComparison): string[] =>
  comparisonText(comparison, { here: 'here', there: 'in the backup' });

const lostOf = ({ lost }: PreparedComparison): number =>
  Object.values(lost).reduce((sum, rows) => sum + rows, 0);

/** As a restore asks: a name where rows go, or where this instance did not provably make the backup. */
async function questionOf(
  target: Host,
  archive: Archive,
  { job, backup, collections }: PreparedRestore,
  comparison: PreparedComparison,
): Promise<[string, string?]> {
  const lost = lostOf(comparison);
  const what = [
    `Replace ${collections.length} collections of ${target.database.label} by what ${job} has prepared?`,
    lost > 0 && `${lost} ${lost === 1 ? 'row' : 'rows'} of now would go or be overwritten.`,
  ];
  const maker = await makerOf(target, archive);
  if (madeHere(target, archive, maker))
    return [what.filter(Boolean).join(' '), ...(lost > 0 ? [target.instance] : [])] as [string, string?];
  const { instance } = archive.manifest;
  const from =
    instance.trim() === ''
      ? `The backup ${basename(backup)} does not say who made it.`
      : `It calls itself a backup of ${instance}; its maker is ${makerText(maker)}.`;
  return [[...what, from].filter(Boolean).join(' '), instance.trim() === '' ? basename(backup) : instance];
}
