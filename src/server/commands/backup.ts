import { blemishesOf, hangingOf } from '../dumper/archive/contents';
import type { Command } from 'commander';
import { resolve } from 'node:path';
import { createBackup } from '../actions/backups/createBackup';
import { formatBytes } from '../bytes';
import { blemishText } from '../dumper/schema/blemish';

import { hangingText } from '../dumper/schema/missing';
import { listed, run } from './command';
import { host } from './host';
import { noteOf } from './note';
import { chosen, withOptions, database, encrypted, intoStorages, narrowing, type Options } from './options';
import { recipients, selection } from './selection';

interface BackupOptions extends Options {
  readonly files?: boolean;
  readonly output?: string;
  readonly name?: string;
  readonly note?: string;
}

export function backupCommand(made: Command): void {
  withOptions(made, database, ...chosen, ...narrowing, intoStorages, ...encrypted)
    .option('--output <file>', 'write to this file instead of a storage')
    .option('--name <name>', 'name in the storage')
    .option('--note <text>', 'a line that the list shows with it')
    .option('--files', "the app's uploaded files too (needs STORAGE_PATH, as in the app's .env)")
    .action((options: BackupOptions) =>
      run(options, async (watch) => {
        const note = noteOf(options.note);
        const { job, result } = await createBackup(host(options), {
          selection: selection(options),
          to:
            options.output !== undefined
              ? { file: resolve(options.output) }
              : {
                  storages: options.storage === undefined ? undefined : listed(options.storage),
                  name: options.name,
                },
          encryptFor: recipients(options),
          files: options.files === true,
          note,
          ...watch,
        });
        const { stored, manifest, warnings } = result;
        const left = manifest.notIncluded.filter((item) => item.what !== 'collection');
        return {
          did: true,
          json: {
            job: job.id,
            ...(job.result as object),
            warnings,
            notIncluded: manifest.notIncluded,
            hanging: hangingOf(manifest),
          },
          text: [
            `${stored.key}: ${formatBytes(stored.size)}, ${manifest.collections.length} collections. Done.`,
            ...warnings.map((warning) => `! ${warning}`),
            ...blemishesOf(manifest).map((blemish) => `! ${blemishText(blemish)}`),
            ...hangingOf(manifest).map((item) => `! ${hangingText(item)}`),
            ...left.map((item) => `not in this backup: ${item.what} ${item.name} (${item.reason})`),
          ],
        };
      }),
    );
}
