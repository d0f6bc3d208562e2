import { createHash } from 'node:crypto';
import { notIncluded, type NotIncluded } from '../../../schema/notIncluded';
import {
  objectKey,
  relationKey,
  type ForeignKey,
  type Needs,
  type Relation,
  type Schema,
} from '../../../schema/structure';
import { orderByNeed } from '../../../schema/order';
import { ReferenceAction } from '../../../schema/types';
import { isOurs } from '../sql/names';
import { QUOTED, quote, unquoted } from '../sql/quote';
import { quotedNames } from '../sql/tokens';
import { callsIn, routinesOf } from '../structure/calls';
import {
  bodyOf,
  columnToNeutral,
  indexesToNeutral,
  nameOf,
  type DescribedColumn,
} from '../structure/neutral';
import type {
  CheckNative,
  IndexNative,
  NativeDefault,
  RelationNative,
  TriggerNative,
  ViewNative,
} from '../structure/structure';
import { rows, type Client } from '../connection/connection';
import { readObjects } from './objects';
import { readBody } from './statements';

/** What is in a database now. */
export interface Description {
  readonly schema: Schema;
  readonly sizes: ReadonlyMap<string, { readonly rows: number; readonly bytes: number }>;
  readonly notIncluded: readonly NotIncluded[];
  /** Routines and events that are here and not in `schema`, by `nameOf`. */
  readonly hidden: ReadonlySet<string>;
}

interface TableRow {
  readonly name: string;
  readonly type: string;
  readonly engine: string | null;
  readonly rows: string | null;
  readonly bytes: string | null;
  readonly next: string | null;
  readonly options: string | null;
  readonly comment: string | null;
  readonly collation: string | null;
}

interface ColumnRow {
  readonly table: string;
  readonly name: string;
  readonly type: string;
  readonly nullable: string;
  readonly value: string | null;
  readonly extra: string;
  readonly generation: string | null;
  readonly charset: string | null;
  readonly collation: string | null;
  readonly comment: string;
  readonly srid: string | null;
}

interface IndexRow {
  readonly table: string;
  readonly index: string;
  readonly loose: string;
  readonly column: string | null;
  readonly expression: string | null;
  readonly sorted: string | null;
  readonly length: string | null;
  readonly type: string;
  readonly comment: string;
  readonly hidden: string;
}

interface KeyRow {
  readonly table: string;
  readonly name: string;
  readonly column: string;
  readonly inSchema: string;
  readonly references: string;
  readonly referenced: string;
  readonly onDelete: string;
  readonly onUpdate: string;
}

/**
 * Everything of a database that Ark carries, in the order of names. A few questions, whatever the number of tables.
 */
