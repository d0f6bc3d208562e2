import { join } from 'node:path';
import { compareBackup } from '../../../src/server/actions/compare/compareBackup';
import type { Selection } from '../../../src/server/dumper/app/groups';
import { backUp, hostOf } from '../../helpers/ark';
import { ownPlace } from '../../helpers/place';
import { fixture } from '../../helpers/postgres';

const { data, database } = ownPlace();

it('every type with nasty values is the same as its backup, and each change is one of its column alone', async () => {
  const at = await database(fixture('types.sql'));
  const host = hostOf(at.url, data.folder);
  const archive = await backUp(host, 'types');
  const compared = async (selection: Selection = { collections: ['types'] }) => {
    const asked = { selection, examples: 1, folder: join(data.folder, 'compare') };
    const { collections } = await compareBackup(host, archive, asked);
    return new Map(collections.map((collection) => [collection.name, collection]));
  };
  const same = [...(await compared({ all: true })).values()];
  expect(same.filter(({ equal, here, there }) => equal !== here || equal !== there)).toEqual([]);
  expect(same.length).toBeGreaterThan(1);

  await at.sql('CREATE SCHEMA kept; CREATE TABLE kept.types AS SELECT * FROM types');
  const columns = await at.query<{ name: string; domain: boolean; rows: string }>(
    `SELECT quote_ident(attname) AS name, atttypid = 'code'::regtype AS domain, (xpath('/row/n/text()', query_to_xml(
       format('SELECT count(%I) AS n FROM types', attname), false, true, '')))[1]::text AS rows
     FROM pg_attribute WHERE attrelid = 'types'::regclass AND attnum > 0 AND attgenerated = '' AND attidentity = ''`,
  );
  expect(columns.length).toBeGreaterThan(60);
  for (const { name, domain, rows } of columns) {
    await at.sql(
      domain
        ? `UPDATE types SET ${name} = 'Q' WHERE ${name} <> 'Q'`
        : `UPDATE types SET ${name} = NULL WHERE ${name} IS DISTINCT FROM NULL`,
    );
    const types = (await compared()).get('types');
    const bare = name.replace(/^"(.*)"$/, '$1').replaceAll('""', '"');
    expect([name, types?.changed, types?.columns]).toEqual([
      name,
      Number(rows),
      Number(rows) > 0 ? [{ name: bare, rows: Number(rows) }] : [],
    ]);
    await at.sql(`UPDATE types t SET ${name} = k.${name} FROM kept.types k WHERE k.id = t.id`);
  }
  expect([...(await compared()).values()].every(({ equal, here }) => equal === here)).toBe(true);
}, 300_000);

it('says of each value of a type what PostgreSQL says: the same, or another', async () => {
  const at = await database(fixture('types.sql'));
  const host = hostOf(at.url, data.folder);
  const archive = await backUp(host, 'values');
  // What has an equality of its own says it itself; of the others the text counts, of JSON what it means.
  const columns = await at.query<{ name: string; type: string; plain: boolean }>(
    `SELECT quote_ident(attname) AS name, format_type(atttypid, NULL) AS type,
       EXISTS (SELECT FROM pg_operator o WHERE o.oprname = '=' AND o.oprleft = atttypid AND o.oprright = atttypid) AS plain
     FROM pg_attribute WHERE attrelid = 'types'::regclass AND attnum > 0 AND attgenerated = '' AND attidentity = '' AND atttypid <> 'code'::regtype`,
  );
  await at.sql('CREATE SCHEMA kept; CREATE TABLE kept.types AS SELECT * FROM types');
  for (const { name, type } of columns) {
    await at.sql(
      `UPDATE types t SET ${name} = k.${name} FROM (SELECT id, lag(${name}) OVER (ORDER BY id) AS ${name} FROM kept.types) k WHERE k.id = t.id`,
    );
    const byValue = ['numeric', 'real', 'double precision'].includes(type);
    const compares = type === 'json' ? `${name}::jsonb` : byValue ? name : `${name}::text`;
    const [expected] = await at.query<{ n: string }>(
      `SELECT count(*) AS n FROM types t JOIN kept.types k USING (id) WHERE t.${compares} IS DISTINCT FROM k.${compares}`,
    );
    const asked = {
      selection: { collections: ['types'] },
      examples: 0,
      folder: join(data.folder, 'compare'),
    };
    const [types] = (await compareBackup(host, archive, asked)).collections;
    expect([name, types?.changed]).toEqual([name, Number(expected?.n)]);
    await at.sql(`UPDATE types t SET ${name} = k.${name} FROM kept.types k WHERE k.id = t.id`);
  }
}, 300_000);
