import { textFields, written } from '../../helpers/forge';
import { Unfit } from '../../../src/server/dumper/schema/unfit';
import type { Relation, SchemaObject } from '../../../src/server/dumper/schema/structure';
import {
  addForeignKey,
  addIndexes,
  createObject,
  createTable,
  createTrigger,
  createView,
} from '../../../src/server/dumper/dialects/mysql/ddl/ddl';
import { tokens, judge, withoutDatabase } from '../../../src/server/dumper/dialects/mysql/sql/tokens';
import { checkSchema } from '../../../src/server/dumper/dialects/mysql/structure/checkSchema';
import { findCode } from '../../../src/server/dumper/dialects/mysql/structure/code';
import {
  parseColumnType,
  writeColumnType,
} from '../../../src/server/dumper/dialects/mysql/structure/columnType';
import { ObjectNative, RelationNative } from '../../../src/server/dumper/dialects/mysql/structure/structure';

/** One of everything that a table can have. */
const NATIVE: RelationNative = {
  engine: 'InnoDB',
  collation: 'utf8mb4_general_ci',
  rowFormat: 'DYNAMIC',
  columns: [
    { columnType: 'int(11)', autoIncrement: true },
    {
      columnType: "enum('a','b''c')",
      charset: 'utf8mb4',
      collation: 'utf8mb4_bin',
      default: { kind: 'value', value: 'a' },
    },
    { columnType: 'decimal(10,2)', default: { kind: 'number', value: '1.5' } },
    { columnType: 'datetime(3)', default: { kind: 'now', digits: 3 }, onUpdate: 3 },
    { columnType: 'varchar(20)', default: { kind: 'expression', text: "concat('a', 'b')" } },
    { columnType: 'int(11)', generation: '`id` * 2' },
    { columnType: 'longtext', json: true, invisible: true },
  ],
  indexes: [
    { name: 'PRIMARY', kind: 'primary', parts: [{ column: 'id' }] },
    {
      name: 'k',
      kind: 'index',
      using: 'BTREE',
      comment: 'c',
      parts: [{ column: 'b', length: 3, descending: true }],
    },
    { name: 'x', kind: 'unique', parts: [{ expression: 'lower(`b`)' }] },
    { name: 'f', kind: 'fulltext', parts: [{ column: 'j' }] },
  ],
  checks: [
    { name: 'positive', clause: '`id` > 0' },
    { name: 'b', clause: "`b` <> 'x'", ofColumn: true },
  ],
  triggers: [
    {
      name: 'tr',
      timing: 'BEFORE',
      event: 'INSERT',
      body: 'SET new.b = 1',
      sqlMode: 'ANSI_QUOTES',
      definer: 'a@b',
    },
  ],
};
const column = (name: string, more: object = {}) => ({
  name,
  type: 'text' as const,
  nullable: true,
  ...more,
});
const TABLE: Relation = {
  name: 't',
  kind: 'table',
  columns: [
    column('id', { nullable: false, comment: 'c' }),
    column('b'),
    column('d'),
    column('m'),
    column('v'),
    column('g', { generated: 'virtual' }),
    column('j'),
  ],
  parents: [],
  uniqueKeys: [],
  foreignKeys: [
    {
      name: 'fk',
      columns: ['id'],
      references: 'p',
      referencedColumns: ['id'],
      onDelete: 'cascade',
      onUpdate: 'no action',
      holds: true,
    },
  ],
  indexes: [],
  counters: [{ column: 'id', next: '7' }],
  comment: 'about it',
  native: { mysql: NATIVE },
};
const VIEW: Relation = {
  ...TABLE,
  name: 'v',
  kind: 'view',
  columns: [],
  foreignKeys: [],
  counters: [],
  native: {
    mysql: {
      columns: [],
      indexes: [],
      checks: [],
      triggers: [],
      view: {
        query: 'select `t`.`id` AS `id` from `t`',
        checkOption: 'LOCAL',
        security: 'INVOKER',
        definer: 'a@b',
      },
    } satisfies RelationNative,
  },
};
const TEXT = { sqlMode: 'STRICT_ALL_TABLES', definer: 'a@b', comment: "it's \\" };
const OBJECTS: readonly SchemaObject[] = [
  {
    kind: 'function',
    native: {
      ...TEXT,
      body: 'RETURN 1',
      parameters: [{ name: 'n', columnType: 'varchar(20)', charset: 'utf8mb4', collation: 'utf8mb4_bin' }],
      returns: { columnType: "enum('a','b')", charset: 'utf8mb4', collation: 'utf8mb4_bin' },
      deterministic: true,
      access: 'NO SQL',
      security: 'DEFINER',
    } satisfies ObjectNative,
  },
  {
    kind: 'procedure',
    native: {
      ...TEXT,
      body: 'SELECT 1',
      parameters: [{ name: 'n', mode: 'INOUT', columnType: 'int(11)' }],
      deterministic: false,
      access: 'CONTAINS SQL',
      security: 'INVOKER',
    } satisfies ObjectNative,
  },
  {
    kind: 'event',
    native: {
      ...TEXT,
      body: 'DELETE FROM log',
      schedule: {
        kind: 'every',
        value: '1:30',
        unit: 'HOUR_MINUTE',
        starts: '2026-01-01 00:00:00',
        ends: '2027-01-01 00:00:00',
      },
      timeZone: 'Europe/Berlin',
      preserved: true,
      status: 'SLAVESIDE_DISABLED',
    } satisfies ObjectNative,
  },
  {
    kind: 'event',
    native: {
      ...TEXT,
      body: 'DELETE FROM log',
      schedule: { kind: 'once', at: '2026-01-01 00:00:00' },
      timeZone: '+00:00',
      preserved: false,
      status: 'ENABLED',
    } satisfies ObjectNative,
  },
].map(({ kind, native }) => ({ kind, name: 'o', identity: 'o', native: { mysql: native } }));
const schemaOf = (relation?: Relation, objects: readonly SchemaObject[] = []) => ({
  relations: relation ? [relation] : [],
  objects,
  order: [],
  needs: new Map(),
  laterNeeds: new Map(),
});
const statements = (relation: Relation): string[] =>
  (['mysql', 'mariadb'] as const).flatMap((flavor) => [
    ...[true, false].flatMap((indexed) => [
      createTable(relation, '_ark_s', flavor, { indexed }),
      ...addIndexes(relation, '_ark_s', flavor, { indexed }),
    ]),
    ...relation.foreignKeys.map((key) => addForeignKey('t', key, flavor)),
    // Bodies are code as a whole: told of, and run only with leave.
    ...(relation.native.mysql as RelationNative).triggers.map((trigger) =>
      createTrigger('t', { ...trigger, body: '' }),
    ),
  ]);

