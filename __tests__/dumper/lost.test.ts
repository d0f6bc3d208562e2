import { RestoreBody, UndoBody } from '../../src/server/api/input';
import { applyUndo, findUndo, listUndos, previewUndo } from '../../src/server/actions/restore/undos';
import { previewBackup } from '../../src/server/actions/restore/previewBackup';
import { restoreBackup } from '../../src/server/actions/restore/restoreBackup';
import type { Archive } from '../../src/server/dumper/archive/archive';
import {
  lossesOf,
  lostAtLeast,
  lostRows,
  refuseMoreLost,
  type Losses,
} from '../../src/server/dumper/app/lost';
import type { Undo } from '../../src/server/dumper/dialect';
import type { Host } from '../../src/server/host';
import { backUp, hostOf } from '../helpers/ark';
import { digest } from '../helpers/digest';
import systemCollections from '../../src/server/collections/nocobase.json';
import { bookkeeping, tableName, type AppFacts } from '../../src/server/dumper/app/groups';
import { ownPlace } from '../helpers/place';

const { data, database } = ownPlace();

const CUSTOMERS = `
  CREATE TABLE customers (id integer PRIMARY KEY, name text, "createdAt" timestamptz, "updatedAt" timestamp);
  INSERT INTO customers SELECT i, 'customer ' || i, now() - interval '1 day', now() - interval '1 day' FROM generate_series(1, 400) i;`;

const restore = (host: Host, archive: Archive, name: string, acceptLost?: Losses) =>
  restoreBackup(host, archive, name, { selection: {}, allowBreaks: false, acceptLost });

describe('what would be lost', () => {
  it.each([
    ['newer rows', { rowsNow: 12, rowsInBackup: 10, createdSince: 2 }, 2],
    ['rows without a fresh date', { rowsNow: 42, rowsInBackup: 10, createdSince: 5 }, 32],
    ['as many as before, some of them new', { rowsNow: 10, rowsInBackup: 10, createdSince: 3 }, 3],
    ['fewer than before', { rowsNow: 3, rowsInBackup: 10 }, 0],
    ['a guess is no count', { rowsNow: 4000, rowsNowGuessed: true, rowsInBackup: 10 }, 0],
    ['nothing takes its place', { action: 'aside' as const, rowsNow: 7 }, 7],
    ['a view', {}, undefined],
    ['it is not there yet', { action: 'create' as const, rowsInBackup: 7 }, undefined],
  ])('%s', (_, row, expected) => {
    expect(lostAtLeast({ action: 'replace', ...row })).toBe(expected);
  });

  it('is never said to be less than arithmetic knows, whatever dates the rows bear', async () => {
    const app = await database(CUSTOMERS);
    const host = hostOf(app.url, data.folder);
    const archive = await backUp(host, 'customers');
    const look = async () => (await previewBackup(host, archive, {})).collections[0];

    expect(await look()).toMatchObject({ createdSince: 0, changedSince: 0, undated: 0, lostAtLeast: 0 });
    await app.sql(`UPDATE customers SET "updatedAt" = now() + interval '1 minute' WHERE id <= 200`);
    expect(await look()).toMatchObject({ changedSince: 200, lostAtLeast: 0 });
    await app.sql(`INSERT INTO customers SELECT i, 'plain' FROM generate_series(401, 430) i`);
    expect(await look()).toMatchObject({ createdSince: 0, undated: 30, lostAtLeast: 30 });
    await app.sql(`
      INSERT INTO customers SELECT i, 'imported', '2020-01-01' FROM generate_series(431, 437) i;
      INSERT INTO customers SELECT i, 'new', now() + interval '1 minute', now() + interval '1 minute' FROM generate_series(438, 442) i`);
    // What was created since is not counted among what was changed.
    expect(await look()).toMatchObject({ rowsNow: 442, createdSince: 5, changedSince: 200, lostAtLeast: 42 });
  });

  it('is counted again before the swap: rows that came meanwhile stop it', async () => {
    const app = await database(CUSTOMERS);
    const host = hostOf(app.url, data.folder);
    const archive = await backUp(host, 'renewed');
    await app.sql(`INSERT INTO customers VALUES (1001, 'seen', now())`);
    const shown = lostRows((await previewBackup(host, archive, {})).collections);
    expect(shown).toBe(1);
    await app.sql(`INSERT INTO customers VALUES (1002, 'not seen', now())`);
    const before = await digest(app.url);
    await expect(restore(host, archive, 'renewed.ark', { customers: shown })).rejects.toMatchObject({
      code: 'MORE_WOULD_BE_LOST',
      message: expect.stringContaining('at least 2 rows of customers, and 1 when you looked') as string,
    });
    expect(await digest(app.url)).toEqual(before);
    expect(await listUndos(host)).toEqual([]);
    await restore(host, archive, 'renewed.ark', { customers: 2 });
    expect(await app.query('SELECT count(*)::int AS n FROM customers')).toEqual([{ n: 400 }]);
  });
});

