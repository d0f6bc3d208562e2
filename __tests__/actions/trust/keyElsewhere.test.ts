import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { catalog } from '../../../src/server/actions/backups/catalog';
import { createBackup } from '../../../src/server/actions/backups/createBackup';
import { renewInstance } from '../../../src/server/actions/backups/copied';
import { safetyOf } from '../../../src/server/actions/system/safety';
import { sayKeyElsewhere } from '../../../src/server/actions/trust/keyElsewhere';
import type { Host } from '../../../src/server/host';
import { hostOf } from '../../helpers/ark';
import { ownPlace } from '../../helpers/place';

/** An app with an AES key and plain backups: not safe until somebody says where the key is, and of which key. */
const { data, database } = ownPlace();
const NOTHING = { groups: [], files: false, aesKey: false };

let apps = 0;
async function newApp() {
  const { url } = await database('CREATE TABLE orders (id int); INSERT INTO orders VALUES (1);');
  const storage = join(data.folder, `app-${(apps += 1)}`);
  const key = join(storage, 'apps', 'main', 'aes_key.dat');
  const newKey = async () => {
    await mkdir(dirname(key), { recursive: true });
    await writeFile(key, randomBytes(32));
  };
  await newKey();
  const open = (): Host => ({ ...hostOf(url, join(storage, 'ark'), { STORAGE_PATH: storage }), user: 'Ada' });
  const host = open();
  const known = catalog(join(storage, 'cache.json'));
  await createBackup(host, { selection: {}, to: { storage: 'local', name: 'plain' } });
  return {
    host,
    open,
    key,
    newKey,
    safety: async (of: Host = host) => {
      const { notBackedUp, keyElsewhere } = await safetyOf(of, known, new Date());
      return { notBackedUp, keyElsewhere };
    },
  };
}
const MISSED = { notBackedUp: { ...NOTHING, aesKey: true }, keyElsewhere: undefined };

it('it is safe once somebody says that he keeps the key, and says who and since when', async () => {
  const { host, open, safety } = await newApp();
  expect(await safety()).toEqual(MISSED);
  const now = new Date('2026-11-21T08:00:00.000Z');
  const said = { since: now.toISOString(), by: 'Ada' };
  expect(await sayKeyElsewhere(host, true, now)).toEqual({ keyElsewhere: said });
  for (const one of [host, open()])
    expect(await safety(one)).toEqual({ notBackedUp: NOTHING, keyElsewhere: said });
  expect(await sayKeyElsewhere(host, false, now)).toEqual({});
  expect(await safety()).toEqual(MISSED);
  // Taking back what was not said is no error.
  expect(await sayKeyElsewhere(host, false, now)).toEqual({});
});

it('it was said of one key: of a new one it is asked again', async () => {
  const { host, newKey, safety } = await newApp();
  await sayKeyElsewhere(host, true, new Date());
  await newKey();
  expect(await safety()).toEqual(MISSED);
});

it('it was said of one instance: in a copy of it, it is asked again', async () => {
  const { host, safety } = await newApp();
  await sayKeyElsewhere(host, true, new Date());
  await renewInstance(host, new Date());
  expect((await safety()).keyElsewhere).toBeUndefined();
});

it('nobody keeps a key that there is not', async () => {
  const { host, key, safety } = await newApp();
  await sayKeyElsewhere(host, true, new Date());
  await rm(key);
  expect(await safety()).toEqual({ notBackedUp: NOTHING, keyElsewhere: undefined });
  await expect(sayKeyElsewhere(host, true, new Date())).rejects.toMatchObject({ code: 'USAGE' });
});

it('the key itself is nowhere in what is kept', async () => {
  const { host, key } = await newApp();
  await sayKeyElsewhere(host, true, new Date());
  const bytes = await readFile(key);
  const text = JSON.stringify(await host.settings.list('settings'));
  for (const way of ['hex', 'base64', 'latin1'] as const) expect(text).not.toContain(bytes.toString(way));
  expect(text).toContain('key elsewhere');
});
