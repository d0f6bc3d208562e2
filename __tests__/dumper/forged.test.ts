import { previewBackup } from '../../src/server/actions/restore/previewBackup';
import { dropUndo } from '../../src/server/actions/restore/undos';
import type { Archive } from '../../src/server/dumper/archive/archive';
import { newJobId } from '../../src/server/dumper/job';
import { Manifest } from '../../src/server/dumper/archive/manifest';
import { rehearse } from '../../src/server/dumper/restore/rehearse';
import { asBackupError, type BackupError } from '../../src/server/errors/errors';
import { backUp, hostOf, restoreAll } from '../helpers/ark';
import { withoutFresh } from '../helpers/besideOnly';
import { digest } from '../helpers/digest';
import { forge, openForged, setFirst, textFields, written, type Json } from '../helpers/forge';
import { ownPlace } from '../helpers/place';
import { withClient, type TestDatabase } from '../helpers/postgres';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Archives that are made to do harm: valid containers with right digests, in which one text of the manifest was
 * exchanged. Every text field that the manifest's own schema has is tried with everything that a forger may try.
 */
const place = ownPlace();

const SQL = `
  CREATE SCHEMA billing;
  CREATE TABLE billing.canary (n integer);
  CREATE FUNCTION billing.alarm() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
  CREATE TYPE mood AS ENUM ('ok', 'sad');
  CREATE DOMAIN percent AS integer CHECK (VALUE < 101);
  ALTER DOMAIN percent ADD CONSTRAINT positive CHECK (VALUE >= 0) NOT VALID;
  CREATE SEQUENCE numbers;
  CREATE COLLATION folded (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
  CREATE TABLE words (w text COLLATE folded, CONSTRAINT once UNIQUE (w));
  CREATE FUNCTION same(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT lower($1) = lower($2)';
  CREATE FUNCTION other(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT lower($1) <> lower($2)';
  CREATE OPERATOR === (LEFTARG = text, RIGHTARG = text, FUNCTION = same, COMMUTATOR = ===, NEGATOR = !==, RESTRICT = eqsel, JOIN = eqjoinsel, HASHES);
  CREATE OPERATOR !== (LEFTARG = text, RIGHTARG = text, FUNCTION = other, NEGATOR = ===);
  CREATE OPERATOR FAMILY ways USING btree;
  ALTER OPERATOR FAMILY ways USING btree ADD OPERATOR 1 < (smallint, integer), FUNCTION 1 (smallint, integer) btint24cmp(smallint, integer);
  CREATE OPERATOR CLASS way FOR TYPE integer USING btree FAMILY ways AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >,
    FUNCTION 1 btint4cmp(integer, integer);
  CREATE TEXT SEARCH DICTIONARY stemmed (TEMPLATE = synonym, synonyms = 'synonym_sample', casesensitive = 1);
  CREATE TEXT SEARCH CONFIGURATION app (PARSER = pg_catalog."default");
  ALTER TEXT SEARCH CONFIGURATION app ADD MAPPING FOR word WITH stemmed, pg_catalog.simple;
  CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
  CREATE TABLE notes (id bigserial PRIMARY KEY, body text COLLATE "C" DEFAULT 'none', m mood, p percent,
    twice integer GENERATED ALWAYS AS (length(body) * 2) STORED, parent bigint REFERENCES notes,
    CONSTRAINT short CHECK (length(body) < 1000));
  CREATE INDEX by_body ON notes (lower(body)) WHERE body <> '';
  CREATE TRIGGER touching BEFORE INSERT ON notes FOR EACH ROW EXECUTE FUNCTION touch();
  CREATE RULE quiet AS ON DELETE TO notes DO INSTEAD NOTHING;
  CREATE POLICY mine ON notes USING (body <> 'x');
  CREATE STATISTICS both_of ON id, body FROM notes;
  GRANT SELECT ON notes TO PUBLIC;
  GRANT USAGE ON SEQUENCE notes_id_seq, numbers TO PUBLIC;
  GRANT USAGE ON TYPE mood TO PUBLIC;
  REVOKE EXECUTE ON FUNCTION touch() FROM PUBLIC;
  GRANT UPDATE (body) ON notes TO PUBLIC;
  CREATE VIEW short_notes AS SELECT id, body FROM notes;
  CREATE MATERIALIZED VIEW kept AS SELECT body FROM notes;
  CREATE TABLE parts (at date NOT NULL, v integer) PARTITION BY RANGE (at);
  CREATE TABLE parts_25 PARTITION OF parts FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
  CREATE TRIGGER each_part AFTER INSERT ON parts FOR EACH ROW EXECUTE FUNCTION touch();
  ALTER TABLE parts_25 DISABLE TRIGGER each_part;
  COMMENT ON CONSTRAINT percent_check ON DOMAIN percent IS 'of a part of a type';
  COMMENT ON TRIGGER each_part ON parts_25 IS 'of a part of a table';
  INSERT INTO notes (body, m, p) VALUES ('a', 'ok', 1), ('b', 'sad', 2);`;

