import { MASK } from '../../src/server/secrets/mask';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import {
  maskRecord,
  openRecord,
  parseRecord,
  sealRecord,
} from '../../src/server/actions/storages/storageRecord';
import { withOldSecrets } from '../../src/server/actions/storages/storageRecord';
import { storageKinds } from '../../src/server/routes/resources/storages';
import { recordOfUrl } from '../../src/server/actions/storages/storageUrl';
import { sealWith } from '../../src/server/secrets/seal';
import { KIND_NAMES, KINDS, kindOf, type KindName } from '../../src/server/storage/kinds';

const ROOT = join(__dirname, '..', '..');
const read = (...path: string[]) => readFileSync(join(ROOT, ...path), 'utf8');
const sources = (folder: string) =>
  readdirSync(join(ROOT, 'src', folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file))
    .map((file) => join(folder, file).split(sep).join('/'));
const files = [...sources('server'), ...sources('client')];
const at = (kind: string) => `server/storage/${kind}/`;
const TABLE = 'server/storage/kinds.ts';

/** Words that are also something else, where they are. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'server/actions/storages/storages.ts local': 'the name of the storage that is always there',
  'server/dumper/files/folders.ts local': "NocoBase's own word for its file storages",
  'server/dumper/legacy/nbdata/files.ts local': "NocoBase's own word for its file storages",
  'server/dumper/takeBack/files.ts local': "NocoBase's own word for its file storages",
  'server/errors/reasons.ts webdav': 'the protocol, in what is said of a server that does not speak it',
  'server/errors/storageDetails.ts webdav':
    'the protocol, in what is said of a server that does not speak it',
  'server/errors/storageDetails.ts sftp': 'the protocol, in what is said of a server that does not speak it',
};
/** Who may use a kind without asking the table. */
const ALSO: Readonly<Record<string, string>> = {
  'server/actions/storages/storages.ts local': 'the folder that is always there',
  'server/actions/backups/createBackup.ts local': 'a backup into a file',
};

