import type { Command } from 'commander';
import { locate } from '../actions/backups/findBackup';
import { markBackup } from '../actions/backups/marks';
import { Note } from '../api/input';
import { BackupError } from '../errors/errors';
import { called } from './called';
import { run } from './command';
import { offline } from './offline';
import { ofInstance, storage, withOptions, type Options } from './options';
import { remembered } from './remembered';

export function noteCommand(made: Command): void {
  withOptions(made, storage, ofInstance).action((asked: string, typed: string, chosen: Options) =>
    run(chosen, async () => {
      const note = noteOf(typed) ?? '';
      const { name, options } = await called(asked, chosen);
      const where = offline(options);
      const { storage: place, object } = await locate(where, name, options.storage);
      const item = await remembered(options).item(place, object);
      await markBackup(where, item, { note }, new Date());
      return {
        did: true,
        json: { key: object.key, storage: place.name, note },
        text: note === '' ? `${object.key} has no note any more.` : `${object.key} has the note: ${note}`,
      };
    }),
  );
}

/** Throws USAGE for what is too long, or no line. */
export function noteOf(text: string | undefined): string | undefined {
  const { data, error } = Note.optional().safeParse(text);
  if (error) throw new BackupError('USAGE', `The note: ${error.issues[0]?.message ?? 'it cannot be'}.`);
  return data;
}
