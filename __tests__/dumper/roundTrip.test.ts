import { backUp, hostOf, restoreAll } from '../helpers/ark';
import { ownPlace } from '../helpers/place';
import { digest } from '../helpers/digest';
import { fixture, pgDump, schemaText, type TestDatabase } from '../helpers/postgres';
import { applyUndo, findUndo } from '../../src/server/actions/restore/undos';

/** A round trip is proved by comparing the two databases: rows by digest, structure by definition. */
const thousandTables = `
DO $$ BEGIN FOR i IN 1..1000 LOOP EXECUTE format('CREATE TABLE t%s (id serial PRIMARY KEY, v text)', i); END LOOP; END $$;`;
const wideTable = `
DO $$ BEGIN EXECUTE 'CREATE TABLE wide (' || (SELECT string_agg('c' || g || ' integer', ', ') FROM generate_series(1, 1600) g) || ')';
EXECUTE 'INSERT INTO wide SELECT ' || (SELECT string_agg('g * ' || g, ', ') FROM generate_series(1, 1600) g) || ' FROM generate_series(1, 20) g'; END $$;
INSERT INTO wide DEFAULT VALUES;`;
const otherSchema = `CREATE SCHEMA "My App"; SET search_path = "My App"; ${fixture('structure.sql')}`;

const cases: [name: string, sql: string, schema: string][] = [
  ['every type with nasty values', fixture('types.sql'), 'public'],
  ['every structure', fixture('structure.sql'), 'public'],
  ['a thousand empty tables', thousandTables, 'public'],
  ['a table with 1,600 columns', wideTable, 'public'],
  ['a schema other than public', otherSchema, 'My App'],
];

const { data, database } = ownPlace();

describe.each(cases)('%s', (name, sql, schema) => {
  const urlOf = (database: TestDatabase) => `${database.url}?schema=${encodeURIComponent(schema)}`;
  const key = name.replace(/\W+/g, '-');

  it('comes back the same in an empty database, and over itself, and after an undo', async () => {
    const [source, target] = [await database(), await database()];
    await source.sql(sql);
    if (schema !== 'public') await target.sql(`CREATE SCHEMA "${schema}"`);
    const archive = await backUp(hostOf(urlOf(source), data.folder), key);
    const before = await digest(source.url, schema);
    expect(Object.keys(before.tables).length).toBeGreaterThan(0);

    const targetHost = hostOf(urlOf(target), data.folder);
    await restoreAll(targetHost, archive);
    expect(await digest(target.url, schema)).toEqual(before);

    await restoreAll(targetHost, archive);
    expect(await digest(target.url, schema)).toEqual(before);

    await applyUndo(targetHost, await findUndo(targetHost), { allowBreaks: false });
    expect(await digest(target.url, schema)).toEqual(before);
  });
});

const tool = pgDump();
const reason = 'no pg_dump here that reads this server; ARK_TEST_POSTGRES names one, as .ci/run does';
describe(`pg_dump --schema-only${tool === undefined ? ` (skipped: ${reason})` : ''}`, () => {
  (tool === undefined ? it.skip : it).each(cases)('reads the same: %s', async (name, sql, schema) => {
    const [source, target] = [await database(), await database()];
    await source.sql(sql);
    if (schema !== 'public') await target.sql(`CREATE SCHEMA "${schema}"`);
    const urlOf = (database: TestDatabase) => `${database.url}?schema=${encodeURIComponent(schema)}`;
    const archive = await backUp(hostOf(urlOf(source), data.folder), `text-${name.replace(/\W+/g, '-')}`);
    await restoreAll(hostOf(urlOf(target), data.folder), archive);
    expect(schemaText(tool ?? '', target.url)).toBe(schemaText(tool ?? '', source.url));
  });
});
