import { restoreSelection } from '../../src/client/restore/restoreSelection';
import { faultSaid, faultsOf, suspects } from '../../src/client/storages/storageFaults';
import {
  draftOf,
  inputOf,
  newDraft,
  withProposal,
  withProvider,
  type Draft,
} from '../../src/client/storages/storageForm';
import { variableOf } from '../../src/client/storages/storageText';
import { parseRecord } from '../../src/server/actions/storages/storageRecord';
import { MASK } from '../../src/server/secrets/mask';
import { readSettings } from '../../src/server/environment';
import type { StorageItem } from '../../src/server/api/api';
import { storageKinds } from '../../src/server/routes/resources/storages';
import { BackupError, refused, asBackupError } from '../../src/server/errors/errors';

const kind = (name: string) => storageKinds().find((kind) => kind.name === name)!;
const none: ReadonlySet<string> = new Set();
const typed = (draft: Draft, values: Draft['values']): Draft => ({
  ...draft,
  values: { ...draft.values, ...values },
});

describe('the form of a storage', () => {
  test.each(kind('s3').providers.map((provider) => provider.id))(
    'what it makes of %s is what the server takes',
    (id) => {
      const draft = typed(withProvider(newDraft(kind('s3')), id), {
        endpoint: id === 'aws' ? '' : 'https://s3.example.com',
        region: 'eu-central-1',
        bucket: 'my-backups',
        accessKeyId: 'AK',
        secretAccessKey: 'SK',
        partMb: '16',
      });
      expect(faultsOf({ ...draft, name: 'off-site' }, { taken: [], kept: none })).toEqual({});
      expect(parseRecord(inputOf(draft))).toMatchObject({ kind: 's3', provider: id, partMb: 16 });
    },
  );

  test.each(kind('webdav').providers.map((provider) => provider.id))('the same for %s', (id) => {
    const draft = withProvider(newDraft(kind('webdav')), id);
    const address = draft.values.url!.replace(/<[^>]*>/g, 'mine');
    const whole = typed(draft, { url: address === '' ? 'https://mine/' : address });
    expect(faultsOf({ ...whole, name: 'cloud' }, { taken: [], kept: none })).toEqual({});
    const known = kind('webdav').providers.find((provider) => provider.id === id)!;
    expect(parseRecord(inputOf(whole))).toMatchObject({ provider: id, volumeMb: known.presets.volumeMb });
  });

  test('another service takes along only what was not typed', () => {
    let draft = withProvider(newDraft(kind('webdav')), 'nutstore');
    expect(draft.values).toMatchObject({ volumeMb: '450', gapMs: '3000' });
    draft = withProvider(typed(draft, { volumeMb: '100', path: 'shop' }), 'koofr');
    expect(draft.values).toEqual({
      url: 'https://app.koofr.net/dav/Koofr/',
      auth: 'basic',
      volumeMb: '100',
      gapMs: '200',
      path: 'shop',
    });
  });

  test('a mask is never sent back as a secret', () => {
    const draft = draftOf(
      {
        name: 'cloud',
        kind: 'webdav',
        default: false,
        from: 'settings',
        place: '',
        settings: { url: 'https://mine/', user: 'me', password: MASK, volumeMb: 95 },
      },
      kind('webdav'),
    );
    expect(inputOf(draft)).toEqual({
      kind: 'webdav',
      provider: 'custom',
      url: 'https://mine/',
      user: 'me',
      auth: 'auto',
      volumeMb: 95,
    });
  });

  test('a service that takes files in folders only gets one, and what is kept stays where it is', () => {
    const known = { taken: [], kept: none };
    const draft = { ...withProvider(newDraft(kind('webdav')), 'nutstore'), name: 'cloud' };
    expect([draft.values.path, faultsOf(draft, known)]).toEqual(['ark', {}]);
    const missing = { path: { code: 'field-missing', field: 'path' } };
    expect(faultsOf(typed(draft, { path: ' ' }), known)).toEqual(missing);
    const inAddress = { path: '', url: `${draft.values.url}backups/` };
    expect(faultsOf(typed(draft, inAddress), known)).toEqual({});
    const settings = inputOf(typed(draft, inAddress)) as StorageItem['settings'];
    const facts = { name: 'cloud', kind: 'webdav', default: false, from: 'settings', place: '' } as const;
    expect(settings.path).toBe(undefined);
    expect(inputOf(draftOf({ ...facts, settings }, kind('webdav'))).path).toBe(undefined);
  });

  test('a proposal changes what it names', () => {
    const draft = typed(newDraft(kind('s3')), { region: 'wrong', bucket: 'b' });
    const next = withProposal(draft, { region: 'right', volumeMb: 2 });
    expect(next.values).toMatchObject({ region: 'right', bucket: 'b', volumeMb: '2' });
  });
});

