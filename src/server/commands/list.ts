import type { Command } from 'commander';
import { join } from 'node:path';
import { catalog } from '../actions/backups/catalog';
import { makerOfStored } from '../actions/backups/ownBackups';
import { knownMakers } from '../actions/trust/maker';
import { suddenlyPlain } from '../actions/trust/suddenlyPlain';
import { dataFolder } from '../environment';
import { listText } from '../terminal/listText';
import { chosenStorages, type Where } from '../actions/backups/findBackup';
import { BUILT_IN } from '../actions/storages/storages';
import type { Settings } from '../environment';
import { run, settings } from './command';
import { offline } from './offline';
import { withOptions, storage, type Options } from './options';

export function listCommand(made: Command): void {
  withOptions(made, storage).action((options: Options) =>
    run(options, async () => {
      const where = offline(options);
      const remembered = catalog(join(dataFolder(settings(options)), 'cache', 'backups.json'));
      const { items, failed } = await remembered.list(where, options.storage);
      const makers = await knownMakers(where);
      const suspect = await suddenlyPlain(where);
      const listed = items.map(({ signedBy, manifestSha256, ...item }) => {
        const { name, ...rest } = item;
        const maker = makerOfStored({ ...item, signedBy, manifestSha256 }, makers);
        const plain = item.state === 'ok' && suspect({ ...item, maker });
        return { key: name, ...rest, maker, ...(plain && { suddenlyPlain: plain }) };
      });
      const troubles = failed.map((trouble) => `! ${trouble.storage}: ${trouble.message} [${trouble.code}]`);
      const places = listed.length > 0 ? [] : await placesOf(where, options.storage);
      return {
        json: { backups: listed, ...(failed.length > 0 && { failed }) },
        text: () => [...listText(listed, places), ...troubles],
      };
    }),
  );
}

/** The storages that were looked into; of Ark's own folder where it is, as that depends on where one stands. */
async function placesOf(
  where: Where & { readonly environment: Settings },
  only: string | undefined,
): Promise<string[]> {
  const storages = await chosenStorages(where, only);
  const own = join(dataFolder(where.environment), 'backups');
  return storages.map(({ name }) => (name === BUILT_IN ? own : name));
}
