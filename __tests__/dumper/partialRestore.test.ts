import { applyUndo, dropUndo, findUndo, listUndos } from '../../src/server/actions/restore/undos';
import { previewBackup } from '../../src/server/actions/restore/previewBackup';
import { restoreBackup } from '../../src/server/actions/restore/restoreBackup';
import { backUp, hostOf, restoreAll } from '../helpers/ark';
import { ownPlace } from '../helpers/place';
import { digest } from '../helpers/digest';
import { type TestDatabase } from '../helpers/postgres';
import { warningText } from '../../src/server/dumper/app/warning';

/** Restoring a part of an app must leave the rest of it working, and an undo must bring everything back. */
const APP = `
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.note := coalesce(NEW.note, 'stamped'); RETURN NEW; END $$;
CREATE TABLE users (id serial PRIMARY KEY, name text NOT NULL, m mood DEFAULT 'ok', "createdAt" timestamptz DEFAULT now());
CREATE TABLE orders (id serial PRIMARY KEY, user_id integer REFERENCES users ON DELETE CASCADE, total numeric, note text);
CREATE TABLE lines (id serial PRIMARY KEY, order_id integer NOT NULL REFERENCES orders, what text);
CREATE TRIGGER stamp BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION stamp();
CREATE VIEW big_orders AS SELECT o.id, u.name, o.total FROM orders o JOIN users u ON u.id = o.user_id WHERE o.total > 10;
CREATE VIEW on_view AS SELECT count(*) AS n FROM big_orders;
CREATE MATERIALIZED VIEW sums AS SELECT user_id, sum(total) AS total FROM orders GROUP BY 1;
CREATE UNIQUE INDEX sums_key ON sums (user_id);
CREATE FUNCTION names() RETURNS SETOF users LANGUAGE sql STABLE AS 'SELECT * FROM users';
ALTER TABLE lines ENABLE ROW LEVEL SECURITY;
CREATE POLICY visible ON lines USING (order_id IN (SELECT id FROM orders));
CREATE RULE keep AS ON DELETE TO lines WHERE EXISTS (SELECT FROM users WHERE name = 'keeper') DO INSTEAD NOTHING;
CREATE RULE never AS ON DELETE TO lines WHERE EXISTS (SELECT FROM on_view WHERE n < 0) DO INSTEAD NOTHING;
CREATE POLICY through ON users USING (id IN (SELECT id FROM big_orders));
INSERT INTO users (name) SELECT 'user ' || g FROM generate_series(1, 20) g;
INSERT INTO orders (user_id, total) SELECT g % 20 + 1, g FROM generate_series(1, 100) g;
INSERT INTO lines (order_id, what) SELECT g % 100 + 1, 'line ' || g FROM generate_series(1, 300) g;
REFRESH MATERIALIZED VIEW sums;`;

const { data, database } = ownPlace();
let serial = 0;
const backUpOf = (database: TestDatabase) =>
  backUp(hostOf(database.url, data.folder), `partial-${(serial += 1)}`);

const only = (...collections: string[]) => ({ collections });
const codeOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'no error',
    (error: unknown) => (error as { code?: string }).code ?? (error as Error).message,
  );

