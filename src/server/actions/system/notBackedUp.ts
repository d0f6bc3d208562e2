import { setTimeout as sleep } from 'node:timers/promises';
import type { Fingerprint } from '../../fingerprint';
import { DEFAULT_GROUPS } from '../../dumper/app/groups';
import { keyFingerprint } from '../../dumper/files/folders';
import { hasFiles } from '../../dumper/files/read';
import type { Host } from '../../host';
import type * as api from '../../api/api';
import { keyElsewhere } from '../trust/keyElsewhere';
import { whatThereIs } from './whatThereIs';
import { DAY } from '../../durations';

/** A backup from longer before the newest one is of another time: a month between two full ones is usual. */
const RECENT_MS = 32 * DAY;
/** The page does not wait for a database that does not answer. */
const PATIENCE_MS = 8000;

/**
 * What the app has that no recent one of these backups holds as a whole, and who keeps its key elsewhere. Logs are left
 * out by default, so nobody misses them. Undefined where the app cannot be asked.
 */
export async function notBackedUp(
  host: Host,
  kept: readonly Pick<api.BackupItem, 'createdAt' | 'holds'>[],
  now: Date,
): Promise<Pick<api.Safety, 'notBackedUp' | 'keyElsewhere'>> {
  const newest = kept.reduce((last, backup) => Math.max(last, Date.parse(backup.createdAt)), 0);
  const byAge = kept.toSorted((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt));
  const held = byAge.flatMap((backup) =>
    newest - Date.parse(backup.createdAt) <= RECENT_MS && backup.holds ? [backup.holds] : [],
  );
  const groups = new Set(held.flatMap((backup) => backup.groups));
  const there = await Promise.race([whatThereIs(host, now), late()]).catch(() => undefined);
  if (!there) return {};
  const { folders, keyFile } = there.files;
  const [key, elsewhere, ...uploads] = await Promise.all([
    keyFingerprint(keyFile),
    keyElsewhere(host, keyFile),
    ...folders.map(({ folder }) => hasFiles(folder)),
  ]);
  return {
    notBackedUp: {
      groups: DEFAULT_GROUPS.filter((group) => there.groups.has(group) && !groups.has(group)),
      files: uploads.some(Boolean) && !held.some((backup) => backup.files),
      aesKey: key !== undefined && !elsewhere && !(await isHeld(key, held)),
    },
    ...(elsewhere && { keyElsewhere: elsewhere }),
  };
}

/** An older key opens nothing of what was sealed since. The newest backups come first. */
async function isHeld(
  key: Fingerprint,
  held: readonly NonNullable<api.BackupItem['holds']>[],
): Promise<boolean> {
  for (const { keyIs } of held)
    if (keyIs && (await key.salted(keyIs.salt)) === keyIs.fingerprint) return true;
  return false;
}

const late = () => sleep(PATIENCE_MS, undefined, { ref: false });