const EVIL = 'INSERT INTO billing.canary VALUES (1)';
const PAYLOADS: Record<string, (old: string) => string> = {
  stacked: (old) => `${old}; ${EVIL}`,
  'stacked and committed': (old) => `${old}; DROP SCHEMA billing CASCADE; COMMIT; SELECT 1/0`,
  'alone, many': () => `SELECT 1; ${EVIL}; SELECT 2`,
  'alone, one': () => EVIL,
  block: () => `DO $$ BEGIN ${EVIL}; END $$`,
  program: () => `COPY billing.canary FROM PROGRAM 'echo 1'`,
  role: (old) => `${old}; CREATE ROLE forged SUPERUSER`,
  bracket: (old) => `${old}) ; ${EVIL}; --`,
  'another value': (old) => `${old}), (SELECT n FROM billing.canary`,
  comment: (old) => `${old} /* */ -- `,
  'quote and letter': (old) => `${old} $é$ ' $é$; ${EVIL}; SELECT $é$ ' $é$`,
  'end of a name': (old) => `${old}" ; ${EVIL}; --`,
  'end of a text': (old) => `${old}' ; ${EVIL}; --`,
  'into a table': () => 'SELECT 1 AS n INTO billing.made',
  'with a write': () => `WITH x AS (${EVIL} RETURNING n) SELECT n FROM x`,
  'an index elsewhere': () => 'CREATE INDEX by_body ON billing.canary (n)',
  'a trigger elsewhere': () =>
    'CREATE TRIGGER touching BEFORE INSERT ON billing.canary FOR EACH ROW EXECUTE FUNCTION billing.alarm()',
  'a rule elsewhere': () => 'CREATE RULE quiet AS ON INSERT TO billing.canary DO INSTEAD NOTHING',
  'a policy elsewhere': () => 'CREATE POLICY mine ON billing.canary USING (true)',
  'statistics elsewhere': () => 'CREATE STATISTICS billing.both_of ON n, n FROM billing.canary',
  'a function elsewhere': () => `CREATE FUNCTION billing.f() RETURNS int LANGUAGE sql AS 'SELECT 1'`,
  'a type elsewhere': () => `CREATE TYPE billing.mood AS ENUM ('a')`,
  'a domain elsewhere': () => 'CREATE DOMAIN billing.percent AS integer',
  'an operator elsewhere': () =>
    'CREATE OPERATOR billing.=== (LEFTARG = text, RIGHTARG = text, FUNCTION = texteq)',
  'a constraint and more': (old) => `${old}, ADD COLUMN evil integer`,
  'a zero byte': (old) => `${old}\0`,
  'nothing at all': () => '',
};

const outside = (database: TestDatabase): Promise<unknown> =>
  withClient(database.url, async (client) => {
    const { rows } = await client.query(
      `SELECT (SELECT array_agg(nspname::text ORDER BY nspname) FROM pg_namespace WHERE nspname !~ '^(pg_|ark_undo_)') AS schemas,
         -- Other tests make roles meanwhile, but none that may do everything.
         (SELECT array_agg(rolname::text ORDER BY rolname) FROM pg_roles WHERE rolsuper OR rolname ~ 'forged') AS roles,
         (SELECT count(*) FROM billing.canary) AS canary,
         (SELECT array_agg(relname::text ORDER BY relname) FROM pg_class WHERE relnamespace = 'billing'::regnamespace) AS classes,
         (SELECT array_agg(proname::text ORDER BY proname) FROM pg_proc WHERE pronamespace = 'billing'::regnamespace) AS routines,
         (SELECT array_agg(typname::text ORDER BY typname) FROM pg_type WHERE typnamespace = 'billing'::regnamespace) AS types,
         (SELECT count(*) FROM pg_operator WHERE oprnamespace = 'billing'::regnamespace) AS operators,
         (SELECT count(*) FROM pg_trigger WHERE tgrelid = 'billing.canary'::regclass) AS triggers,
         (SELECT count(*) FROM pg_policy WHERE polrelid = 'billing.canary'::regclass) AS policies,
         (SELECT count(*) FROM pg_rewrite WHERE ev_class = 'billing.canary'::regclass) AS rules`,
    );
    return rows[0] as unknown;
  });