describe('restoring one table', () => {
  it('keeps foreign keys, views, policies, rules and functions of the others working', async () => {
    const app = await database(APP);
    const host = hostOf(app.url, data.folder);
    const archive = await backUpOf(app);
    const untouched = await digest(app.url);
    await app.sql(`UPDATE orders SET total = 0, note = 'changed'; INSERT INTO orders (id, user_id, total) VALUES (1000, 1, 5);
      INSERT INTO users (name) VALUES ('new one'); REFRESH MATERIALIZED VIEW sums`);
    const before = await digest(app.url);

    await restoreAll(host, archive, only('orders'));
    const after = await digest(app.url);
    expect(after.tables.orders).toBe(untouched.tables.orders);
    expect(after.tables.users).toBe(before.tables.users);
    expect(after.tables.lines).toBe(before.tables.lines);
    // The materialized view was made anew on the restored rows.
    expect(after.tables.sums).toBe(untouched.tables.sums);
    const sequences = (list: readonly string[]) => list.filter((line) => !line.startsWith('sequence '));
    expect(sequences(after.objects)).toEqual(sequences(before.objects));

    // Everything that points at the table points at the new one.
    await expect(app.sql("INSERT INTO lines (order_id, what) VALUES (1000, 'gone')")).rejects.toThrow(
      /foreign key/,
    );
    await app.sql("INSERT INTO lines (order_id, what) VALUES (1, 'fine')");
    await app.sql('INSERT INTO orders (user_id, total) VALUES (1, 99)');
    const [row] = await app.query<{ n: string; note: string }>(
      'SELECT n::text, (SELECT note FROM orders WHERE total = 99 ORDER BY id DESC LIMIT 1) AS note FROM on_view',
    );
    expect(row).toEqual({ n: '91', note: 'stamped' });
    await expect(app.sql('DELETE FROM users WHERE id = 2')).rejects.toThrow(/lines/);
    // What went aside must not hold on to what stayed.
    await app.sql('DELETE FROM lines; DELETE FROM users WHERE id = 2');
    expect(
      (await app.query<{ n: number }>('SELECT count(*)::int AS n FROM orders WHERE user_id = 2'))[0]?.n,
    ).toBe(0);
  });

  it('undoes it exactly, and the undo itself can be undone', async () => {
    const app = await database(APP);
    const host = hostOf(app.url, data.folder);
    const archive = await backUpOf(app);
    await app.sql(
      "UPDATE orders SET total = 1; REFRESH MATERIALIZED VIEW sums; ALTER TABLE orders ADD COLUMN extra text DEFAULT 'e'; CREATE INDEX ON orders (extra)",
    );
    const before = await digest(app.url);
    await restoreAll(host, archive, only('orders'));
    const restored = await digest(app.url);
    expect(restored).not.toEqual(before);

    await applyUndo(host, await findUndo(host), { allowBreaks: false });
    expect(await digest(app.url)).toEqual(before);
    await applyUndo(host, await findUndo(host), { allowBreaks: false });
    expect(await digest(app.url)).toEqual(restored);
    expect(await listUndos(host)).toHaveLength(1);
  });

  it('makes what was not there, and an undo takes it away again', async () => {
    const app = await database(APP);
    const archive = await backUpOf(app);
    const empty = await database('CREATE TABLE mine (id integer); INSERT INTO mine VALUES (1)');
    const before = await digest(empty.url);
    const host = hostOf(empty.url, data.folder);
    await restoreAll(host, archive);
    expect((await digest(empty.url)).tables.mine).toBe(before.tables.mine);
    await applyUndo(host, await findUndo(host), { allowBreaks: false });
    expect(await digest(empty.url)).toEqual(before);
  });

  it('survives an undo after others have built on the restored tables', async () => {
    const app = await database(APP);
    const host = hostOf(app.url, data.folder);
    const archive = await backUpOf(app);
    await app.sql('DELETE FROM lines WHERE order_id > 50; DELETE FROM orders WHERE id > 50');
    const before = await digest(app.url);
    await restoreAll(host, archive, only('orders'));
    await app.sql(`CREATE TABLE later (id integer, order_id integer REFERENCES orders); INSERT INTO later VALUES (1, 7);
      CREATE VIEW later_view AS SELECT * FROM orders WHERE id < 5`);
    await applyUndo(host, await findUndo(host), { allowBreaks: false });
    expect((await digest(app.url)).tables.orders).toBe(before.tables.orders);
    expect((await app.query<{ n: number }>('SELECT count(*)::int AS n FROM later_view'))[0]?.n).toBe(4);
    await expect(app.sql('INSERT INTO later VALUES (2, 9999)')).rejects.toThrow(/foreign key/);
  });
});

