import { DEFAULT_GROUPS } from '../../dumper/groups';
import { keyFingerprint } from '../../dumper/files/folders';
import { hasFiles } from '../../dumper/files/read';
import type { Host } from '../../host';
import type * as api from '../../api/api';
import { liveCollections } from '../restore/liveCollections';

/** A backup from longer before the newest one is of another time: a month between two full ones is usual. */
const RECENT_MS = 32 * 24 * 60 * 60_000;
/** The page does not wait for a database that does not answer. */
const PATIENCE_MS = 8000;

/**
 * What the app has that no recent one of these backups holds as a whole. Logs are left out by default, so nobody misses
 * them. Undefined where the app cannot be asked.
 */
export async function notBackedUp(
  host: Host,
  kept: readonly Pick<api.BackupItem, 'createdAt' | 'holds'>[],
): Promise<api.NotBackedUp | undefined> {
  const newest = kept.reduce((last, one) => Math.max(last, Date.parse(one.createdAt)), 0);
  const held = kept.flatMap((one) =>
    newest - Date.parse(one.createdAt) <= RECENT_MS && one.holds ? [one.holds] : [],
  );
  const groups = new Set(held.flatMap((one) => one.groups));
  const there = await Promise.race([whatThereIs(host), late()]).catch(() => undefined);
  return (
    there && {
      groups: DEFAULT_GROUPS.filter((group) => there.groups.has(group) && !groups.has(group)),
      files: there.files && !held.some((one) => one.files),
      aesKey: there.aesKey && !held.some((one) => one.aesKey),
    }
  );
}

async function whatThereIs(host: Host) {
  const [live, files] = await Promise.all([liveCollections(host), host.files()]);
  const [key, ...folders] = await Promise.all([
    keyFingerprint(files.keyFile),
    ...files.folders.map(({ folder }) => hasFiles(folder)),
  ]);
  return {
    groups: new Set(live.filter(mayHaveRows).map((one) => one.group)),
    files: folders.some(Boolean),
    aesKey: key !== undefined,
  };
}

/** How many rows a table has that was never analysed nobody knows; what has none of its own takes no room. */
const mayHaveRows = ({ rows, bytes }: api.LiveCollection): boolean => (rows ?? bytes) > 0;

const late = () =>
  new Promise<undefined>((resolve) => {
    setTimeout(() => resolve(undefined), PATIENCE_MS).unref();
  });