const HOSTILE = [
  "x'; DROP TABLE evil; -- ",
  '1); DROP TABLE evil; --',
  '1) COMMENT=(SELECT evil FROM mysql.user',
  '`; DROP TABLE evil; --',
  '"evil',
  "\\'; evil",
  '/* evil */ 1',
  '1 /*! evil */',
  '1 # evil\n',
  'int) engine=evil (',
  'evil\0',
  'evil(1)',
  '(1) or (evil())',
  '',
];

type Native = Pick<Relation, 'native'>;

/** Every text of a value, by its path. */
function* textsIn(value: unknown, path: readonly (string | number)[] = []): Generator<(string | number)[]> {
  if (typeof value === 'string') yield [...path];
  else if (typeof value === 'object' && value !== null)
    for (const [key, item] of Object.entries(value)) yield* textsIn(item, [...path, key]);
}
function replaced<T>(value: T, [key, ...rest]: readonly (string | number)[], text: string): T {
  if (key === undefined) return text as T;
  if (Array.isArray(value))
    return value.map((item: unknown, at) => (at === Number(key) ? replaced(item, rest, text) : item)) as T;
  return { ...value, [key]: replaced(value[key as keyof T], rest, text) };
}

/** Whether a text stands there; of a list in any of its items. */
function stands(value: unknown, [step, ...rest]: ReturnType<typeof textFields>[number]): boolean {
  if (step === undefined) return typeof value === 'string';
  if (typeof value !== 'object' || value === null) return false;
  if (step === 'each') return Object.values(value).some((item) => stands(item, rest));
  return stands((value as Record<string, unknown>)[step.name], rest);
}