describe('what is agreed to is agreed to of each collection', () => {
  const TABLES = ['first', 'second', 'third'];
  const SQL = TABLES.map((name) => `CREATE TABLE ${name} (id integer PRIMARY KEY);`).join('\n');
  /** Goes aside, and nothing takes its place. */
  const ASIDE = 'CREATE TABLE third_part () INHERITS (third);';

  it.each(['restore', 'undo'])('a %s of which another would lose less', async (what) => {
    const app = await database(SQL);
    const host = hostOf(app.url, data.folder);
    const archive = await backUp(host, `each-${what}`);
    await restore(host, archive, 'each.ark');
    const rows = (counts: readonly number[]) =>
      app.sql(
        TABLES.map(
          (name, at) =>
            `TRUNCATE ${name}; INSERT INTO ${name} SELECT generate_series(1, ${counts[at] ?? 0});`,
        ).join('\n'),
      );
    const undo = await findUndo(host);
    const look = async () =>
      lossesOf(
        (what === 'restore' ? await previewBackup(host, archive, {}) : await previewUndo(host, undo))
          .collections,
      );
    const go = (acceptLost: Losses) =>
      what === 'restore'
        ? restore(host, archive, 'each.ark', acceptLost)
        : applyUndo(host, undo, { allowBreaks: false, acceptLost });

    await rows([10, 10, 0]);
    const shown = await look();
    expect(shown).toEqual({ first: 10, second: 10 });
    // Fewer in all, and each time more of one: of one that was named, and of one that was not.
    for (const [counts, name, lost, agreed] of [
      [[0, 11, 0], 'second', 11, 10],
      [[11, 0, 0], 'first', 11, 10],
      [[0, 0, 1], 'third', 1, 0],
    ] as const) {
      await rows(counts);
      const before = await digest(app.url);
      await expect(go(shown)).rejects.toMatchObject({
        code: 'MORE_WOULD_BE_LOST',
        message: expect.stringContaining(
          `at least ${lost} ${lost === 1 ? 'row' : 'rows'} of ${name}, and ${agreed} when you looked`,
        ) as string,
        now: { [name]: lost },
      });
      expect(await digest(app.url)).toEqual(before);
    }
    await rows([10, 3, 0]);
    await go(shown);
  });

  it('also of one that goes aside with a table that is replaced', async () => {
    const app = await database(SQL);
    const host = hostOf(app.url, data.folder);
    const archive = await backUp(host, 'each-aside');
    await app.sql(`${ASIDE} INSERT INTO third_part VALUES (1), (2)`);
    const shown = lossesOf((await previewBackup(host, archive, {})).collections);
    expect(shown).toMatchObject({ third_part: 2 });
    await app.sql('INSERT INTO third_part VALUES (3)');
    await expect(restore(host, archive, 'each.ark', { ...shown, first: 100 })).rejects.toMatchObject({
      code: 'MORE_WOULD_BE_LOST',
    });
  });

  it('a number for all of them is no answer any more, and the API says what is', () => {
    for (const body of [RestoreBody, UndoBody]) {
      const { error } = body.safeParse({ acceptLost: 3 });
      expect(error?.issues[0]?.message).toContain('the rows that each collection may lose');
      expect(body.safeParse({ acceptLost: { constructor: 1, orders: 2 } }).success).toBe(true);
      expect(body.safeParse({ acceptLost: { orders: -1 } }).success).toBe(false);
    }
  });

  it.each(['constructor', 'toString', '__proto__'])('a collection that is called %s', (name) => {
    const row = { name, lostAtLeast: 1 };
    expect(() => refuseMoreLost({}, [row])).toThrow(/at least 1 row of/);
    refuseMoreLost(lossesOf([row]), [row]);
  });
});

