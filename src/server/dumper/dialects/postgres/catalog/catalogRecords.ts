import type { Client } from 'pg';
import type { Collation } from '../structure/collation';
import type { SchemaObject } from '../structure/structure';
import { ask, commentOf, NOT_OF_EXTENSION, type Place, type Whole } from './catalog';
import { operatorIn, readClasses, readFamilies, readMembers, readOperators } from './catalogOperators';
import { dictionaryIn, readConfigurations, readDictionaries } from './catalogTextSearch';
import { identityOf } from '../structure/records';

/** What travels as a record, with its place in the catalog. */
export interface RecordRow {
  readonly catalog: Whole;
  readonly oid: number;
  readonly object: SchemaObject;
}

interface Named {
  oid: number;
  name: string;
  owner: string;
  comment: string | null;
}

const objectOf = (
  kind: SchemaObject['kind'],
  { name, owner, comment }: Named,
  identity: string,
): SchemaObject => ({ kind, name, identity, definition: '', owner, ...(comment !== null && { comment }) });

/** Without what is null. */
const said = <T extends object>(record: T): { [K in keyof T]: NonNullable<T[K]> } =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== null)) as {
    [K in keyof T]: NonNullable<T[K]>;
  };

interface CollationRow extends Named {
  provider: Collation['provider'];
  locale: string | null;
  collate: string | null;
  ctype: string | null;
  deterministic: boolean;
  rules: string | null;
}

/** Where the locale of ICU is kept is another place in every few versions. */
const localeOf = (version: number): string => {
  if (version >= 170000) return 'c.colllocale';
  return version >= 150000 ? 'c.colliculocale' : `CASE c.collprovider WHEN 'i' THEN c.collcollate::text END`;
};

const readCollations = (client: Client, schema: Place, version: number): Promise<CollationRow[]> =>
  ask(
    client,
    schema,
    `SELECT c.oid, c.collname AS name, pg_get_userbyid(c.collowner) AS owner, ${commentOf('pg_collation', 'c.oid')} AS comment,
       CASE c.collprovider WHEN 'i' THEN 'icu' WHEN 'c' THEN 'libc' ELSE 'builtin' END AS provider,
       ${localeOf(version)} AS locale, CASE c.collprovider WHEN 'c' THEN c.collcollate::text END AS collate,
       CASE c.collprovider WHEN 'c' THEN c.collctype::text END AS ctype, c.collisdeterministic AS deterministic,
       ${version >= 160000 ? 'c.collicurules' : 'NULL'} AS rules
     FROM pg_collation c WHERE c.collnamespace = $1 AND c.collencoding IN (-1, (SELECT encoding FROM pg_database WHERE datname = current_database()))
       AND ${NOT_OF_EXTENSION('pg_collation', 'c.oid')}
     ORDER BY c.collname COLLATE "C"`,
  );

function collationIn(row: CollationRow): Collation {
  const { provider, locale, collate, ctype, deterministic, rules } = row;
  return { provider, deterministic, ...said({ locale, collate, ctype, rules }) };
}

/** Most schemas have none of these, and to know that is one question instead of nine. */
const ANY_RECORD = `SELECT ${Object.entries({
  pg_collation: 'collnamespace',
  pg_operator: 'oprnamespace',
  pg_opfamily: 'opfnamespace',
  pg_opclass: 'opcnamespace',
  pg_ts_dict: 'dictnamespace',
  pg_ts_config: 'cfgnamespace',
})
  .map(([catalog, column]) => `EXISTS (SELECT 1 FROM ${catalog} x WHERE x.${column} = $1)`)
  .join(' OR ')} AS any`;

export async function readRecords(client: Client, schema: Place, version: number): Promise<RecordRow[]> {
  const [there] = await ask<{ any: boolean }>(client, schema, ANY_RECORD);
  if (there?.any === false) return [];
  const members = await readMembers(client, schema);
  const those = <T extends { family: number; class: number | null }>(
    list: readonly T[],
    belongs: (row: T) => boolean,
  ) => list.filter(belongs).map((row) => said({ ...row, family: null, class: null }));
  const record = (
    catalog: Whole,
    kind: SchemaObject['kind'],
    row: Named,
    facts: Partial<SchemaObject>,
  ): RecordRow => {
    const object = { ...objectOf(kind, row, ''), ...facts };
    return { catalog, oid: row.oid, object: { ...object, identity: identityOf(object) } };
  };
  return [
    ...(await readCollations(client, schema, version)).map((row) =>
      record('collation', 'collation', row, { collation: collationIn(row) }),
    ),
    ...(await readOperators(client, schema)).map((row) =>
      record('operator', 'operator', row, { operator: operatorIn(row) }),
    ),
    ...(await readFamilies(client, schema)).map((row) =>
      record('family', 'operator family', row, {
        operatorFamily: {
          method: row.method,
          operators: those(
            members.operators,
            (operator) => operator.class === null && operator.family === row.oid,
          ),
          functions: those(members.functions, (member) => member.class === null && member.family === row.oid),
        },
      }),
    ),
    ...(await readClasses(client, schema)).map((row) =>
      record('class', 'operator class', row, {
        operatorClass: {
          method: row.method,
          family: row.family,
          default: row.default,
          type: row.type,
          ...(row.storage !== null && { storage: row.storage }),
          operators: those(members.operators, (operator) => operator.class === row.oid),
          functions: those(members.functions, (member) => member.class === row.oid),
        },
      }),
    ),
    ...(await readDictionaries(client, schema)).map((row) =>
      record('dictionary', 'text search dictionary', row, { textDictionary: dictionaryIn(row, version) }),
    ),
    ...(await readConfigurations(client, schema)).map((row) =>
      record('configuration', 'text search configuration', row, {
        textConfiguration: { parser: row.parser, mappings: row.mappings },
      }),
    ),
  ];
}
