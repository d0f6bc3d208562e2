import { refused } from '../../errors/errors';
import { fieldsOf } from '../../storage/fields';
import { FOLDER, KIND_NAMES, kindOf, KINDS } from '../../storage/kinds';
import * as answers from '../../api/answers';
import type * as api from '../../api/api';
import { action, data, type Action } from '../call';
import type { Ark } from '../../actions/ark';
import { examine } from '../../actions/storages/doctor';
import * as input from '../../api/input';
import { maskRecord, parseRecord, withOldSecrets } from '../../actions/storages/storageRecord';
import { rememberTest } from '../../actions/storages/storageTests';
import {
  BUILT_IN,
  createStorage,
  asUsed,
  limitsOf,
  listStorages,
  removeStorage,
  setDefault,
  spoolFolder,
  storageNamed,
  updateStorage,
  type ListedStorage,
  type StoragesPlace,
} from '../../actions/storages/storages';

const placeOf = ({
  host,
  dataFolder,
}: Pick<Ark, 'dataFolder'> & { host: Omit<StoragesPlace, 'dataFolder'> }): StoragesPlace => ({
  settings: host.settings,
  seal: host.seal,
  environment: host.environment,
  roots: host.roots,
  dataFolder,
});

export function storageItem({
  name,
  default: isDefault,
  from,
  record,
  error,
}: ListedStorage): api.StorageItem {
  const facts = { name, default: isDefault, from, ...(error && { error }) };
  if (!record) return { ...facts, kind: FOLDER, place: '', settings: {} };
  const { kind, ...settings } = maskRecord(record);
  return { ...facts, kind, place: kindOf(record).place(record), settings };
}

export const storageKinds = (): api.StorageKind[] =>
  KIND_NAMES.map((name) => ({
    name,
    fields: fieldsOf(KINDS[name].settings),
    providers: KINDS[name].providers,
  }));

/** Where a storage is, and as whom, is for those who set it up. What is wrong with one may name both. */
const withoutSettings = ({ error, ...item }: api.StorageItem): api.StorageItem => ({
  ...item,
  place: '',
  settings: {},
  ...(error && { error: { code: error.code, message: 'Whoever may change settings sees what is wrong.' } }),
});

const item = async (place: StoragesPlace, name: string): Promise<api.StorageItem> =>
  storageItem(await storageNamed(place, name));

export const arkStorages: Readonly<Record<string, Action>> = {
  list: action({
    methods: ['GET'],
    permission: 'view',
    summary:
      'The storages, the default one first; secrets are masked, and without the permission settings only names and kinds are told',
    answer: answers.StorageItem.array(),
    async run({ ark, may }) {
      const items = (await listStorages(placeOf(ark))).map(storageItem);
      return data(may('settings') ? items : items.map(withoutSettings));
    },
  }),

  kinds: action({
    methods: ['GET'],
    permission: 'view',
    summary: 'The kinds of storages: the fields of each, and what is known of services',
    answer: answers.StorageKind.array(),
    run: () => Promise.resolve(data(storageKinds())),
  }),

  create: action({
    methods: ['POST'],
    permission: 'settings',
    summary: 'Set up a storage; nothing is written to it',
    input: input.StorageBody,
    answer: answers.StorageItem,
    async run({ ark, input: { name, default: asDefault, ...settings } }) {
      const place = placeOf(ark);
      await createStorage(place, name, settings);
      if (asDefault) await setDefault(place.settings, name);
      return data(await item(place, name));
    },
  }),

  update: action({
    methods: ['POST'],
    permission: 'settings',
    summary: 'Change a storage; a secret that is masked or left out stays as it is',
    query: input.StorageNameQuery,
    input: input.StorageChangeBody,
    answer: answers.StorageItem,
    async run({ ark, query: { filterByTk: name }, input: body }) {
      const place = placeOf(ark);
      const { name: same = name, default: asDefault, ...settings } = body;
      if (same !== name) throw refused('field-name-kept', { field: 'name' });
      const before = await storageNamed(place, name);
      // Any storage may be the default one, also those whose settings are kept elsewhere, or cannot be read.
      const only = asDefault !== undefined && Object.keys(settings).length === 0;
      if (!only && (before.from === 'settings' || asDefault === undefined))
        await updateStorage(place, name, settings);
      if (asDefault !== undefined && asDefault !== before.default) {
        await setDefault(place.settings, asDefault ? name : BUILT_IN);
      }
      return data(await item(place, name));
    },
  }),

  destroy: action({
    methods: ['POST'],
    permission: 'settings',
    summary: 'Forget a storage; the backups in it stay where they are',
    query: input.StorageNameQuery,
    input: input.EmptyBody,
    answer: answers.Nothing,
    async run({ ark, query }) {
      await removeStorage(placeOf(ark), query.filterByTk);
      return data({});
    },
  }),

  test: action({
    methods: ['POST'],
    permission: 'settings',
    summary: 'Write, read, list and remove a probe; tells what is wrong, and which settings would work',
    query: input.StorageTestQuery,
    input: input.StorageTestBody,
    answer: answers.StorageTest,
    async run({ ark, query, input: { name: shown = 'new', ...entered } }) {
      const settings = { ...entered };
      delete settings.default;
      const place = placeOf(ark);
      const name = query.filterByTk ?? shown;
      const known = query.filterByTk === undefined ? undefined : await storageNamed(place, query.filterByTk);
      const kept = settings.kind === undefined && known ? asUsed(place, known) : undefined;
      const { record, limits } = kept ?? {
        record: parseRecord(withOldSecrets(settings, known?.record, place.seal)),
        limits: limitsOf(place),
      };
      const test = await examine(name, record, spoolFolder(place.dataFolder), limits);
      await rememberTest(ark.host, record, test, new Date());
      return data(test);
    },
  }),
};