describe('what is wrong with it', () => {
  const said = (input: Record<string, unknown>) => {
    try {
      parseRecord(input);
    } catch (error) {
      return faultSaid(error as BackupError, kind(String(input.kind)));
    }
    throw new Error('the server takes it');
  };
  const s3 = { kind: 's3', bucket: 'my-backups', accessKeyId: 'AK', secretAccessKey: 'SK' };

  test.each([
    [{ ...s3, region: 'eu', bucket: '' }, { bucket: { code: 'field-missing', field: 'bucket' } }],
    [{ ...s3, endpoint: 'https://<host>' }, { endpoint: { code: 'field-replace', field: 'endpoint' } }],
    [{ ...s3, endpoint: 'ftp://host' }, { endpoint: { code: 'field-address', field: 'endpoint' } }],
    [{ ...s3, endpoint: 'https://' }, { endpoint: { code: 'field-address', field: 'endpoint' } }],
    [{ kind: 'local', folder: 'here' }, { folder: { code: 'field-absolute', field: 'folder' } }],
    [{ kind: 'webdav', url: 'https://u:p@host' }, { url: { code: 'field-address-only', field: 'url' } }],
  ])('%j is told at its field', (input, faults) => {
    expect(said(input)).toEqual(faults);
  });

  test('what is about no field is told elsewhere', () => {
    const environment = refused('storage-environment', { name: 'cloud', variable: 'ARK_STORAGE_CLOUD' });
    expect(faultSaid(environment, kind('s3'))).toBe(undefined);
    expect(faultSaid(asBackupError(new Error('bucket: x')), kind('s3'))).toBe(undefined);
    expect(faultSaid(refused('field-missing', { field: 'folder' }), kind('s3'))).toBe(undefined);
    expect(faultSaid(refused('storage-taken', { name: 'cloud' }), kind('s3'))).toEqual({
      name: { code: 'storage-taken', name: 'cloud' },
    });
  });

  test('names', () => {
    const names = ['', 'a b', '-a', 'Local', 'off-site', '备份'];
    const known = { taken: ['local'], kept: none };
    const draft = typed(newDraft(kind('local')), { folder: '/mnt' });
    expect(names.map((name) => faultsOf({ ...draft, name }, known).name)).toEqual([
      { code: 'field-missing', field: 'name' },
      { code: 'field-name', field: 'name' },
      { code: 'field-name', field: 'name' },
      { code: 'storage-taken', name: 'Local' },
      undefined,
      undefined,
    ]);
  });

  test('a secret is needed unless one is kept', () => {
    const draft = { ...newDraft(kind('s3')), name: 'a' };
    expect(faultsOf(draft, { taken: [], kept: none })).toHaveProperty('secretAccessKey');
    expect(faultsOf(draft, { taken: [], kept: new Set(['secretAccessKey']) })).not.toHaveProperty(
      'secretAccessKey',
    );
  });

  test('a refused sign-in points at what was signed in with', () => {
    const check = { what: 'reach', state: 'failed', message: '', code: 'STORAGE_LOGIN_REFUSED' } as const;
    expect([...suspects([check], kind('webdav'))]).toEqual(['user', 'password']);
    expect([...suspects([{ ...check, code: 'STORAGE_UNAVAILABLE' }], kind('webdav'))]).toEqual([]);
  });
});

test('the variable of a storage is the one that the server reads', () => {
  const variable = variableOf('off-site');
  expect(readSettings({ [variable]: 's3://' }).storages).toMatchObject([{ name: 'off-site', variable }]);
});

describe('what is restored', () => {
  const all = [
    { name: 'fields', group: 'required' },
    { name: 'users', group: 'user' },
    { name: 'orders', group: 'custom' },
    { name: 'customers', group: 'custom' },
  ] as const;
  test.each([
    [['fields', 'users', 'orders', 'customers'], { all: true }],
    [['fields', 'orders', 'customers'], { groups: ['required', 'custom'] }],
    [['fields', 'orders'], { collections: ['fields', 'orders'] }],
    // A choice by groups would bring the required one along.
    [['orders', 'customers'], { collections: ['orders', 'customers'] }],
  ])('%j', (names, selection) => {
    expect(restoreSelection(all, new Set(names))).toEqual(selection);
  });
});
