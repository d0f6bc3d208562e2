import { join } from 'node:path';
import type { Settings } from '../../environment';
import type { Failure } from '../../errors/details';
import { BackupError, failureOf, refused, refusedNear } from '../../errors/errors';
import { nearest } from '../../near';
import type { Storages } from '../../host';
import type { Seal } from '../../secrets/seal';
import type { SettingsStore } from '../../settings';
import type { Reach } from '../../outgoing';
import type { Means } from '../../storage/kind';
import { FOLDER, kindOf } from '../../storage/kinds';
import { localStorage } from '../../storage/local/local';
import type { LocalRoots } from '../../storage/realFolder';
import { PATIENCE, retrying } from '../../storage/retrying';
import type { Storage } from '../../storage/storage';
import { volumes } from '../../storage/volumes';
import {
  checkStorageName,
  openRecord,
  parseRecord,
  sealRecord,
  withOldSecrets,
  type StorageRecord,
} from './storageRecord';
import { recordOfUrl } from './storageUrl';

const MB = 1_000_000;
export const BUILT_IN = 'local';
/** SettingsStore of all storages together. */
const ABOUT = 'storages';

/** What storages may not do, whoever set them up. */
export interface Limits {
  readonly reach?: Reach | undefined;
  readonly roots?: LocalRoots | undefined;
}

export const limitsOf = ({ environment, roots }: Pick<StoragesPlace, 'environment' | 'roots'>): Limits => ({
  reach: environment.ARK_OUTGOING,
  roots,
});

export interface StoragesPlace {
  readonly settings: SettingsStore;
  readonly seal: Seal;
  readonly environment: Settings;
  /** Where local storages may be; undefined: anywhere, because whoever sets them up may go anywhere himself. */
  readonly roots?: LocalRoots | undefined;
  /** Archives of the built-in storage, and files on their way to the others. */
  readonly dataFolder: string;
}

export const spoolFolder = (dataFolder: string): string => join(dataFolder, 'spool');

/** The storages of the settings and of the environment, and the folder that is always there. */
export function storagesOf(place: StoragesPlace): Storages {
  const spool = spoolFolder(place.dataFolder);
  const builtIn = volumes(localStorage(join(place.dataFolder, 'backups')), { spool });
  // Connections and what was learnt about a storage stay as long as its settings do.
  const open = new Map<string, { readonly from: string; readonly storage: Storage }>();
  const opened = async (
    name: string,
    from: string,
    read: () => StorageRecord,
    limits: Limits,
  ): Promise<Storage> => {
    const opened = open.get(name);
    if (opened?.from === from) return opened.storage;
    const storage = await Promise.resolve()
      .then(() => openStorage(name, read(), spool, limits))
      .catch((error: unknown) => brokenStorage(name, error));
    open.set(name, { from, storage });
    return storage;
  };

  const list = async (): Promise<readonly Storage[]> => {
    const named = await Promise.all([
      ...place.environment.storages.map(({ name, variable, url }) =>
        // Whoever owns the environment owns the server.
        opened(name, url, () => recordOfUrl(url, variable), { ...limitsOf(place), roots: undefined }),
      ),
      ...(await place.settings.list('storages')).map(({ name, value }) =>
        opened(
          name,
          JSON.stringify(value),
          () => openRecord(parseRecord(value), place.seal),
          limitsOf(place),
        ),
      ),
    ]);
    const all = new Map([
      [BUILT_IN, builtIn],
      ...[...named].reverse().map((storage): [string, Storage] => [storage.name, storage]),
    ]);
    const chosen = await defaultName(place.settings);
    return [...all.values()].sort(
      (a, b) =>
        Number(b.name === chosen) - Number(a.name === chosen) ||
        Number(b.name === BUILT_IN) - Number(a.name === BUILT_IN) ||
        (a.name < b.name ? -1 : 1),
    );
  };

  return {
    list,
    async find(name) {
      const all = await list();
      const named = name === undefined ? all[0] : all.find((storage) => storage.name === name);
      if (named) return named;
      throw noStorage(name ?? '', all);
    },
  };
}

export async function openStorage(
  name: string,
  record: StorageRecord,
  spool: string,
  own: Partial<Omit<Means, 'spool'>> = {},
): Promise<Storage> {
  const means = { patience: PATIENCE, ...own, spool };
  const kind = kindOf(record);
  const mb = kind.volumeMb?.(record);
  return volumes(retrying(await kind.open(name, record, means), means.patience), {
    bytes: mb === undefined ? undefined : mb * MB,
    spool,
  });
}

/** One that cannot be opened is still there: whoever uses it hears why. */
function brokenStorage(name: string, cause: unknown): Storage {
  const fail = (): Promise<never> => {
    return Promise.reject(refused('storage-broken', { storage: name, why: failureOf(cause) }, { cause }));
  };
  return {
    name,
    kind: FOLDER,
    remote: false,
    put: fail,
    // eslint-disable-next-line require-yield -- it has nothing to give
    async *get() {
      await fail();
    },
    stat: fail,
    list: fail,
    remove: fail,
    clean: () => Promise.resolve(0),
  };
}

