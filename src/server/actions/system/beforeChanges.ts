import { archiveName } from '../archiveName';
import type { Ark } from '../ark';
import { createBackup } from '../backups/createBackup';
import { meansOf } from '../schedules/means';
import { listSchedules } from '../schedules/schedules';
import { BeforeChanges } from '../../api/beforeChanges';
import type { Host } from '../../host';

/** Whether the app is backed up before it is upgraded or one of its plugins changes, and what a failure means then. */
const NAME = 'before changes';

/** The environment's word is the last: whoever cannot get to the page any more has that. */
export async function beforeChanges({
  settings,
  environment,
}: Pick<Host, 'settings' | 'environment'>): Promise<BeforeChanges> {
  if (environment.ARK_BEFORE_CHANGES !== undefined) return environment.ARK_BEFORE_CHANGES;
  return BeforeChanges.catch('off').parse(await settings.get('settings', NAME));
}

export const setBeforeChanges = ({ settings }: Pick<Host, 'settings'>, mode: BeforeChanges): Promise<void> =>
  settings.save('settings', NAME, mode);

/**
 * Everything but logs, where to and encrypted as the first schedule that is on does, one that encrypts before others;
 * without any, into the default storage. Rejects with why it failed.
 */
export async function backUpBefore(ark: Ark, note: string, now: Date): Promise<{ readonly name: string }> {
  const { host } = ark;
  const schedules = (await listSchedules(host)).filter(({ on }) => on);
  const encrypting = schedules.find(({ passphrase, recipients }) => passphrase ?? recipients);
  const { storages, passphrase, recipients } = encrypting ?? schedules[0] ?? { storages: [] };
  const encryptFor =
    passphrase !== undefined ? { passphrase: host.seal.open(passphrase) } : recipients && { recipients };
  const { result } = await meansOf(ark).start({ writes: true }, (watch) =>
    createBackup(host, {
      selection: {},
      to: { storages, name: archiveName(`${host.instance}-before`, now) },
      ...(encryptFor && { encryptFor }),
      note,
      ...watch,
    }),
  );
  return { name: result.stored.key };
}
