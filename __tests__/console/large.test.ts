import { copyFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BackupItem, LiveCollection, Started } from '../../src/server/api/api';
import { testConsole, type TestConsole } from '../helpers/console';
import { newDatabase, type TestDatabase } from '../helpers/postgres';

const COLLECTIONS = 1000;
const BACKUPS = 500;

let database: TestDatabase;
let ark: TestConsole;
beforeAll(async () => {
  database = await newDatabase();
  await database.sql(
    `DO $$ BEGIN FOR i IN 1..${COLLECTIONS} LOOP EXECUTE format('CREATE TABLE t%s (id serial PRIMARY KEY, v text)', i); END LOOP; END $$`,
  );
  ark = await testConsole(database.url);
});
afterAll(async () => {
  await ark.stop();
  await database.drop();
});

const timed = async <T>(what: string, work: () => Promise<T>): Promise<{ value: T; ms: number }> => {
  const began = performance.now();
  const value = await work();
  const ms = Math.round(performance.now() - began);
  process.stdout.write(`${what}: ${ms} ms\n`);
  return { value, ms };
};

it(`${COLLECTIONS} collections and ${BACKUPS} backups stay quick`, async () => {
  const live = await timed('live collections', () => ark.get<LiveCollection[]>('arkCollections:list'));
  expect(live.value).toHaveLength(COLLECTIONS);
  await timed('system', () => ark.get('arkSystem:get'));

  const { job } = await ark.post<Started>('arkBackups:create', {}, { name: 'b' });
  await timed('backup', () => ark.ended(job.id));
  const folder = join(ark.folder, 'backups');
  for (let i = 1; i < BACKUPS; i += 1) {
    const copy = join(folder, `b${i}.ark`);
    await copyFile(join(folder, 'b.ark'), copy);
    await utimes(copy, i, i);
  }
  const list = () => ark.get<BackupItem[]>('arkBackups:list');
  const first = await timed('first list', list);
  expect(first.value).toHaveLength(BACKUPS);
  // What was read once is not read again, whatever is in it now.
  const { size } = await stat(join(folder, 'b8.ark'));
  for (let i = 8; i < BACKUPS; i += 1) {
    const copy = join(folder, `b${i}.ark`);
    await writeFile(copy, Buffer.alloc(size));
    await utimes(copy, i, i);
  }
  const second = await timed('second list', list);
  expect(second.value).toEqual(first.value);

  await timed('detail', () => ark.get('arkBackups:get', { filterByTk: 'b7.ark' }));
  await ark.post('arkBackups:destroy', { filterByTk: 'b7.ark' });
  expect(await list()).toHaveLength(BACKUPS - 1);
});