describe('what would break', () => {
  it('refuses a foreign key that would not hold, and changes nothing', async () => {
    const app = await database(APP);
    const archive = await backUpOf(app);
    await app.sql(
      "INSERT INTO orders (id, user_id, total) VALUES (500, 1, 1); INSERT INTO lines (order_id, what) VALUES (500, 'x')",
    );
    const before = await digest(app.url);
    const host = hostOf(app.url, data.folder);
    expect(await codeOf(restoreAll(host, archive, only('orders')))).toBe('FOREIGN_KEY_BROKEN');
    expect(await digest(app.url)).toEqual(before);
    expect(await app.query("SELECT 1 FROM pg_namespace WHERE nspname LIKE 'ark%'")).toEqual([]);
  });

  it('says which view would break, refuses without leave, and sets it aside with leave', async () => {
    const app = await database(APP);
    const archive = await backUpOf(app);
    const host = hostOf(app.url, data.folder);
    await app.sql(
      'ALTER TABLE orders ADD COLUMN colour text; CREATE VIEW coloured AS SELECT id, colour FROM orders; CREATE VIEW above AS SELECT colour FROM coloured',
    );
    const before = await digest(app.url);
    const preview = await previewBackup(host, archive, only('orders'));
    const breaks = preview.warnings.filter((warning) => warning.kind === 'breaks').map(warningText);
    expect(breaks).toHaveLength(2);
    expect(breaks.join()).toContain('coloured reads colour of orders');
    expect(await codeOf(restoreAll(host, archive, only('orders')))).toBe('DEPENDENT_WOULD_BREAK');
    expect(await digest(app.url)).toEqual(before);

    await restoreBackup(host, archive, 'x', { selection: only('orders'), allowBreaks: true });
    expect(
      await app.query("SELECT 1 FROM pg_views WHERE viewname = 'coloured' AND schemaname = 'public'"),
    ).toEqual([]);
    await applyUndo(host, await findUndo(host), { allowBreaks: true });
    expect(await digest(app.url)).toEqual(before);
  });

  it('refuses a type that differs and is used elsewhere', async () => {
    const app = await database(APP);
    const archive = await backUpOf(app);
    await app.sql("ALTER TYPE mood ADD VALUE 'great'; CREATE TABLE other (m mood)");
    const before = await digest(app.url);
    expect(await codeOf(restoreAll(hostOf(app.url, data.folder), archive, only('users')))).toBe(
      'TYPE_IN_USE',
    );
    expect(await digest(app.url)).toEqual(before);
    await app.sql('DROP TABLE other');
    const host = hostOf(app.url, data.folder);
    const whole = await digest(app.url);
    await restoreAll(host, archive, only('users'));
    expect((await digest(app.url)).objects).toContain("enum mood 'sad','ok'");
    await applyUndo(host, await findUndo(host), { allowBreaks: false });
    expect(await digest(app.url)).toEqual(whole);
  });

  it('keeps a newer function in a partial restore and says so; --all replaces it, and the undo brings it back', async () => {
    const app = await database(APP);
    const archive = await backUpOf(app);
    const host = hostOf(app.url, data.folder);
    await app.sql(
      "CREATE OR REPLACE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.note := 'newer'; RETURN NEW; END $$",
    );
    const before = await digest(app.url);
    const preview = await previewBackup(host, archive, only('orders'));
    expect(preview.warnings.map((warning) => warning.kind)).toContain('kept');
    await restoreAll(host, archive, only('orders'));
    expect((await digest(app.url)).objects.join()).toContain("'newer'");
    await restoreAll(host, archive);
    expect((await digest(app.url)).objects.join()).not.toContain("'newer'");
    await applyUndo(host, await findUndo(host), { allowBreaks: false });
    expect(await digest(app.url)).toEqual(before);
  });

  it('refuses a name that something else has taken', async () => {
    const app = await database(APP);
    const archive = await backUpOf(app);
    await app.sql('ALTER TABLE lines RENAME TO lines_old');
    const before = await digest(app.url);
    expect(await codeOf(restoreAll(hostOf(app.url, data.folder), archive, only('lines')))).toBe('NAME_TAKEN');
    expect(await digest(app.url)).toEqual(before);
  });

  it('refuses a view whose table is not there', async () => {
    const app = await database(APP);
    const archive = await backUpOf(app);
    const empty = await database('SELECT 1');
    expect(await codeOf(restoreAll(hostOf(empty.url, data.folder), archive, only('big_orders')))).toBe(
      'DEPENDENT_WOULD_BREAK',
    );
  });

  it('refuses an extension that is not there and that the account may not make', async () => {
    const source = await database(
      `CREATE EXTENSION xml2; CREATE VIEW c AS SELECT xpath_string('<a>1</a>', '/a') AS v`,
    );
    const archive = await backUpOf(source);
    const empty = await database('SELECT 1');
    await empty.sql(`DROP ROLE IF EXISTS ark_maker; CREATE ROLE ark_maker LOGIN PASSWORD 'maker';
      DO $$ BEGIN EXECUTE format('GRANT ALL ON DATABASE %I TO ark_maker', current_database()); END $$;
      GRANT ALL ON SCHEMA public TO ark_maker`);
    try {
      const url = new URL(empty.url);
      url.username = 'ark_maker';
      url.password = 'maker';
      const host = hostOf(url.toString(), data.folder);
      expect(await codeOf(restoreAll(host, archive))).toBe('EXTENSION_MISSING');
      await empty.sql('CREATE EXTENSION xml2');
      await restoreAll(host, archive);
      expect(await empty.query('SELECT v FROM c')).toEqual([{ v: '1' }]);
    } finally {
      await empty.sql('DROP OWNED BY ark_maker; DROP ROLE ark_maker');
    }
  });
});

