import type * as api from '../../api/api';
import { keyFingerprint } from '../../dumper/files/folders';
import type { Host } from '../../host';
import { fieldsOf } from '../../storage/fields';
import { kindOf } from '../../storage/kinds';
import type { Catalog } from '../backups/catalog';
import { backupItems, ownBackups } from '../backups/ownBackups';
import { listSchedules } from '../schedules/schedules';
import { outsideOf } from '../storages/offsite';
import { listStorages, type ListedStorage } from '../storages/storages';
import { rescueCommands, type RescueStorage } from './rescueCommands';
import { sheetText } from './sheetText';

type Sheet = Omit<api.RescueSheet, 'markdown'>;
type Secret = Sheet['secrets'][number];

/** What is needed to get the app back when this server is gone, from facts alone, and without any secret. */
export async function rescueSheet(
  host: Host,
  dataFolder: string,
  catalog: Catalog,
  now: Date,
): Promise<api.RescueSheet> {
  const [all, outside, chosen, app] = await Promise.all([
    listStorages({ ...host, dataFolder }),
    outsideOf(host),
    bestBackup(host, catalog, now),
    host.database.app(host.app).catch(() => undefined),
  ]);
  const { backup, schedule } = chosen ?? {};
  const storage = all.find(({ name }) => name === backup?.storage);
  const from = storage && toAdd(storage);
  const recipients = (await listSchedules(host)).find(({ name }) => name === schedule)?.recipients;
  const opener = recipients ? 'identity' : 'passphrase';
  const opensWith = backup?.encrypted ? opener : undefined;
  const facts: Sheet = {
    madeAt: now.toISOString(),
    instance: host.instance,
    version: host.version,
    database: { dialect: host.database.dialect, ...(app && { version: app.version }) },
    ...(app?.app && {
      app: { name: app.app.name, ...(app.app.version !== undefined && { version: app.app.version }) },
    }),
    storages: all.map(({ name, record }) => ({
      name,
      kind: record?.kind ?? '',
      place: record ? kindOf(record).place(record) : '',
      offsite: outside.get(name)?.where === 'offsite',
    })),
    ...(backup && {
      backup: {
        name: backup.name,
        storage: backup.storage,
        createdAt: backup.createdAt,
        size: backup.size,
        encrypted: backup.encrypted,
        files: backup.holds?.files ?? backup.files !== undefined,
        ...(backup.rehearsedAt !== undefined && { rehearsedAt: backup.rehearsedAt }),
      },
    }),
    secrets: [
      ...(from?.secrets ?? []).map(({ field, file }): Secret => ({
        what: 'storage',
        storage: from?.name ?? '',
        field,
        file,
      })),
      ...(opensWith ? [{ what: opensWith, file: opensWith } as const] : []),
      { what: 'database', file: 'database.url' } as const,
      ...(host.appKeyFingerprint ? [{ what: 'appKey' as const }] : []),
      ...(await aesKeyOf(host, backup)),
    ],
    commands:
      backup && from
        ? rescueCommands({
            version: host.version,
            storage: from,
            backup: { name: backup.name, files: backup.holds?.files ?? backup.files !== undefined },
            opensWith,
            storagePath: host.environment.STORAGE_PATH,
          })
        : [],
  };
  return { ...facts, markdown: sheetText(facts) };
}

/** Off-site before here, tested before not, new before old. */
async function bestBackup(host: Host, catalog: Catalog, now: Date) {
  const [{ items }, known, outside] = await Promise.all([
    catalog.list(host),
    ownBackups(host),
    outsideOf(host),
  ]);
  const own = (await backupItems(host, items)).flatMap((backup) => {
    const ours = known.ownOf(backup);
    return ours && Date.parse(ours.createdAt) <= now.getTime()
      ? [{ backup: { ...backup, createdAt: ours.createdAt }, schedule: ours.schedule }]
      : [];
  });
  const rank = ({ backup }: (typeof own)[number]): number =>
    (outside.get(backup.storage)?.where === 'offsite' ? 2 : 0) + (backup.rehearsedAt === undefined ? 0 : 1);
  return own.toSorted((a, b) => rank(b) - rank(a) || (a.backup.createdAt < b.backup.createdAt ? 1 : -1))[0];
}

/** As it is set up on a new machine. The built-in one has a name there already. */
function toAdd({ name, from, record }: ListedStorage): RescueStorage | undefined {
  if (!record) return undefined;
  const called = from === 'built-in' ? 'old-disk' : name;
  const secret = new Set(
    fieldsOf(kindOf(record).settings)
      .filter((field) => field.secret)
      .map((field) => field.name),
  );
  const filled = Object.entries(record) as [string, string | number | undefined][];
  const named = filled.filter(([, value]) => value !== undefined && value !== '');
  return {
    name: called,
    kind: record.kind,
    settings: named.flatMap(([field, value]) =>
      field === 'kind' || secret.has(field) ? [] : [[field, String(value)] as const],
    ),
    secrets: named.flatMap(([field]) => (secret.has(field) ? [{ field, file: `storage.${field}` }] : [])),
  };
}

/** Of an app that has one: whether the backup holds it, or where it is now. */
async function aesKeyOf(host: Host, backup: api.BackupItem | undefined): Promise<Sheet['secrets'][number][]> {
  const { keyFile } = await host.files().catch(() => ({ keyFile: undefined }));
  const key = await keyFingerprint(keyFile);
  if (!key) return [];
  const { keyIs } = backup?.holds ?? {};
  const held = keyIs !== undefined && (await key.salted(keyIs.salt)) === keyIs.fingerprint;
  return [{ what: held ? 'aesKeyInBackup' : 'aesKey', file: keyFile }];
}
