import type { Command } from 'commander';
import { join } from 'node:path';
import { catalog } from '../actions/catalog';
import { knownMakers, makerOfStored } from '../actions/maker';
import { suddenlyPlain } from '../actions/suddenlyPlain';
import { dataFolder } from '../environment';
import { listText } from '../terminal/tables';
import { command, offline, run, settings, storage, type Options } from './command';

export function listCommand(program: Command): void {
  command(program, 'list', 'list the backups, and who made them', storage).action((options: Options) =>
    run(options, async () => {
      const where = offline(options);
      const remembered = catalog(join(dataFolder(settings(options)), 'cache', 'backups.json'));
      const { items, failed } = await remembered.list(where, options.storage);
      const makers = await knownMakers(where);
      const suspect = await suddenlyPlain(where);
      const found = items.map(({ signedBy, manifestSha256, ...item }) => {
        const { name, ...rest } = item;
        const maker = makerOfStored({ ...item, signedBy, manifestSha256 }, makers);
        const plain = item.state === 'ok' && suspect({ ...item, maker });
        return { key: name, ...rest, maker, ...(plain && { suddenlyPlain: plain }) };
      });
      const troubles = failed.map((one) => `! ${one.storage}: ${one.message} [${one.code}]`);
      return {
        json: { backups: found, ...(failed.length > 0 && { failed }) },
        text: [...listText(found), ...troubles],
      };
    }),
  );
}