it('every text that such an archive can have is in one of these', () => {
  const lacking = (shape: typeof RelationNative | typeof ObjectNative, samples: readonly Native[]) =>
    textFields(shape)
      .filter((path) => !samples.some(({ native }) => stands(native.mysql, path)))
      .map(written);
  expect(lacking(RelationNative, [TABLE, VIEW])).toEqual([]);
  expect(lacking(ObjectNative, OBJECTS)).toEqual([]);
});

it('what is whole passes, and makes statements', () => {
  for (const object of OBJECTS) {
    expect(() => checkSchema(schemaOf(undefined, [object]))).not.toThrow();
    expect(isWhole(createObject(object, 'p'), false)).toBe(true);
  }
  expect(() => checkSchema(schemaOf(undefined, [...OBJECTS.slice(0, 3)]))).not.toThrow();
  expect(() => checkSchema(schemaOf(undefined, OBJECTS))).toThrow('it is there twice');
  expect(() => checkSchema(schemaOf(TABLE))).not.toThrow();
  expect(statements(TABLE)).toHaveLength(14);
  expect(() => checkSchema(schemaOf(VIEW))).not.toThrow();
});

it.each([...textsIn(VIEW.native)].map((path) => [path.join('.'), path] as const))(
  'of a view %s: what is hostile is refused, or the view is one statement',
  (_, path) => {
    for (const text of [
      ...HOSTILE,
      'select 1; drop table evil',
      'insert into evil values (1)',
      'select 1 into outfile "x" -- ',
    ]) {
      const relation = { ...VIEW, native: replaced(VIEW.native, path, text) };
      try {
        checkSchema(schemaOf(relation));
      } catch (error) {
        expect(error).toBeInstanceOf(Unfit);
        continue;
      }
      const all = tokens(createView(relation));
      expect(all.filter(({ kind }) => kind === 'comment')).toEqual([]);
      expect(all.filter((token) => token.kind === 'mark' && token.text === ';')).toEqual([]);
    }
  },
);

it.each(
  OBJECTS.flatMap((object, at) =>
    [...textsIn(object)].map((path) => [`${object.kind} ${at}: ${path.join('.')}`, object, path] as const),
  ),
)(
  '%s: what is hostile is refused, or nothing but a text or a name, or code that is told of',
  (_, object, path) => {
    for (const text of HOSTILE) {
      const changed = replaced(object, path, text);
      try {
        checkSchema(schemaOf(undefined, [changed]));
      } catch (error) {
        expect(error).toBeInstanceOf(Unfit);
        continue;
      }
      const [told] = findCode(schemaOf(undefined, [changed]));
      expect(told?.text).toContain((changed.native.mysql as ObjectNative).body);
      // A body is code as a whole: told of, and run only with leave.
      const bare = replaced(changed, ['native', 'mysql', 'body'], '');
      expect([text, isWhole(createObject(bare, 'p'), false)]).toEqual([text, true]);
    }
  },
);

it.each([
  '_ark_20260101_000000_abcdef_j_done',
  '_ark_20260101_000000_abcdef_u_0',
  '_ark_20260101_000000_abcdef_s_0',
  '_ark_20260101_000000_abcdef_j_prepared',
  '_ark_00000000_rows',
  '_ark_20990101_what_a_newer_one_keeps',
])('%s is no name that an archive may bring, whatever it is of', (name) => {
  for (const relation of [TABLE, VIEW])
    expect(() => checkSchema(schemaOf({ ...relation, name }))).toThrow("one of Ark's own");
  for (const object of OBJECTS)
    expect(() => checkSchema(schemaOf(undefined, [{ ...object, name, identity: name }]))).toThrow(
      "one of Ark's own",
    );
});

it.each([
  'SQL SECURITY DEFINER RETURN 1',
  " comment 'x' RETURN 1",
  '\n\tNOT DETERMINISTIC RETURN 1',
  'READS SQL DATA RETURN 1',
  '/*!50003 SQL SECURITY DEFINER */ RETURN 1',
  '/*M!100000 SQL SECURITY DEFINER */ RETURN 1',
  '-- \nSQL SECURITY DEFINER RETURN 1',
  '# x\nSQL SECURITY DEFINER RETURN 1',
])('a body that begins with %j would say what its routine is, and is refused', (body) => {
  for (const object of OBJECTS.slice(0, 2))
    expect(() =>
      checkSchema(schemaOf(undefined, [replaced(object, ['native', 'mysql', 'body'], body)])),
    ).toThrow('it begins with what is no statement');
});

