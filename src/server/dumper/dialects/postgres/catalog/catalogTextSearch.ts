import type { Client } from 'pg';
import type { Named } from '../structure/operator';
import type { TextConfiguration, TextDictionary } from '../structure/textSearch';
import { ask, commentOf, NOT_OF_EXTENSION, type Place } from './catalog';

interface Row {
  oid: number;
  name: string;
  owner: string;
  comment: string | null;
}

export interface DictionaryRow extends Row {
  template: Named;
  options: string | null;
}

export interface ConfigurationRow extends Row {
  parser: Named;
  mappings: TextConfiguration['mappings'];
}

/** Without a schema it is the app's own. */
const named = (catalog: string, prefix: string, oid: string): string =>
  `(SELECT json_strip_nulls(json_build_object('name', x.${prefix}name, 'schema', CASE WHEN x.${prefix}namespace <> $1 THEN n.nspname END))
     FROM ${catalog} x JOIN pg_namespace n ON n.oid = x.${prefix}namespace WHERE x.oid = ${oid})`;

export const readDictionaries = (client: Client, schema: Place): Promise<DictionaryRow[]> =>
  ask(
    client,
    schema,
    `SELECT d.oid, d.dictname AS name, pg_get_userbyid(d.dictowner) AS owner, ${commentOf('pg_ts_dict', 'd.oid')} AS comment,
       ${named('pg_ts_template', 'tmpl', 'd.dicttemplate')} AS template, d.dictinitoption AS options
     FROM pg_ts_dict d WHERE d.dictnamespace = $1 AND ${NOT_OF_EXTENSION('pg_ts_dict', 'd.oid')}
     ORDER BY d.dictname COLLATE "C"`,
  );

export const readConfigurations = (client: Client, schema: Place): Promise<ConfigurationRow[]> =>
  ask(
    client,
    schema,
    `SELECT c.oid, c.cfgname AS name, pg_get_userbyid(c.cfgowner) AS owner, ${commentOf('pg_ts_config', 'c.oid')} AS comment,
       ${named('pg_ts_parser', 'prs', 'c.cfgparser')} AS parser,
       coalesce((SELECT json_agg(json_build_object('token', m.token, 'dictionaries', m.dictionaries) ORDER BY m.number) FROM (
         SELECT t.tokid AS number, t.alias AS token, json_agg(${named('pg_ts_dict', 'dict', 'm.mapdict')} ORDER BY m.mapseqno) AS dictionaries
         FROM pg_ts_config_map m JOIN ts_token_type(c.cfgparser) t ON t.tokid = m.maptokentype
         WHERE m.mapcfg = c.oid GROUP BY t.tokid, t.alias) m), '[]') AS mappings
     FROM pg_ts_config c WHERE c.cfgnamespace = $1 AND ${NOT_OF_EXTENSION('pg_ts_config', 'c.oid')}
     ORDER BY c.cfgname COLLATE "C"`,
  );

/** As the server writes them down: names and values like those of CREATE, texts in quotes that are doubled inside. */
const OPTION = /\s*("(?:[^"]|"")+"|[^\s"=,]+) = (?:E?'((?:[^'\\]|''|\\\\)*)'|(-?[\d.]+))(?:,|$)/gy;

export function dictionaryIn({ template, options }: DictionaryRow, version: number): TextDictionary {
  // Before version 13 quotes stand around numbers too, and then the server does not take them.
  const isNumber = (value: string) => version < 130000 && /^-?\d{1,18}$/.test(value);
  return {
    template,
    options: [...(options ?? '').matchAll(OPTION)].map(([, name = '', text, number]) => {
      const value = number ?? (text ?? '').replaceAll("''", "'").replaceAll('\\\\', '\\');
      return {
        name: name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name,
        value,
        ...((number !== undefined || isNumber(value)) && { number: true as const }),
      };
    }),
  };
}
