import { latestBackup, type Latest } from '../actions/backups/latestBackup';
import { instanceName } from '../environment';
import { again, BackupError } from '../errors/errors';
import { say } from '../terminal/print';
import { localTime } from '../terminal/time';
import { databaseUrl, settings } from './command';
import { offline } from './offline';
import type { Options } from './options';
import { remembered } from './remembered';

/** Instead of a name: the newest good backup of this instance. A file of that name is `./latest`. */
export const LATEST = 'latest';

export interface Called<T> {
  readonly name: string;
  /** With the storage that it was found in. */
  readonly options: T;
}

/** An archive as it was named, or another `beside` it. What `latest` turned out to be is said. */
export async function called<T extends Options>(
  name: string,
  options: T,
  beside?: string,
): Promise<Called<T>> {
  if (name !== LATEST) {
    if (options.instance === undefined || beside === LATEST) return { name, options };
    throw new BackupError(
      'USAGE',
      `--instance says whose backup ${LATEST} is, and ${name} is named already.`,
    );
  }
  const { storage } = options;
  const asked = { instance: await instanceOf(options), storage };
  const { backup, instance, passedOver } = theOne(
    await latestBackup(offline(options), remembered(options), asked, new Date()),
  );
  say([
    ...passedOver.map(
      (damaged) => `! ${damaged.name} in ${damaged.storage} is newer, damaged, and was passed over`,
    ),
    ...(options.quiet
      ? []
      : [
          `${LATEST}: ${backup.name} in ${backup.storage}, of ${instance}, made ${localTime(backup.createdAt)}`,
        ]),
  ]);
  return { name: backup.name, options: { ...options, storage: backup.storage } };
}

function theOne(latest: Latest): Extract<Latest, { is: 'backup' }> {
  switch (latest.is) {
    case 'backup':
      return latest;
    case 'none':
      throw latest.error;
    case 'several':
      throw new BackupError(
        'USAGE',
        `Backups of several instances are here: ${latest.instances.join(', ')}. Say of which with --instance, or name the archive.`,
      );
    case 'unsure': {
      const [trouble] = latest.failed;
      say(
        latest.failed.map(
          ({ storage }) =>
            `! ${storage} cannot be asked and may have a newer one; --storage NAME looks into another alone`,
        ),
      );
      throw trouble ? again(trouble) : new Error('a storage has failed');
    }
  }
}

/** As it was named, or as the database and ARK_INSTANCE do; undefined: nothing does. */
async function instanceOf(options: Options): Promise<string | undefined> {
  if (options.instance !== undefined) return options.instance;
  const environment = settings(options);
  if (environment.ARK_INSTANCE !== undefined) return environment.ARK_INSTANCE;
  const { locateDatabase } = await import('../dumper/dialects/locate');
  const located = locateDatabase(environment, databaseUrl(options));
  return located && instanceName(environment, located.name);
}
