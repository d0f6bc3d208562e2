import { join } from 'node:path';
import { listUndos, previewUndo } from '../../../src/server/actions/restore/undos';
import { restoreCommand } from '../../../src/server/commands/restore';
import { undoCommand } from '../../../src/server/commands/undo';
import { lostRows } from '../../../src/server/dumper/app/lost';
import type { Host } from '../../../src/server/host';
import { backUp, hostOf } from '../../helpers/ark';
import { digest } from '../../helpers/digest';
import { ownPlace } from '../../helpers/place';
import type { TestDatabase } from '../../helpers/postgres';
import { runCommand } from '../../helpers/terminal';

/**
 * An app is restored into an empty database, something else after it, and then the first of the two is undone: it takes
 * the whole app with it. Whoever does that reads so, and writes a name.
 */
const { data, database } = ownPlace();
const DEMO = join(__dirname, '..', '..', '..', 'assets', 'demo.ark');
const INSTANCE = 'the shop';

let app: TestDatabase;
let host: Host;
beforeAll(async () => {
  process.env.ARK_INSTANCE = INSTANCE;
  const source = await database(
    `CREATE TABLE parcels (id integer PRIMARY KEY); INSERT INTO parcels SELECT generate_series(1, 7)`,
  );
  await backUp(hostOf(source.url, data.folder, { ARK_INSTANCE: INSTANCE }), 'parcels');
  app = await database();
  host = hostOf(app.url, data.folder, { ARK_INSTANCE: INSTANCE });
});
afterAll(() => {
  delete process.env.ARK_INSTANCE;
});

const undo = (args: readonly string[], answer: string) =>
  runCommand(undoCommand, ['undo', ...args, '--database', app.url], data.folder, [answer]);

const tables = async () =>
  (
    await app.query<{ name: string }>(`SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'`)
  ).map((one) => one.name);

const rowsOf = async (table: string): Promise<number> =>
  (await app.query<{ n: number }>(`SELECT count(*)::int AS n FROM ONLY "${table}"`))[0]?.n ?? 0;

it('says what goes, asks for the name, and so does deleting what it kept', async () => {
  for (const [archive, more] of [
    [DEMO, ['--allow-code']],
    ['parcels.ark', []],
  ] as const) {
    const restored = await runCommand(
      restoreCommand,
      ['restore', archive, '--all', '--yes', ...more, '--database', app.url],
      data.folder,
      [],
    );
    expect(restored).toMatchObject({ exit: 0 });
  }
  const [second, first] = await listUndos(host);
  if (!first || !second) throw new Error('two restores keep two undos');
  await app.sql(
    `INSERT INTO "rolesUsers" ("createdAt", "updatedAt", "userId", "roleName") SELECT now(), now(), 4711, name FROM roles LIMIT 1`,
  );
  const before = await digest(app.url);

  // What is shown is what there is.
  const going = (await tables()).filter((name) => name !== 'parcels');
  const preview = await previewUndo(host, first);
  const aside = preview.collections.filter((collection) => collection.action === 'aside');
  expect(aside.length).toBeGreaterThan(100);
  expect(
    aside
      .filter((preview) => preview.rowsNow !== undefined)
      .map((preview) => preview.name)
      .sort(),
  ).toEqual(going.sort());
  for (const { name, kind, lostAtLeast } of aside)
    if (kind === 'table') expect({ name, lostAtLeast }).toEqual({ name, lostAtLeast: await rowsOf(name) });
  expect(preview).toMatchObject({ asksForName: true });
  const groups = new Set(aside.map((preview) => preview.group));
  for (const group of ['required', 'user', 'custom', 'log']) expect(groups).toContain(group);

  const question = [
    `${aside.length} collections go and nothing takes their place.`,
    `At least ${lostRows(preview.collections)} rows that came since go.`,
    `Write ${INSTANCE} to go on:`,
  ];
  for (const answer of ['y', '']) {
    const said = await undo([first.job], answer);
    expect(said).toMatchObject({ exit: 1, asked: [expect.any(String)] });
    for (const part of question) expect(said.asked[0]).toContain(part);
    for (const one of ['rolesUsers', 'roles']) expect(said.err).toContain(one);
  }
  expect(await digest(app.url)).toEqual(before);

  const done = await undo([first.job], INSTANCE);
  expect(done.exit).toBe(0);
  expect(await tables()).toEqual(['parcels']);

  const [kept] = await listUndos(host);
  expect(kept).toMatchObject({ action: 'undo', source: first.job });
  const dropped = await undo([kept?.job ?? '', '--drop'], 'n');
  expect(dropped).toMatchObject({ exit: 1 });
  expect(dropped.asked[0]).toMatch(/It is what was live until .*beside backups it is the only copy/);
  // The way back names what it brings, and nothing of now goes.
  expect((await previewUndo(host, kept ?? first)).asksForName).toBe(false);
  expect((await undo([kept?.job ?? ''], 'y')).exit).toBe(0);
  expect(await digest(app.url)).toEqual(before);
});
