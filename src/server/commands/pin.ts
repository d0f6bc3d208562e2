import type { Command } from 'commander';
import { locate } from '../actions/backups/findBackup';
import { markBackup } from '../actions/backups/marks';
import { called } from './called';
import { run } from './command';
import { offline } from './offline';
import { ofInstance, storage, withOptions, type Options } from './options';
import { remembered } from './remembered';

export const pinCommand = (made: Command): void => pins(made, true);
export const unpinCommand = (made: Command): void => pins(made, false);

function pins(made: Command, pinned: boolean): void {
  withOptions(made, storage, ofInstance).action((names: string[], chosen: Options) =>
    run(chosen, async () => {
      const where = offline(chosen);
      const known = remembered(chosen);
      // A name that is wrong is said before anything is done.
      const meant = [];
      for (const asked of names) {
        const beside = names.find((name) => name !== asked);
        const { name, options } = await called(asked, chosen, beside);
        meant.push(await locate(where, name, options.storage));
      }
      for (const { storage: place, object } of meant)
        await markBackup(where, await known.item(place, object), { pinned }, new Date());
      const done = meant.map(({ storage: place, object }) => ({ key: object.key, storage: place.name }));
      return {
        did: true,
        json: { [pinned ? 'pinned' : 'unpinned']: done },
        text: done.map(({ key }) =>
          pinned
            ? `${key} is pinned: nothing deletes it until it is unpinned.`
            : `${key} is not pinned any more.`,
        ),
      };
    }),
  );
}
