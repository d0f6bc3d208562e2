import { copyDatabase } from '../../src/server/actions/restore/copyDatabase';
import type { Snapshot } from '../../src/server/dumper/dialect';
import type { Host } from '../../src/server/host';
import { hostOf } from '../helpers/ark';
import { digest } from '../helpers/digest';
import { ownPlace } from '../helpers/place';
import { fixture } from '../helpers/postgres';

/** A copy passes rows on in the server's own form where both servers know it, and everything else as CSV. */
const { data, database } = ownPlace();

/** A table for each column of the nasty one, so that no type hides behind another. */
const COLUMNS = `
DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT attname FROM pg_attribute WHERE attrelid = 'types'::regclass AND attnum > 0 AND attgenerated = ''
  LOOP EXECUTE format('CREATE TABLE %I AS SELECT id AS key, %I AS value FROM types', 'of ' || name, name); END LOOP; END $$`;
const SIZES = `
CREATE TABLE empty (value text);
CREATE TABLE nothing ();
INSERT INTO nothing SELECT FROM generate_series(1, 3);
CREATE TABLE large AS SELECT n AS id, repeat(md5(n::text), 200000) AS value FROM generate_series(1, 3) n;
CREATE TABLE many AS SELECT n AS id, md5(n::text) AS value, n / 7.0 AS share FROM generate_series(1, 150000) n`;
/** Those whose meaning hangs on ids, settings or something else that the other server may not have. */
const AS_CSV = [
  ...[
    'n',
    'ch',
    'm',
    'x',
    'mac8',
    'pt',
    'ln',
    'ls',
    'bx',
    'pa',
    'po',
    'ci',
    'tsv',
    'tsq',
    'jp',
    'pgl',
    'tid',
  ],
  ...['o', 'rc', 'rt', 'xs', 'r4', 'rn', 'rts', 'fr', 'e', 'ea', 'p', 'cd', 'ad', 'ads', 'hm'],
].map((name) => `of ${name}`);

/** The same host; `forms` learns how each table was read. */
function watched(host: Host, forms: Map<string, string>): Host {
  const snapshot: Host['database']['snapshot'] = async (options) => {
    const real = await host.database.snapshot(options);
    const read: Snapshot['read'] = async function* (relation, bytes, form) {
      forms.set(relation.name, form ?? 'csv');
      return yield* real.read(relation, bytes, form);
    };
    return { ...real, read };
  };
  return { ...host, database: { ...host.database, snapshot } };
}

const REQUEST = { selection: { all: true }, allowBreaks: false, allowCode: true };

it('copies every value of every type, and reads those in the own form that mean the same elsewhere', async () => {
  const [from, to] = [await database(), await database()];
  await from.sql(`${fixture('types.sql')}; ${COLUMNS}; ${SIZES}`);
  const forms = new Map<string, string>();
  await copyDatabase(watched(hostOf(from.url, data.folder), forms), hostOf(to.url, data.folder), REQUEST);
  expect(await digest(to.url)).toEqual(await digest(from.url));
  const as = (form: string) => [...forms].filter(([, how]) => how === form).map(([name]) => name);
  expect(as('csv').sort()).toEqual([...AS_CSV, 'types'].sort());
  expect(as('native')).toEqual(
    expect.arrayContaining(['empty', 'nothing', 'large', 'many', 'of jb', 'of i2a', 'of bya', 'of tstz']),
  );
});

it('goes by CSV to a server of another version', async () => {
  const [from, to] = [await database(), await database()];
  await from.sql(SIZES);
  const forms = new Map<string, string>();
  const target = hostOf(to.url, data.folder);
  const other: Host = {
    ...target,
    database: { ...target.database, nativeForm: () => Promise.resolve('COPY BINARY of PostgreSQL 7') },
  };
  await copyDatabase(watched(hostOf(from.url, data.folder), forms), other, REQUEST);
  expect(await digest(to.url)).toEqual(await digest(from.url));
  expect(new Set(forms.values())).toEqual(new Set(['csv']));
});
