import type { Command } from 'commander';
import { badgesOf } from '../actions/backups/badges';
import { copiesOf, deleteBackup, refuseInUse, type Stored } from '../actions/backups/deleteBackup';
import { refusePinned, withMarks } from '../actions/backups/marks';
import type { Catalog } from '../actions/backups/catalog';
import { makerOfStored } from '../actions/backups/ownBackups';
import { knownMakers } from '../actions/trust/maker';
import { formatBytes } from '../bytes';
import type { Failure } from '../errors/details';
import { BackupError, failureOf } from '../errors/errors';
import { listText } from '../terminal/listText';
import { called } from './called';
import { confirm, listed, run, sayBefore } from './command';
import { offline } from './offline';
import { intoStorages, ofInstance, withOptions, yes, type Options } from './options';
import { remembered } from './remembered';

export function deleteCommand(made: Command): void {
  withOptions(made, intoStorages, ofInstance, yes).action((names: string[], options: Options) =>
    run(options, async ({ signal }) => {
      const where = offline(options);
      // Whatever is wrong with any of them is said before the first is gone.
      const meant = await meantBy(names, options);
      const known = remembered(options);
      for (const { storage, object } of meant) {
        await refuseInUse(where.jobs, object.key);
        await refusePinned(where, await known.item(storage, object));
      }
      sayBefore(options, await shown(meant, known, options));
      const size = formatBytes(meant.reduce((sum, { object }) => sum + object.size, 0));
      const what = meant.length === 1 ? 'this backup' : `these ${meant.length} backups`;
      await confirm(options, `Delete ${what} (${size}) for good?`);
      const deleted: { key: string; storage: string }[] = [];
      const failed: ({ key: string; storage: string } & Failure)[] = [];
      for (const stored of meant) {
        const { key } = stored.object;
        const place = { key, storage: stored.storage.name };
        if (signal?.aborted) break;
        await deleteBackup(where, known, stored).then(
          () => deleted.push(place),
          (error: unknown) => failed.push({ ...place, ...failureOf(error) }),
        );
      }
      const left = meant.length - deleted.length;
      return {
        did: true,
        json: { deleted, ...(failed.length > 0 && { failed }) },
        text: [
          ...deleted.map(({ key, storage }) => `${key} is deleted from ${storage}.`),
          ...failed.map(({ key, storage, message, code }) => `! ${key} in ${storage}: ${message} [${code}]`),
          ...(left > failed.length ? [`Stopped: ${left - failed.length} are still there.`] : []),
        ],
        exit: left > 0 ? 1 : 0,
      };
    }),
  );
}

/** Which of several copies is meant has to be said. */
async function meantBy(names: readonly string[], options: Options): Promise<Stored[]> {
  const storages = options.storage === undefined ? undefined : listed(options.storage);
  const only = storages?.length === 1 ? storages[0] : undefined;
  const meant = new Map<string, Stored>();
  for (const asked of names) {
    const beside = names.find((name) => name !== asked);
    const { name } = await called<Options>(asked, { ...options, storage: only }, beside);
    const copies = await copiesOf(offline(options), name, storages);
    if (copies.length > 1 && storages === undefined) {
      const places = copies.map(({ storage }) => storage.name);
      throw new BackupError(
        'USAGE',
        `${name} is in ${places.join(' and ')}. Say where to delete it: --storage ${places[0] ?? ''}, or all of them, with commas between.`,
      );
    }
    for (const copy of copies) meant.set(`${copy.storage.name}/${copy.object.key}`, copy);
  }
  return [...meant.values()];
}

async function shown(meant: readonly Stored[], known: Catalog, options: Options): Promise<string[]> {
  const where = offline(options);
  const makers = await knownMakers(where);
  const items = await Promise.all(meant.map(({ storage, object }) => known.item(storage, object)));
  return listText(
    (await withMarks(where, items))
      .map((item) => ({ ...item, maker: makerOfStored(item, makers) }))
      .map((item) => ({ ...item, badges: badgesOf(item) })),
  );
}