/**
 * Without those that are told, and go to the server neither as SQL nor as a name. What only MySQL has of an archive is
 * looked at in dumper/mysql/hostile.test.ts.
 */
const fields = textFields(Manifest).filter(
  (path) =>
    /^(collections\.\[\]\.(name|structure)|objects|order|needs|laterNeeds)/.test(written(path)) &&
    !written(path).includes('native.mysql.'),
);

let bytes: Buffer;
let database: TestDatabase;
beforeAll(async () => {
  database = await place.database(SQL);
  const host = hostOf(database.url, place.data.folder);
  await backUp(host, 'whole');
  bytes = await readFile(join(place.data.folder, 'backups', 'whole.ark'));
});

it('there are as many fields as one would think', () => {
  expect(fields.length).toBeGreaterThan(60);
});

it('each of them has a place in this archive', async () => {
  const without: string[] = [];
  for (const path of fields)
    await forge(bytes, (manifest) => {
      complete(manifest);
      if (!setFirst(manifest, path, (old) => old)) without.push(written(path));
    });
  expect(without).toEqual([]);
});

it('forged with nothing changed it is what it was', async () => {
  const archive = await openForged(await forge(bytes, () => undefined));
  await archive.verify({ unpack: true });
});

it.each(fields.map((path) => [written(path), path] as const))('%s does no harm', async (_, path) => {
  const host = hostOf(database.url, place.data.folder);
  const harmless = await outside(database);
  const before = await digest(database.url);
  const restored: string[] = [];
  const ways = [
    (archive: Archive) => previewBackup(host, archive, { all: true }),
    (archive: Archive) =>
      // In a database of its own it is a restore.
      rehearse(withoutFresh(host.database), archive, {
        job: newJobId(),
        target: { app: {} },
        lockTimeoutMs: 10_000,
        workers: 1,
        allowCode: true,
        withoutCode: false,
        onLeftOut: () => undefined,
      }),
    async (archive: Archive) => restored.push((await restoreAll(host, archive)).undo.job),
  ];
  for (const [at, [payload, next]] of Object.entries(PAYLOADS).entries()) {
    let found = false;
    const forged = await forge(bytes, (manifest) => {
      complete(manifest);
      found = setFirst(manifest, path, next);
    });
    expect(found).toBe(true);
    const refusal = await failureOf(async () => (await openForged(forged)).verify({ unpack: false }));
    if (refusal) expect(refusal).toMatchObject({ code: 'ARCHIVE_DAMAGED' });
    // Every field on every way, and every payload on some: which payload goes which way moves from field to field.
    const turn = at + fields.indexOf(path);
    if (turn % 8 !== 0) continue;
    const failure = await failureOf(async () => ways[(turn / 8) % 3]?.(await openForged(forged)));
    // What verify refuses no way takes, and in the same words: it never comes near the server. What it does not is
    // taken for a name or a text, and put in quotes.
    if (refusal) expect({ payload, said: failure?.message }).toEqual({ payload, said: refusal.message });
    else if (failure) {
      expect({ payload, code: failure.code, said: failure.message }).not.toMatchObject({ code: 'INTERNAL' });
      expect([1, 3]).toContain(failure.exit);
    }
  }
  expect(await outside(database)).toEqual(harmless);
  if (restored.length === 0) expect(await digest(database.url)).toEqual(before);
  else {
    restored.push((await restoreAll(host, await openForged(bytes))).undo.job);
    for (const job of restored) await dropUndo(host, job);
  }
});

/** Fields that a backup has only of some things. */
function complete(manifest: Json): void {
  interface Members {
    operators: { orderBy?: Json }[];
  }
  const { objects } = manifest as unknown as {
    objects: {
      native: {
        postgres: { sequence?: { privileges?: Json }; operatorFamily?: Members; operatorClass?: Members };
      };
    }[];
  };
  for (const { native } of objects) {
    const { sequence, operatorFamily, operatorClass } = native.postgres;
    if (sequence) sequence.privileges = [{ grantee: 'PUBLIC', privilege: 'USAGE', grantable: false }];
    for (const operator of [...(operatorFamily?.operators ?? []), ...(operatorClass?.operators ?? [])])
      operator.orderBy = { schema: 'pg_catalog', name: 'integer_ops' };
  }
}

const failureOf = (attempt: () => Promise<unknown>): Promise<BackupError | undefined> =>
  attempt().then(() => undefined, asBackupError);