async function defaultName(settings: SettingsStore): Promise<string> {
  const chosen = (await settings.get('settings', ABOUT)) as { default?: string } | undefined;
  return chosen?.default ?? BUILT_IN;
}

export const setDefault = (settings: SettingsStore, name: string): Promise<void> =>
  settings.save('settings', ABOUT, { default: name });

export interface ListedStorage {
  readonly name: string;
  readonly default: boolean;
  /** Where its settings are: only those of the settings can be changed. */
  readonly from: 'built-in' | 'environment' | 'settings';
  readonly record: StorageRecord | undefined;
  /** Why it cannot be used as it is. */
  readonly error?: Failure;
}

/** A storage with its secrets, and where it may be: what the environment says is not sealed, and goes anywhere. */
export function asUsed(
  place: Pick<StoragesPlace, 'seal' | 'environment' | 'roots'>,
  { from, record }: Pick<ListedStorage, 'from' | 'record'>,
): { readonly record: StorageRecord; readonly limits: Limits } | undefined {
  const limits = limitsOf(place);
  if (!record) return undefined;
  return from === 'environment'
    ? { record, limits: { ...limits, roots: undefined } }
    : { record: openRecord(record, place.seal), limits };
}

/** All of them with their settings, secrets as they are kept. */
export async function listStorages(place: StoragesPlace): Promise<ListedStorage[]> {
  const chosen = await defaultName(place.settings);
  const storages = new Map<string, ListedStorage>();
  const add = (
    name: string,
    from: ListedStorage['from'],
    read: () => StorageRecord,
    check?: (record: StorageRecord) => unknown,
  ) => {
    if (storages.has(name)) return;
    const storage = { name, default: name === chosen, from };
    let record: StorageRecord | undefined;
    try {
      record = read();
      check?.(record);
      storages.set(name, { ...storage, record });
    } catch (cause) {
      storages.set(name, { ...storage, record, error: failureOf(cause) });
    }
  };
  for (const { name, variable, url } of place.environment.storages) {
    add(name, 'environment', () => recordOfUrl(url, variable));
  }
  for (const { name, value } of await place.settings.list('storages')) {
    add(
      name,
      'settings',
      () => parseRecord(value),
      (record) => openRecord(record, place.seal),
    );
  }
  add(BUILT_IN, 'built-in', () => ({ kind: FOLDER, folder: join(place.dataFolder, 'backups') }));
  const all = [...storages.values()];
  if (!all.some((storage) => storage.default)) {
    return all
      .map((storage) => (storage.name === BUILT_IN ? { ...storage, default: true } : storage))
      .sort(inOrder);
  }
  return all.sort(inOrder);
}

const inOrder = (a: ListedStorage, b: ListedStorage): number =>
  Number(b.default) - Number(a.default) ||
  Number(b.name === BUILT_IN) - Number(a.name === BUILT_IN) ||
  (a.name < b.name ? -1 : 1);

type Keeper = Pick<StoragesPlace, 'settings' | 'seal' | 'roots'>;

/** What a new storage would be. Refuses names that are taken, and settings that cannot be. */
export async function newRecord(
  place: StoragesPlace,
  name: string,
  input: Record<string, unknown>,
): Promise<StorageRecord> {
  checkStorageName(name);
  if ((await listStorages(place)).some((storage) => storage.name.toLowerCase() === name.toLowerCase())) {
    throw refused('storage-taken', { name });
  }
  return parseRecord(withOldSecrets(input, undefined, place.seal));
}

export async function createStorage(
  place: StoragesPlace,
  name: string,
  input: Record<string, unknown>,
): Promise<void> {
  await save(place, name, await newRecord(place, name, input));
}

export async function updateStorage(
  place: StoragesPlace,
  name: string,
  input: Record<string, unknown>,
): Promise<void> {
  const before = await changeable(place, name);
  await save(place, name, parseRecord(withOldSecrets(input, before.record, place.seal)));
}

export async function removeStorage(place: StoragesPlace, name: string): Promise<void> {
  const { default: wasDefault } = await changeable(place, name);
  await place.settings.remove('storages', name);
  if (wasDefault) await setDefault(place.settings, BUILT_IN);
}

async function changeable(place: StoragesPlace, name: string): Promise<ListedStorage> {
  const storage = await storageNamed(place, name);
  if (storage.from === 'settings') return storage;
  const variable = `ARK_STORAGE_${name.toUpperCase().replace(/-/g, '_')}`;
  throw storage.from === 'environment'
    ? refused('storage-environment', { name, variable })
    : refused('storage-built-in', { name });
}

export async function storageNamed(place: StoragesPlace, name: string): Promise<ListedStorage> {
  const all = await listStorages(place);
  const namedStorage = all.find((storage) => storage.name === name);
  if (namedStorage) return namedStorage;
  throw noStorage(name, all);
}

function noStorage(name: string, all: readonly { readonly name: string }[]): BackupError {
  const storages = all.map((storage) => storage.name);
  const [storage, near] = [JSON.stringify(name), nearest(name, storages)];
  return refusedNear('storage-none', { storage, storages }, near);
}

async function save({ settings, seal, roots }: Keeper, name: string, record: StorageRecord): Promise<void> {
  await kindOf(record).allow?.(record, roots);
  await settings.save('storages', name, sealRecord(record, seal));
}