describe.each(KIND_NAMES)('%s', (kind) => {
  test('its name is in its folder and in the table, and nowhere else in the program', () => {
    // A word of everyday is looked for where it is a value.
    const word = kind === 'local' ? /['"`]local['"`]/ : new RegExp(kind, 'i');
    const found = files.filter(
      (file) => file !== TABLE && !file.startsWith(at(kind)) && word.test(read('src', file)),
    );
    expect(found.filter((file) => ELSEWHERE[`${file} ${kind}`] === undefined)).toEqual([]);
  });

  test('nothing but the table imports its folder', () => {
    const found = files.filter((file) =>
      [...read('src', file).matchAll(/(?:from |import\()'(\.[^']+)'/g)].some(([, target = '']) =>
        relative(join(ROOT, 'src'), resolve(ROOT, 'src', dirname(file), target))
          .split(sep)
          .join('/')
          .startsWith(at(kind)),
      ),
    );
    const others = found.filter((file) => file !== TABLE && !file.startsWith(at(kind)));
    expect(others.filter((file) => ALSO[`${file} ${kind}`] === undefined)).toEqual([]);
  });

  test('the page has words for it and for each of its fields, the documentation too', () => {
    const english = JSON.parse(read('src', 'locale', 'en-US.json')) as Record<string, string>;
    const { fields, providers } = storageKinds().find((one) => one.name === kind)!;
    const wanted = [
      `storage.kind.${kind}`,
      `storage.about.${kind}`,
      ...fields.map(({ name }) => `storage.field.${name}`),
    ];
    expect(wanted.filter((key) => english[key] === undefined)).toEqual([]);
    const docs = read('docs', 'storages.md');
    const named = [
      ...fields.map((field) => field.name),
      ...providers.map((provider) => provider.id),
      KINDS[kind].schemes[0]!,
    ];
    expect(named.filter((word) => !new RegExp(`\`${word}(?:\`|//)|'${word}//`).test(docs))).toEqual([]);
  });

  test('what its services need is what it takes', () => {
    const { providers, settings } = KINDS[kind];
    const names = Object.keys(settings.shape);
    for (const { presets } of providers) {
      expect(Object.keys(presets).filter((field) => !names.includes(field))).toEqual([]);
      for (const [field, value] of Object.entries(presets)) {
        // What is in <> is the admin's own, and nothing means: as it is.
        const whole = typeof value === 'string' ? value.replace(/<[^>]*>/g, 'mine') : value;
        if (whole !== '') expect([field, sample(kind, { [field]: whole })[field]]).toEqual([field, whole]);
      }
    }
  });
});

/** Every field filled with something it takes. */
const SAMPLES: Readonly<Record<KindName, Readonly<Record<string, string>>>> = {
  local: { folder: '/mnt/backups' },
  s3: { endpoint: 'https://s3.example.com', bucket: 'backups', accessKeyId: 'AK', secretAccessKey: 'S K' },
  webdav: { url: 'https://cloud.example.com/dav/', user: 'u', password: 'S K' },
  sftp: { host: 'backup.example.com', user: 'u', password: 'S K' },
};
const sample = (kind: KindName, more: Readonly<Record<string, unknown>> = {}) =>
  parseRecord({ kind, ...SAMPLES[kind], ...more }) as Readonly<Record<string, unknown>> &
    ReturnType<typeof parseRecord>;

describe.each(KIND_NAMES)('the secrets of %s', (kind) => {
  const secrets = storageKinds()
    .find((one) => one.name === kind)!
    .fields.filter((field) => field.secret)
    .map((field) => field.name);
  const record = sample(kind, Object.fromEntries(secrets.map((name) => [name, `the ${name}`])));

  test('are sealed where they are kept, opened with the key, masked where they are shown', () => {
    const seal = sealWith('the key of the app');
    const sealed = sealRecord(record, seal);
    for (const name of secrets)
      expect(JSON.stringify([sealed, maskRecord(record)])).not.toContain(`the ${name}`);
    expect(openRecord(sealed, seal)).toEqual(record);
    expect(maskRecord(record)).toEqual({
      ...record,
      ...Object.fromEntries(secrets.map((name) => [name, MASK])),
    });
    expect(kindOf(record).place(record)).not.toMatch(/the \w+/);
  });

  test('stay when they are masked or left out, and go to no other server', () => {
    const seal = sealWith('the key of the app');
    const kept = sealRecord(record, seal);
    const masked = { ...maskRecord(record) };
    expect(parseRecord(withOldSecrets(masked, kept, seal))).toEqual(record);
    const left = Object.fromEntries(Object.entries(record).filter(([name]) => !secrets.includes(name)));
    expect(parseRecord(withOldSecrets(left, kept, seal))).toEqual(record);
    if (secrets.length === 0) return;
    const addresses = storageKinds()
      .find((one) => one.name === kind)!
      .fields.filter((field) => field.address);
    expect(addresses).not.toEqual([]);
    for (const { name } of addresses)
      for (const given of [masked, left])
        expect(() => withOldSecrets({ ...given, [name]: 'https://evil.example' }, kept, seal)).toThrow(
          /changed/,
        );
  });
});

describe.each(KIND_NAMES)('somebody who has read what is sealed, and may set up a storage of %s', (kind) => {
  test('has nothing opened by entering it', () => {
    const seal = sealWith('the key of the app');
    const stolen = seal.close('the key of the instance');
    const { fields } = storageKinds().find((one) => one.name === kind)!;
    for (const { name } of fields.filter((field) => field.secret)) {
      const entered = parseRecord(withOldSecrets({ ...sample(kind), [name]: stolen }, undefined, seal));
      expect(openRecord(sealRecord(entered, seal), seal)).toMatchObject({ [name]: stolen });
    }
  });
});

test('each kind has URLs of its own, and its example is one', () => {
  const schemes = KIND_NAMES.flatMap((kind) => KINDS[kind].schemes);
  expect(new Set(schemes).size).toBe(schemes.length);
  for (const kind of KIND_NAMES) {
    const url = KINDS[kind].example.replace('…', 'eu-central-1').replace('/bucket', '/backups');
    expect(recordOfUrl(url, 'X').kind).toBe(kind);
    expect(KINDS[kind].schemes).toContain(new URL(url).protocol);
  }
});

test('an unknown kind is told with those that there are', () => {
  expect(() => parseRecord({ kind: 'toString' })).toThrow(`kind: One of: ${KIND_NAMES.join(', ')}`);
  for (const kind of KIND_NAMES)
    expect(() => recordOfUrl('ftp://host', '--url')).toThrow(KINDS[kind].example);
});