export async function describe(client: Client): Promise<Description> {
  const { database, server } = client;
  const isMaria = server.flavor === 'mariadb';
  const of = async <T>(sql: string): Promise<T[]> => rows<T>(client, sql, [database]);
  const tables = (
    await of<TableRow>(
      `SELECT TABLE_NAME AS name, TABLE_TYPE AS type, ENGINE AS engine, TABLE_ROWS AS \`rows\`,
         DATA_LENGTH + INDEX_LENGTH AS bytes, AUTO_INCREMENT AS next, CREATE_OPTIONS AS options, TABLE_COMMENT AS comment,
         TABLE_COLLATION AS collation
       FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? ORDER BY BINARY TABLE_NAME`,
    )
  ).filter(({ name }) => !isOurs(name));
  const columns = byTable(
    await of<ColumnRow>(
      `SELECT TABLE_NAME AS \`table\`, COLUMN_NAME AS name, COLUMN_TYPE AS type, IS_NULLABLE AS nullable, COLUMN_DEFAULT AS value,
         EXTRA AS extra, GENERATION_EXPRESSION AS generation, CHARACTER_SET_NAME AS charset, COLLATION_NAME AS collation,
         COLUMN_COMMENT AS comment, ${isMaria ? 'NULL' : 'SRS_ID'} AS srid
       FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? ORDER BY TABLE_NAME, ORDINAL_POSITION`,
    ),
  );
  const parts = byTable(
    await of<IndexRow>(
      `SELECT TABLE_NAME AS \`table\`, INDEX_NAME AS \`index\`, NON_UNIQUE AS loose, COLUMN_NAME AS \`column\`,
         ${isMaria ? 'NULL' : 'EXPRESSION'} AS expression, COLLATION AS sorted, SUB_PART AS length, INDEX_TYPE AS type,
         INDEX_COMMENT AS comment, ${isMaria ? "IGNORED = 'YES'" : "IS_VISIBLE = 'NO'"} AS hidden
       FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = ? ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX`,
    ),
  );
  // Two questions: joined by the server they take its time by the square of their number.
  const rules = new Map(
    (
      await of<{ table: string; name: string; onDelete: string; onUpdate: string }>(
        `SELECT TABLE_NAME AS \`table\`, CONSTRAINT_NAME AS name, DELETE_RULE AS onDelete, UPDATE_RULE AS onUpdate
         FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = ?`,
      )
    ).map((rule) => [ruleKey(rule), rule]),
  );
  const foreign = byTable(
    (
      await of<Omit<KeyRow, 'onDelete' | 'onUpdate'>>(
        `SELECT TABLE_NAME AS \`table\`, CONSTRAINT_NAME AS name, COLUMN_NAME AS \`column\`,
           REFERENCED_TABLE_SCHEMA AS inSchema, REFERENCED_TABLE_NAME AS \`references\`, REFERENCED_COLUMN_NAME AS referenced
         FROM information_schema.KEY_COLUMN_USAGE
         WHERE TABLE_SCHEMA = ? AND REFERENCED_TABLE_NAME IS NOT NULL
         ORDER BY TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION`,
      )
    ).flatMap((row): KeyRow[] => {
      const rule = rules.get(ruleKey(row));
      return rule ? [{ ...row, onDelete: rule.onDelete, onUpdate: rule.onUpdate }] : [];
    }),
  );
  const checks = byTable(
    await of<{ table: string; name: string; clause: string; level: string; enforced: string }>(
      isMaria
        ? `SELECT TABLE_NAME AS \`table\`, CONSTRAINT_NAME AS name, CHECK_CLAUSE AS clause, LEVEL AS level, 'YES' AS enforced
           FROM information_schema.CHECK_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = ?`
        : `SELECT t.TABLE_NAME AS \`table\`, c.CONSTRAINT_NAME AS name, c.CHECK_CLAUSE AS clause, 'Table' AS level, t.ENFORCED AS enforced
           FROM information_schema.CHECK_CONSTRAINTS c JOIN information_schema.TABLE_CONSTRAINTS t
             ON t.CONSTRAINT_SCHEMA = c.CONSTRAINT_SCHEMA AND t.CONSTRAINT_NAME = c.CONSTRAINT_NAME AND t.CONSTRAINT_TYPE = 'CHECK'
           WHERE c.CONSTRAINT_SCHEMA = ?`,
    ),
  );
  const left: NotIncluded[] = [];
  const triggers = byTable(
    await withBodies(
      client,
      'trigger',
      left,
      await of<TriggerNative & { table: string }>(
        `SELECT EVENT_OBJECT_TABLE AS \`table\`, TRIGGER_NAME AS name, ACTION_TIMING AS timing, EVENT_MANIPULATION AS event,
           ACTION_STATEMENT AS body, SQL_MODE AS sqlMode, DEFINER AS definer
         FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = ? ORDER BY EVENT_OBJECT_TABLE, ACTION_ORDER, TRIGGER_NAME`,
      ),
    ),
  );
  const views = new Map(
    (
      await withBodies(
        client,
        'view',
        left,
        await of<{ name: string; body: string; checkOption: string; security: string; definer: string }>(
          `SELECT TABLE_NAME AS name, VIEW_DEFINITION AS body, CHECK_OPTION AS checkOption, SECURITY_TYPE AS security,
             DEFINER AS definer
           FROM information_schema.VIEWS WHERE TABLE_SCHEMA = ?`,
        ),
      )
    ).map(({ name, body, checkOption, security, definer }) => [
      name,
      {
        query: body,
        checkOption: checkOption as ViewNative['checkOption'],
        security: security as ViewNative['security'],
        definer,
      },
    ]),
  );

  const relations = tables.flatMap((table): Relation[] => {
    const { name, type, options } = table;
    if (type !== 'BASE TABLE' && type !== 'VIEW') {
      left.push(notIncluded(type.toLowerCase(), name, { code: 'not-carried' }));
      return [];
    }
    const view = views.get(name);
    // It is told of already.
    if (type === 'VIEW' && !view) return [];
    if (type === 'BASE TABLE') {
      if (/\bpartitioned\b/i.test(options ?? ''))
        left.push(notIncluded('partitions', name, { code: 'partitions' }));
      if (table.engine !== null && !SNAPSHOTS.has(table.engine))
        left.push(notIncluded('moment', name, { code: 'engine', engine: table.engine }));
    }
    const checksHere = checks.get(name) ?? [];
    const described = (columns.get(name) ?? []).map((column) => describeColumn(column, isMaria, checksHere));
    const keys = foreignKeysOf(foreign.get(name) ?? [], database, left);
    const indexes = indexesOf(parts.get(name) ?? [], isMaria);
    const native: RelationNative = {
      ...(type === 'BASE TABLE' && table.engine !== null && { engine: table.engine }),
      ...(table.collation !== null && { collation: table.collation }),
      ...rowFormatOf(options),
      columns: described.map((column) => column.native),
      indexes,
      checks: checksHere
        .filter((check) => !isJsonCheck(check, described))
        .map((check) => checkOf(check, isMaria)),
      triggers: (triggers.get(name) ?? []).map(({ name, timing, event, body, sqlMode, definer }) => ({
        ...{ name, timing, event, sqlMode, definer, body },
      })),
      ...(view && { view }),
    };
    const counting = described.find((column) => column.native.autoIncrement);
    return [
      {
        name,
        kind: type === 'VIEW' ? 'view' : 'table',
        columns: described.map(columnToNeutral),
        parents: [],
        ...indexesToNeutral(indexes, keys),
        foreignKeys: keys,
        counters: counting ? [{ column: counting.name, next: table.next ?? '1' }] : [],
        ...(table.comment !== null && table.comment !== '' && type !== 'VIEW' && { comment: table.comment }),
        native: { mysql: native },
      },
    ];
  });
  const others = await readObjects(client);
  left.push(...others.left);
  const { objects } = others;
  const routines = routinesOf(objects);
  const names = new Set(relations.map(({ name }) => name));
  const needs: Needs = new Map(
    relations.flatMap(({ name }) => {
      const view = views.get(name);
      if (!view) return [];
      const used = quotedNames(view.query).filter((used) => used !== name && names.has(used));
      return [[relationKey(name), [...callsIn(view.query, routines), ...used.map(relationKey)]] as const];
    }),
  );
  // A body is looked at when it runs.
  const laterNeeds: Needs = new Map(
    [
      ...relations.map(
        ({ name }) => [relationKey(name), (triggers.get(name) ?? []).map(({ body }) => body)] as const,
      ),
      ...objects.map((object) => [objectKey(object), [bodyOf(object)]] as const),
    ].flatMap(([key, bodies]) => {
      const called = bodies.flatMap((body) => callsIn(body, routines)).filter((other) => other !== key);
      return called.length > 0 ? [[key, [...new Set(called)]] as const] : [];
    }),
  );
  const keys = [...objects.map(objectKey), ...relations.map(({ name }) => relationKey(name))];
  return {
    schema: { relations, objects, order: orderByNeed(keys, needs), needs, laterNeeds },
    sizes: new Map(
      tables.map(({ name, rows, bytes }) => [
        name,
        { rows: rows === null ? -1 : Number(rows), bytes: Number(bytes ?? 0) },
      ]),
    ),
    notIncluded: left,
    hidden: new Set(others.left.map(({ what, name }) => nameOf({ kind: what, name }))),
  };
}