it('a comment is one in the mode that its statement is made in, whatever a backslash is there', () => {
  const [made] = OBJECTS;
  for (const text of HOSTILE) {
    const plain = replaced(made!, ['native', 'mysql', 'comment'], text);
    const there = replaced(plain, ['native', 'mysql', 'sqlMode'], 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES');
    expect(createObject(there, 'p')).toContain(`COMMENT '${text.replaceAll("'", "''")}' RETURN 1`);
  }
});

/** One statement that ends where it should, and nothing hostile in it but in quotes, or as code that is told of. */
function isWhole(statement: string, isCode: boolean): boolean {
  let depth = 0;
  for (const { kind, text } of tokens(statement)) {
    if (kind === 'comment' || (kind === 'mark' && text === ';')) return false;
    if (!isCode && kind === 'word' && text.includes('evil')) return false;
    if (kind === 'mark') depth += text === '(' ? 1 : text === ')' ? -1 : 0;
    if (depth < 0) return false;
  }
  return depth === 0;
}

const PATHS = [...textsIn(TABLE)].map((path) => [path.join('.'), path] as const);
it.each(PATHS)(
  '%s: what is hostile is refused, told of as code, or nothing but a text or a name',
  (_, path) => {
    for (const text of HOSTILE) {
      const relation = replaced(TABLE, path, text);
      try {
        checkSchema(schemaOf(relation));
      } catch (error) {
        expect(error).toBeInstanceOf(Unfit);
        continue;
      }
      const isCode = findCode({ relations: [relation], objects: [] }).some((item) => item.text === text);
      const wrong = statements(relation).filter((statement) => !isWhole(statement, isCode));
      expect([text, wrong]).toEqual([text, []]);
    }
  },
);

it.each([
  'tinyint(1)',
  'bigint(20) unsigned',
  'int(6) unsigned zerofill',
  'decimal(65,30)',
  'float',
  'bit(64)',
  'varchar(80)',
  "enum('a','b''c','d\\\\e','')",
  "set('x','y')",
  'timestamp(6)',
  'json',
  'geometry',
  'uuid',
  'inet6',
  'year(4)',
])('%s is a type, and written as the server writes it', (type) => {
  const parsed = parseColumnType(type);
  expect(parsed).toBeDefined();
  expect(parseColumnType(writeColumnType(parsed!))).toEqual(parsed);
});

it.each([
  '',
  'int(',
  'int(1)) engine=x',
  'varchar',
  'text(3)',
  'enum()',
  "enum('a'",
  "enum('a',)",
  "enum('a') x",
  'varchar(10) unsigned',
  'evil',
  'int(1,2)',
  "set('a'b')",
])('%j is none', (type) => expect(parseColumnType(type)).toBeUndefined());

it.each([
  ["concat('a', `b`)", 'plain'],
  ['`id` * 2 + 1', 'plain'],
  ['evil(1)', 'calls'],
  ['`evil`(1)', 'calls'],
  ['sleep(10)', 'calls'],
  ['(select 1)', 'calls'],
  ['@x', 'calls'],
  ['1)', 'broken'],
  ['(1', 'broken'],
  ["'a", 'broken'],
  ['1; 2', 'broken'],
  ['1 -- x', 'broken'],
  ['1 /*! x */', 'broken'],
  ['1 /* x', 'broken'],
  ['', 'broken'],
] as const)('%j is %s', (expression, verdict) => expect(judge(expression)).toBe(verdict));

it("a text's own database is left out of names, and of nothing else", () => {
  expect(
    withoutDatabase("select `app`.`t`.`app` from `app`.`t` where `t`.`app`.`x` = '`app`.`y`'", 'app'),
  ).toBe("select `t`.`app` from `t` where `t`.`app`.`x` = '`app`.`y`'");
});