describe('what an app writes by itself', () => {
  const NOCOBASE = `
    CREATE TABLE "applicationVersion" (value text);
    INSERT INTO "applicationVersion" VALUES ('2.2.15');
    CREATE TABLE "applicationPlugins" (name text, "packageName" text, version text, enabled boolean);
    CREATE TABLE collections (name text, title text, options json);
    INSERT INTO collections VALUES ('orders', 'Orders', '{}');
    CREATE TABLE fields (key text, "collectionName" text, options json);
    CREATE TABLE orders (id integer PRIMARY KEY);
    CREATE TABLE users (id integer PRIMARY KEY);
    CREATE TABLE "issuedTokens" (id integer PRIMARY KEY);
    CREATE TABLE "tokenBlacklist" (id integer PRIMARY KEY);
    CREATE TABLE executions (id integer PRIMARY KEY);`;
  const SIGN_IN = `
    INSERT INTO "issuedTokens" SELECT coalesce(max(id), 0) + 1 FROM "issuedTokens";
    INSERT INTO "tokenBlacklist" SELECT coalesce(max(id), 0) + 1 FROM "tokenBlacklist";
    INSERT INTO executions SELECT coalesce(max(id), 0) + 1 FROM executions;`;

  it('stops no restore and no undo; what people enter meanwhile does', async () => {
    const app = await database(NOCOBASE);
    const host = hostOf(app.url, data.folder);
    const archive = await backUp(host, 'nocobase');
    const look = () => previewBackup(host, archive, { all: true });
    const go = (acceptLost: Losses) =>
      restoreBackup(host, archive, 'nocobase.ark', {
        selection: { all: true },
        allowBreaks: false,
        acceptLost,
      });
    await app.sql(SIGN_IN);
    const { collections, asksForName } = await look();
    const tokens = collections.find((collection) => collection.name === 'issuedTokens');
    // It is shown beside its collection all the same.
    expect(tokens).toMatchObject({ lostAtLeast: 1, bookkeeping: true });
    expect([lostRows(collections), asksForName]).toEqual([0, false]);
    await app.sql(SIGN_IN);
    await go({});
    for (const table of ['orders', 'users']) {
      await app.sql(`${SIGN_IN} INSERT INTO ${table} VALUES (1)`);
      expect(lostRows((await look()).collections)).toBe(1);
      await expect(go({})).rejects.toMatchObject({ code: 'MORE_WOULD_BE_LOST' });
      const undo = await findUndo(host);
      await app.sql(SIGN_IN);
      const preview = await previewUndo(host, undo);
      expect([lostRows(preview.collections), preview.asksForName]).toEqual([1, true]);
      await expect(applyUndo(host, undo, { allowBreaks: false, acceptLost: {} })).rejects.toMatchObject({
        code: 'MORE_WOULD_BE_LOST',
      });
      await go({ [table]: 1 });
    }
    await app.sql(SIGN_IN);
    await applyUndo(host, await findUndo(host), { allowBreaks: false, acceptLost: {} });
  });

  it('is told by what the app is, whatever its tables are called, and never of what users made', () => {
    for (const naming of [
      { tablePrefix: '', underscored: false },
      { tablePrefix: 'nb_', underscored: true },
    ]) {
      const custom = new Map([['executed', { collection: 'executed' }]]);
      const facts: AppFacts = { ...naming, custom };
      const isOne = bookkeeping(facts);
      const found = Object.keys(systemCollections).filter((name) => isOne(tableName(name, naming)));
      expect(found).toEqual(
        expect.arrayContaining(['issuedTokens', 'tokenBlacklist', 'executions', 'jobs', 'migrations']),
      );
      for (const name of [
        'users',
        'roles',
        'collections',
        'fields',
        'workflows',
        'attachments',
        'aiMessages',
      ])
        expect(found).not.toContain(name);
      for (const table of ['executed', 'my_issuedTokens', 'nowhere']) expect(isOne(table)).toBe(false);
    }
    expect(bookkeeping(undefined)('tokenBlacklist')).toBe(false);
  });
});