/** What they do as it was written; those of which that cannot be had are left out by name. */
async function withBodies<T extends { readonly name: string; readonly body: string }>(
  client: Client,
  kind: 'trigger' | 'view',
  left: NotIncluded[],
  all: readonly T[],
): Promise<T[]> {
  const whole: T[] = [];
  for (const each of all) {
    // Of what this account may not read the server says nothing.
    const body = each.body === '' ? undefined : await readBody(client, kind, each.name, each.body);
    if (body !== undefined) whole.push({ ...each, body });
    else left.push(notIncluded(kind, each.name, { code: each.body === '' ? 'text-hidden' : 'not-carried' }));
  }
  return whole;
}

const ruleKey = ({ table, name }: { readonly table: string; readonly name: string }): string =>
  `${table}\0${name}`;

/** Engines whose rows are those of the snapshot. */
const SNAPSHOTS = new Set(['InnoDB', 'ROCKSDB']);

function byTable<T extends { readonly table: string }>(all: readonly T[]): ReadonlyMap<string, T[]> {
  const tables = new Map<string, T[]>();
  for (const row of all) {
    const before = tables.get(row.table);
    if (before) before.push(row);
    else tables.set(row.table, [row]);
  }
  return tables;
}

const rowFormatOf = (options: string | null): { rowFormat?: string } => {
  const [, format] = /row_format=(\w+)/i.exec(options ?? '') ?? [];
  return format === undefined ? {} : { rowFormat: format.toUpperCase() };
};