describe('families', () => {
  it('takes parents, children and partitions together, and sets newer partitions aside', async () => {
    const app = await database(`
      CREATE TABLE events (id integer, at date) PARTITION BY RANGE (at);
      CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
      INSERT INTO events VALUES (1, '2024-05-05');`);
    const archive = await backUpOf(app);
    await app.sql(
      "CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01'); INSERT INTO events VALUES (2, '2025-05-05')",
    );
    const before = await digest(app.url);
    const host = hostOf(app.url, data.folder);
    const preview = await previewBackup(host, archive, only('events_1'));
    expect(preview.collections.map((collection) => `${collection.name} ${collection.action}`)).toEqual([
      'events replace',
      'events_1 replace',
      'events_2 aside',
    ]);
    await restoreAll(host, archive, only('events_1'));
    expect(await app.query('SELECT id FROM events ORDER BY 1')).toEqual([{ id: 1 }]);
    await applyUndo(host, await findUndo(host), { allowBreaks: false });
    expect(await digest(app.url)).toEqual(before);
  });
});

describe('preview', () => {
  it('counts rows now, in the backup and created since, and names structure changes, without changing anything', async () => {
    const app = await database(APP);
    const archive = await backUpOf(app);
    await app.sql(`INSERT INTO users (name) VALUES ('later'), ('later still'); DELETE FROM users WHERE id = 99;
      ALTER TABLE users ADD COLUMN phone text; ALTER TABLE users ALTER name DROP NOT NULL; CREATE INDEX by_phone ON users (phone)`);
    const before = await digest(app.url);
    const preview = await previewBackup(hostOf(app.url, data.folder), archive, only('users'));
    expect(preview.collections).toEqual([
      expect.objectContaining({
        name: 'users',
        action: 'replace',
        rowsNow: 22,
        rowsInBackup: 20,
        createdSince: 2,
      }),
    ]);
    expect(preview.collections[0]?.structure).toEqual(
      expect.arrayContaining([
        { code: 'goes', what: 'column', name: 'phone' },
        { code: 'becomes', what: 'column', name: 'name', now: 'text', then: 'text not null' },
        { code: 'goes', what: 'index', name: 'by_phone' },
      ]),
    );
    expect(preview.undoBytes).toBeGreaterThan(0);
    expect(await digest(app.url)).toEqual(before);
  });
});

describe('undos', () => {
  it('expire at the next job, and can be dropped to free the space', async () => {
    const app = await database(APP);
    const archive = await backUpOf(app);
    const host = hostOf(app.url, data.folder);
    await restoreAll(host, archive, only('orders'));
    const expired = { ...host, keepUndoDays: -1 };
    await restoreAll(expired, archive, only('users'));
    expect(await listUndos(host)).toHaveLength(2);
    await backUpOf(app);
    const left = await listUndos(host);
    expect(left.map((undo) => undo.collections.map((c) => c.name))).toEqual([['orders']]);
  });

  it('can be dropped whatever hangs on them: what does is named first, and goes with leave', async () => {
    const app = await database(APP);
    const archive = await backUpOf(app);
    const host = hostOf(app.url, data.folder);
    await restoreAll(host, archive, only('orders'));
    const { job } = await findUndo(host);
    await app.sql(`CREATE SCHEMA reports; CREATE VIEW reports.old AS SELECT id FROM ark_undo_${job}.orders;
      CREATE TABLE reports.kept (id int)`);
    await expect(dropUndo(host, job)).rejects.toMatchObject({
      code: 'DEPENDENT_WOULD_BREAK',
      message: expect.stringMatching(/rule _RETURN on view reports\.old.*let them go too/) as string,
      way: 'allowBreaks',
    });
    expect(await listUndos(host)).toHaveLength(1);
    const along = await dropUndo(host, job, { allowBreaks: true });
    expect(along.join()).toContain('reports.old');
    expect(await listUndos(host)).toEqual([]);
    expect(
      await app.query(`SELECT relname FROM pg_class WHERE relnamespace = 'reports'::regnamespace`),
    ).toEqual([{ relname: 'kept' }]);
  });
});

describe('a user who may do little', () => {
  it('can back up what he may read, and a restore is refused with the remedy', async () => {
    const app = await database(APP);
    const archive = await backUpOf(app);
    await app.sql(`DROP ROLE IF EXISTS ark_little; CREATE ROLE ark_little LOGIN PASSWORD 'little';
      GRANT SELECT ON ALL TABLES IN SCHEMA public TO ark_little; GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO ark_little;
      ALTER TABLE lines DISABLE ROW LEVEL SECURITY`);
    try {
      const url = new URL(app.url);
      url.username = 'ark_little';
      url.password = 'little';
      const host = hostOf(url.toString(), data.folder);
      expect((await backUp(host, 'little')).manifest.collections).toHaveLength(6);
      expect(await codeOf(restoreAll(host, archive))).toBe('SCHEMA_NOT_ALLOWED');
    } finally {
      await app.sql('DROP OWNED BY ark_little; DROP ROLE ark_little');
    }
  });
});