describe('an undo', () => {
  it('shows the rows that came since, and stops when there are more than were shown', async () => {
    const app = await database(CUSTOMERS);
    const host = hostOf(app.url, data.folder);
    await restore(host, await backUp(host, 'undo'), 'undo.ark');
    await app.sql(
      `INSERT INTO customers SELECT i, 'typed since', now() FROM generate_series(401, 430) i; DELETE FROM customers WHERE id <= 10`,
    );
    const undo = await findUndo(host);
    const preview = await previewUndo(host, undo);
    expect(preview.collections).toMatchObject([
      { name: 'customers', action: 'replace', rowsNow: 420, rowsInBackup: 400, lostAtLeast: 30 },
    ]);
    expect(preview.later).toEqual([]);
    const before = await digest(app.url);
    await expect(
      applyUndo(host, undo, { allowBreaks: false, acceptLost: { customers: 29 } }),
    ).rejects.toMatchObject({
      code: 'MORE_WOULD_BE_LOST',
    });
    expect(await digest(app.url)).toEqual(before);
    await applyUndo(host, undo, { allowBreaks: false, acceptLost: { customers: 30 } });
  });

  it('shows each collection in its group, whichever app knows it', async () => {
    const source = await database(`
      CREATE TABLE "applicationVersion" (value text);
      INSERT INTO "applicationVersion" VALUES ('2.2.15');
      CREATE TABLE "applicationPlugins" (name text, "packageName" text, version text, enabled boolean);
      CREATE TABLE collections (name text, title text, options json);
      INSERT INTO collections VALUES ('orders', 'Orders', '{}');
      CREATE TABLE fields (key text, "collectionName" text, options json);
      CREATE TABLE orders (id integer PRIMARY KEY);
      CREATE TABLE users (id integer PRIMARY KEY);
      CREATE TABLE executions (id integer PRIMARY KEY);
      CREATE TABLE nobodys (id integer PRIMARY KEY);`);
    const archive = await backUp(hostOf(source.url, data.folder), 'groups');
    const expected = Object.fromEntries(
      archive.manifest.collections.map((collection) => [collection.name, collection.group]),
    );
    expect(new Set(Object.values(expected)).size).toBeGreaterThanOrEqual(5);
    const groupsOf = async (host: Host, undo: Undo) =>
      Object.fromEntries(
        (await previewUndo(host, undo)).collections.map((collection) => [collection.name, collection.group]),
      );
    const app = await database('');
    const host = hostOf(app.url, data.folder);
    const whole = { selection: { all: true }, allowBreaks: true } as const;
    // All of it goes; then all of it comes, and no app is here.
    const first = await restoreBackup(host, archive, 'groups.ark', whole);
    expect(await groupsOf(host, first.result.undo)).toEqual(expected);
    const { result } = await applyUndo(host, first.result.undo, { allowBreaks: true });
    expect(await groupsOf(host, result)).toEqual(expected);
    // One was made here, and only what goes aside knows what it is.
    await applyUndo(host, result, { allowBreaks: true });
    await app.sql(`INSERT INTO collections VALUES ('made', 'Made', '{}'); CREATE TABLE made (id integer PRIMARY KEY);
      INSERT INTO collections VALUES ('made_too', 'Made too', '{}'); CREATE TABLE made_too () INHERITS (orders);`);
    const second = await restoreBackup(host, archive, 'groups.ark', whole);
    expect(await groupsOf(host, second.result.undo)).toEqual({ ...expected, made_too: 'custom' });
  });

  it('that would empty the app says so: what goes, and what came after it', async () => {
    const source = await database(`${CUSTOMERS} CREATE TABLE orders (id integer PRIMARY KEY);
      INSERT INTO orders VALUES (1), (2); CREATE VIEW best AS SELECT id FROM customers;`);
    const archive = await backUp(hostOf(source.url, data.folder), 'whole');
    const app = await database('');
    const host = hostOf(app.url, data.folder);
    const first = await restore(host, archive, 'whole.ark');
    const second = await restore(host, archive, 'whole.ark');

    const undo = await findUndo(host, first.result.undo.job);
    const preview = await previewUndo(host, undo);
    const shown = preview.collections.map(({ name, action, lostAtLeast: lost }) => [name, action, lost]);
    expect(shown.sort()).toEqual([
      ['best', 'aside', undefined],
      ['customers', 'aside', 400],
      ['orders', 'aside', 2],
    ]);
    expect(lostRows(preview.collections)).toBe(402);
    expect(preview.later.map((undo) => undo.job)).toEqual([second.result.undo.job]);

    const live = await digest(app.url);
    const { result } = await applyUndo(host, undo, {
      allowBreaks: false,
      acceptLost: { customers: 400, orders: 2 },
    });
    expect(await app.query(`SELECT 1 FROM pg_tables WHERE schemaname = 'public'`)).toEqual([]);
    // The way back knows what it would bring.
    expect([...(result.aside ?? [])].sort()).toEqual(['best', 'customers', 'orders']);
    const back = await previewUndo(host, result);
    expect(back.collections.map(({ name, action, rowsInBackup }) => [name, action, rowsInBackup])).toEqual(
      expect.arrayContaining([
        ['customers', 'create', 400],
        ['orders', 'create', 2],
      ]),
    );
    await applyUndo(host, result, { allowBreaks: false, acceptLost: {} });
    expect(await digest(app.url)).toEqual(live);
  });
});