function describeColumn(
  row: ColumnRow,
  isMaria: boolean,
  checks: readonly { name: string; clause: string }[],
): DescribedColumn {
  const { name, nullable, extra, generation, comment } = row;
  const compressed = / ?\/\*M?!\d+ COMPRESSED\*\//.test(row.type);
  const columnType = row.type.replace(/ ?\/\*M?!\d+ COMPRESSED\*\//, '');
  const [generated] = /\b(stored|persistent|virtual) generated\b/i.exec(extra) ?? [];
  const value = generated ? undefined : isMaria ? mariaDefault(row.value) : mysqlDefault(row);
  const onUpdate = /on update current_timestamp(?:\((\d*)\))?/i.exec(extra);
  const json = isMaria && columnType === 'longtext' && checks.some((check) => isJsonClause(check, name));
  return {
    name,
    nullable: nullable === 'YES',
    ...(generated && { generated: /virtual/i.test(generated) ? ('virtual' as const) : ('stored' as const) }),
    ...(comment !== '' && { comment }),
    native: {
      columnType,
      ...(row.charset !== null && { charset: row.charset }),
      ...(row.collation !== null && { collation: row.collation }),
      ...(value && { default: value }),
      ...(onUpdate && { onUpdate: Number(onUpdate[1] ?? 0) }),
      ...(/\bauto_increment\b/i.test(extra) && { autoIncrement: true as const }),
      ...(generated && generation !== null && { generation: isMaria ? generation : unescaped(generation) }),
      ...(/\binvisible\b/i.test(extra) && { invisible: true as const }),
      ...(row.srid !== null && { srid: Number(row.srid) }),
      ...(json && { json: true as const }),
      ...(compressed && { compressed: true as const }),
    },
  };
}

/** MariaDB makes a JSON column as a text with this check. */
const isJsonClause = ({ name, clause }: { name: string; clause: string }, column: string): boolean =>
  name === column && clause === `json_valid(${quote(column)})`;
const isJsonCheck = (check: { name: string; clause: string }, columns: readonly DescribedColumn[]): boolean =>
  columns.some((column) => column.native.json && isJsonClause(check, column.name));

const TEXT = new RegExp(`^'${QUOTED}'$`);
const NUMBER = /^-?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;
const MOMENT = /^(?:current_timestamp|now|localtimestamp|localtime)(?:\((\d*)\))?$/i;

/** MariaDB writes an expression: texts in quotes, and the word NULL where there is no default. */
function mariaDefault(text: string | null): NativeDefault | undefined {
  if (text === null || text === 'NULL') return undefined;
  const moment = MOMENT.exec(text);
  if (moment) return { kind: 'now', digits: Number(moment[1] ?? 0) };
  if (NUMBER.test(text) || /^b'[01]+'$/i.test(text)) return { kind: 'number', value: text };
  if (TEXT.test(text)) return { kind: 'value', value: unquoted(text.slice(1, -1)) };
  return { kind: 'expression', text };
}

/** MySQL writes values bare, and says in EXTRA what is an expression (documented; not run here). */
function mysqlDefault({ value, extra, type }: ColumnRow): NativeDefault | undefined {
  if (value === null) return undefined;
  const moment = MOMENT.exec(value);
  if (moment && /\b(?:timestamp|datetime)\b/i.test(type))
    return { kind: 'now', digits: Number(moment[1] ?? 0) };
  if (/\bDEFAULT_GENERATED\b/i.test(extra)) return { kind: 'expression', text: unescaped(value) };
  const isNumber = /^(?:\w*int|decimal|float|double|bit|year)\b/i.test(type);
  return isNumber && (NUMBER.test(value) || /^b'[01]+'$/i.test(value))
    ? { kind: 'number', value }
    : { kind: 'value', value };
}

/** MySQL escapes the quotes of expressions in these columns, and of no others (documented; not run here). */
const unescaped = (text: string): string => text.replace(/\\(['\\])/g, '$1');

function foreignKeysOf(parts: readonly KeyRow[], database: string, left: NotIncluded[]): ForeignKey[] {
  const keys = new Map<string, ForeignKey>();
  for (const { name, column, inSchema, references, referenced, onDelete, onUpdate } of parts) {
    if (inSchema !== database) {
      if (!left.some((item) => item.name === name))
        left.push(notIncluded('foreign key', name, { code: 'table-elsewhere' }));
      continue;
    }
    const before = keys.get(name);
    keys.set(name, {
      name,
      columns: [...(before?.columns ?? []), column],
      references,
      referencedColumns: [...(before?.referencedColumns ?? []), referenced],
      onDelete: ReferenceAction.parse(onDelete.toLowerCase()),
      onUpdate: ReferenceAction.parse(onUpdate.toLowerCase()),
      holds: true,
    });
  }
  return [...keys.values()];
}

function indexesOf(parts: readonly IndexRow[], isMaria: boolean): IndexNative[] {
  const indexes = new Map<string, IndexNative>();
  for (const { index: name, loose, column, expression, sorted, length, type, comment, hidden } of parts) {
    const kind =
      type === 'FULLTEXT'
        ? 'fulltext'
        : type === 'SPATIAL' || type === 'RTREE'
          ? 'spatial'
          : name === 'PRIMARY'
            ? 'primary'
            : loose === '0'
              ? 'unique'
              : 'index';
    const part = {
      ...(column !== null && { column }),
      ...(length !== null && kind !== 'fulltext' && kind !== 'spatial' && { length: Number(length) }),
      ...(sorted === 'D' && { descending: true as const }),
      ...(expression !== null && { expression: isMaria ? expression : unescaped(expression) }),
    };
    const before = indexes.get(name);
    indexes.set(name, {
      name,
      kind,
      ...(type === 'HASH' && { using: 'HASH' as const }),
      ...(comment !== '' && { comment }),
      ...(hidden === '1' && { invisible: true as const }),
      parts: [...(before?.parts ?? []), part],
    });
  }
  return [...indexes.values()];
}

const checkOf = (
  { name, clause, level, enforced }: { name: string; clause: string; level: string; enforced: string },
  isMaria: boolean,
): CheckNative => ({
  name,
  clause: isMaria ? clause : unescaped(clause),
  ...(level === 'Column' && { ofColumn: true as const }),
  ...(enforced === 'NO' && { enforced: false as const }),
});

/** A mark of a structure by which a later look can tell whether it has changed; next numbers are none of it. */
export const fingerprint = (relation: Relation): string =>
  createHash('sha256')
    .update(JSON.stringify({ ...relation, counters: [] }))
    .digest('hex');
