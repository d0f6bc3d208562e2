import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ownFingerprints } from '../../src/server/actions/trust/instanceKey';
import { findArchive } from '../../src/server/actions/backups/findBackup';
import { previewBackup } from '../../src/server/actions/restore/previewBackup';
import { restoreBackup } from '../../src/server/actions/restore/restoreBackup';
import { addTrusted } from '../../src/server/actions/trust/trust';
import { findUndo, previewUndo } from '../../src/server/actions/restore/undos';
import { restoreCommand } from '../../src/server/commands/restore';
import { undoCommand } from '../../src/server/commands/undo';
import type { Host } from '../../src/server/host';
import { backUp, hostOf } from '../helpers/ark';
import { digest } from '../helpers/digest';
import { putTogetherOld, takenApart } from '../helpers/forged';
import { ownPlace } from '../helpers/place';
import type { TestDatabase } from '../helpers/postgres';
import { runCommand } from '../helpers/terminal';

/** When a yes is enough for a restore, and when the name has to be written. */
const { data, database } = ownPlace();
const folders: string[] = [];
let app: TestDatabase;
let host: Host;
const SCHEMA = `
  CREATE TABLE customers (id integer PRIMARY KEY, name text);
  CREATE TABLE orders (id integer PRIMARY KEY, customer integer REFERENCES customers);
  INSERT INTO customers VALUES (1, 'Ann'), (2, 'Bob');
  INSERT INTO orders VALUES (1, 1);
  CREATE VIEW best AS SELECT name FROM customers;`;
const INSTANCE = 'the shop';
const named = { ARK_INSTANCE: INSTANCE };

beforeAll(async () => {
  process.env.ARK_INSTANCE = INSTANCE;
  app = await database(SCHEMA);
  host = hostOf(app.url, data.folder, named);
  await backUp(host, 'own');
});
afterAll(async () => {
  delete process.env.ARK_INSTANCE;
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});
/** As the backup has it. */
beforeEach(async () => {
  await app.sql(`DROP SCHEMA public CASCADE; CREATE SCHEMA public; ${SCHEMA}`);
});

const look = async (name: string, here = host) =>
  previewBackup(here, await findArchive(here, `${name}.ark`), { all: true });

/** The same made by another instance, kept here under that name. */
async function madeElsewhere(name: string, url = app.url): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ark-elsewhere-'));
  folders.push(folder);
  const other = hostOf(url, folder, named);
  await backUp(other, name);
  await writeFile(
    join(data.folder, 'backups', `${name}.ark`),
    await readFile(join(folder, 'backups', `${name}.ark`)),
  );
  return (await ownFingerprints(other))[0] ?? '';
}

describe('the preview asks for a name', () => {
  it('not for what this instance has made, where nothing of now is lost and no code is new', async () => {
    expect(await look('own')).toMatchObject({ asksForName: false, maker: { kind: 'own' } });
    // Less is there than was: it comes back.
    await app.sql(`DELETE FROM orders; UPDATE customers SET name = 'Cy'`);
    expect((await look('own')).asksForName).toBe(false);
    await app.sql('DROP TABLE orders');
    expect((await look('own')).asksForName).toBe(false);
  });

  it.each([
    ['a row of now is lost', `INSERT INTO customers VALUES (3, 'new')`],
    ['a collection of now goes aside', `CREATE TABLE more (PRIMARY KEY (id)) INHERITS (customers)`],
    ['code comes that is not here', 'DROP VIEW best'],
    [
      'code comes that reads differently here',
      'CREATE OR REPLACE VIEW best AS SELECT name FROM customers WHERE id > 0',
    ],
    [
      'something would not work any more',
      `ALTER TABLE customers ADD COLUMN extra text; CREATE VIEW odd AS SELECT extra FROM customers`,
    ],
  ])('where %s', async (_, change) => {
    await app.sql(change);
    expect((await look('own')).asksForName).toBe(true);
  });

  it('for what is made by a stranger, by one who is trusted, by nobody known, or for another instance', async () => {
    const fingerprint = await madeElsewhere('theirs');
    expect(await look('theirs')).toMatchObject({ asksForName: true, maker: { kind: 'stranger' } });
    await addTrusted(host, { fingerprint, name: 'The house' }, new Date());
    expect(await look('theirs')).toMatchObject({ asksForName: true, maker: { kind: 'trusted' } });
    const { manifest, data: entries } = await takenApart(
      await readFile(join(data.folder, 'backups', 'own.ark')),
    );
    await writeFile(
      join(data.folder, 'backups', 'unsigned.ark'),
      await putTogetherOld({ manifest, data: entries }),
    );
    expect(await look('unsigned')).toMatchObject({ asksForName: true, maker: { kind: 'unknown' } });
    // One key may serve several instances, and a backup of one is not meant for the other.
    const neighbour = hostOf(app.url, data.folder, { ARK_INSTANCE: 'next door' });
    expect(await look('own', neighbour)).toMatchObject({ asksForName: true, maker: { kind: 'own' } });
  });

  it('of an undo by the same measure', async () => {
    const archive = await findArchive(host, 'own.ark');
    await restoreBackup(host, archive, 'own.ark', { selection: { all: true }, allowBreaks: false });
    const undo = await findUndo(host);
    expect((await previewUndo(host, undo)).asksForName).toBe(false);
    await app.sql(`INSERT INTO customers VALUES (3, 'new')`);
    expect((await previewUndo(host, undo)).asksForName).toBe(true);
  });
});

describe('at the terminal', () => {
  const restore = (name: string, ...answers: string[]) =>
    runCommand(
      restoreCommand,
      ['restore', `${name}.ark`, '--all', '--database', app.url],
      data.folder,
      answers,
    );

  it('a yes is enough for it, and Enter alone is none', async () => {
    const before = await digest(app.url);
    for (const answer of ['', ' ', 'n', INSTANCE]) {
      const { exit, asked } = await restore('own', answer);
      expect([exit, asked]).toEqual([1, [expect.stringMatching(/^Replace 3 collections .*\[y\/N\]$/)]]);
    }
    expect(await digest(app.url)).toEqual(before);
    expect(await restore('own', 'y')).toMatchObject({ exit: 0 });
  });

  it('where rows go a yes is not enough: the name of this instance is, which the question says', async () => {
    await app.sql(`INSERT INTO customers VALUES (3, 'new'), (4, 'newer')`);
    const before = await digest(app.url);
    for (const answer of ['', 'y', 'yes']) expect(await restore('own', answer)).toMatchObject({ exit: 1 });
    expect(await digest(app.url)).toEqual(before);
    const { exit, asked } = await restore('own', INSTANCE);
    expect(exit).toBe(0);
    expect(asked).toEqual([
      expect.stringMatching(
        /^Replace 3 collections .* At least 2 rows of now go\. Write the shop to go on:$/,
      ),
    ]);
  });

  it('code that is new is said, whoever made the backup', async () => {
    await madeElsewhere('strange');
    await app.sql('DROP VIEW best');
    const own = await restore('own', 'y');
    expect(own).toMatchObject({ exit: 1, asked: [expect.stringContaining('code that is not here yet')] });
    const theirs = await restore('strange', 'y', 'y');
    // They are asked about the code first, and then have to write whose backup it is.
    expect(theirs).toMatchObject({
      exit: 1,
      asked: [
        expect.stringMatching(/not trusted here.*\[y\/N\]$/),
        expect.stringMatching(/calls itself a backup of the shop; .* Write the shop to go on:$/),
      ],
    });
  });

  it('so with an undo', async () => {
    await restore('own', 'y');
    const undo = (answer: string) =>
      runCommand(undoCommand, ['undo', '--database', app.url], data.folder, [answer]);
    await app.sql(`INSERT INTO customers VALUES (3, 'new')`);
    const { exit, asked } = await undo('y');
    expect([exit, asked]).toEqual([
      1,
      [expect.stringMatching(/At least 1 rows .*Write the shop to go on:$/)],
    ]);
    await app.sql('DELETE FROM customers WHERE id = 3');
    expect((await undo('')).exit).toBe(1);
    expect(await undo('y')).toMatchObject({ exit: 0, asked: [expect.stringMatching(/\[y\/N\]$/)] });
  });
});
