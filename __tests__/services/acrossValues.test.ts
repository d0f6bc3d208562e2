import { copyDatabase, previewCopy } from '../../src/server/actions/restore/copyDatabase';
import { previewBackup } from '../../src/server/actions/restore/previewBackup';
import { restoreBackup } from '../../src/server/actions/restore/restoreBackup';
import type { Warning } from '../../src/server/dumper/app/warning';
import type { Host } from '../../src/server/host';
import { backUp, hostOf, offlineTestHost } from '../helpers/ark';
import { ownPlace } from '../helpers/place';
import { ownMysql, type TestMysql } from './mysql';

/**
 * What the preview says of values is what the servers do: of every type, each of these values in a table of its own.
 * What is not named comes and is compared by Ark itself; what is named the other server does not have.
 */

const { data, database } = ownPlace();
const place = ownMysql();
const mysqlHost = ({ database: at }: TestMysql) => offlineTestHost(at, data.folder);

const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
const nines = (count: number) => '9'.repeat(count);
const MOMENTS = [
  'infinity',
  '-infinity',
  '0044-03-15 BC',
  '10000-01-01',
  '9999-12-31',
  '0001-01-01',
  '2024-02-29',
];

/** PostgreSQL's types with values, and which of them are another value on MySQL, or none (null). */
const FROM_POSTGRES: readonly [
  type: string,
  values: readonly string[],
  changed: Record<string, string | null>,
][] = [
  [
    'double precision',
    ['NaN', 'Infinity', '-Infinity', '1e308', '5e-324', '-0', '0.1'],
    { NaN: null, Infinity: null, '-Infinity': null },
  ],
  ['real', ['NaN', '1e-45', '3.4028235e38', '-1.5'], { NaN: null }],
  [
    'numeric',
    [
      'NaN',
      '0',
      '-0.00',
      nines(35),
      nines(36),
      `0.${'0'.repeat(29)}1`,
      `0.${'0'.repeat(29)}15`,
      `-0.${'0'.repeat(30)}4`,
      `${nines(35)}.${nines(31)}`,
      `1.${nines(31)}`,
    ],
    {
      NaN: null,
      [nines(36)]: null,
      [`0.${'0'.repeat(29)}15`]: `0.${'0'.repeat(29)}2`,
      [`-0.${'0'.repeat(30)}4`]: `0.${'0'.repeat(30)}`,
      [`${nines(35)}.${nines(31)}`]: null,
      [`1.${nines(31)}`]: `2.${'0'.repeat(30)}`,
    },
  ],
  ['numeric(5,2)', ['NaN', '999.99', '-0.01'], { NaN: null }],
  ['numeric(3,5)', ['0.00999', '-0.00001'], {}],
  ['date', MOMENTS, { infinity: null, '-infinity': null, '0044-03-15 BC': null, '10000-01-01': null }],
  [
    'timestamp',
    [
      'infinity',
      '4713-01-01 00:00:00 BC',
      '10000-01-01 00:00:00',
      '9999-12-31 23:59:59.999999',
      '0001-01-01 00:00:00',
    ],
    { infinity: null, '4713-01-01 00:00:00 BC': null, '10000-01-01 00:00:00': null },
  ],
  [
    'timestamptz',
    ['-infinity', '0001-12-31 00:00:00+00 BC', '9999-12-31 23:59:59.999999+00', '1900-01-01 00:00:00+00'],
    { '-infinity': null, '0001-12-31 00:00:00+00 BC': null },
  ],
  ['time', ['24:00:00', '23:59:59.999999', '00:00:00'], {}],
  [
    'json',
    [
      ...[nested(31), nested(32), '"\\u0000"', '{"a":1,"a":2}', '" [[ "', '1e400'],
      ...['"\\ud834"', '"\\udd1e\\ud834"', '"\\ud834\\udd1e"', '"\\\\ud834"'],
    ],
    { [nested(32)]: null, '"\\ud834"': null, '"\\udd1e\\ud834"': null },
  ],
  [
    'jsonb',
    [nested(31), nested(32), '{"a": "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["}'],
    { [nested(32)]: null },
  ],
  ['text', ['', ' ', 'ÿ€𝄞', "'", '\\', '\u0001'], {}],
  ['varchar(3)', ['𝄞𝄞𝄞', 'a  '], {}],
  ['boolean', ['t', 'f'], {}],
  ['uuid', ['123e4567-e89b-12d3-a456-426655440000'], {}],
  ['bytea', ['\\x00ff', '\\x'], {}],
  ['integer[]', ['{1,NULL}', '[2:3]={1,2}'], { '[2:3]={1,2}': null }],
  ['float8[]', ['{1.5}', '{NaN}'], { '{NaN}': null }],
  ['path', ['((0,0),(1,1))', '[(0,0),(1,1)]'], { '[(0,0),(1,1)]': null }],
];

/** The same of MySQL's and MariaDB's types on PostgreSQL. */
const FROM_MYSQL: readonly [
  type: string,
  values: readonly string[],
  changed: Record<string, string | null>,
][] = [
  [
    'date',
    [
      '0000-00-00',
      '2024-00-15',
      '2024-02-00',
      '0000-01-01',
      '2024-02-31',
      '2024-02-29',
      '9999-12-31',
      '0001-01-01',
    ],
    { '0000-00-00': null, '2024-00-15': null, '2024-02-00': null, '0000-01-01': null, '2024-02-31': null },
  ],
  [
    'datetime(6)',
    ['0000-00-00 00:00:00', '2024-04-31 00:00:00', '9999-12-31 23:59:59.999999'],
    { '0000-00-00 00:00:00': null, '2024-04-31 00:00:00': null },
  ],
  ['timestamp NULL', ['0000-00-00 00:00:00', '2038-01-19 03:14:07'], { '0000-00-00 00:00:00': null }],
  [
    'time(6)',
    ['-01:00:00', '838:59:59', '24:00:00', '24:00:01', '23:59:59.999999'],
    { '-01:00:00': null, '838:59:59': null, '24:00:01': null },
  ],
  ['tinyint(1)', ['0', '1', '2', '-1'], { '2': 't', '-1': 't' }],
  ['text', ['a\0b', '\0', 'ÿ𝄞', '\\'], { 'a\0b': 'ab', '\0': '' }],
  ['varchar(4)', ['a\0', '𝄞𝄞𝄞𝄞'], { 'a\0': 'a' }],
  [
    'char(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin',
    ['123e4567-e89b-12d3-a456-426655440000', '123E4567-E89B-12D3-A456-426655440000', 'none', ''],
    { none: null, '': null },
  ],
  ['json', ['"\\u0000"', '[]', '1e400', '{"a": 1, "a": 2}', '"\\x"', '1.'], { '"\\x"': null, '1.': null }],
  ['bigint unsigned', ['18446744073709551615'], {}],
  ['bit(64)', ['18446744073709551615'], {}],
  ['decimal(65,30)', [`${nines(35)}.${nines(30)}`, '-0.5'], {}],
  ['double', ['1.7976931348623157e308', '5e-324'], {}],
  ['float', ['3.4028234e38', '16777217'], {}],
  ['year', ['1901', '0000'], {}],
  ['longblob', ['\0ab'], {}],
];

interface Value {
  readonly table: string;
  readonly type: string;
  readonly value: string;
  /** What it becomes; undefined where it stays. */
  readonly becomes: string | null | undefined;
}
const valuesOf = (list: typeof FROM_POSTGRES): Value[] =>
  list.flatMap(([type, values, changed], at) =>
    values.map((value, n) => ({ table: `v${at}_${n}`, type, value, becomes: changed[value] })),
  );
const named = (warnings: readonly Warning[]) =>
  new Map(
    warnings.flatMap((warning) =>
      warning.kind === 'changes'
        ? [[warning.collection, 'becomes' in warning ? warning.becomes : null] as const]
        : [],
    ),
  );
const expected = (values: readonly Value[]) =>
  new Map(
    values.flatMap(({ table, becomes }) =>
      becomes === undefined
        ? []
        : [
            [
              table,
              becomes === null || /^[!-~]+$/.test(becomes) ? becomes : JSON.stringify(becomes),
            ] as const,
          ],
    ),
  );
const quoted = (text: string) => `'${text.replace(/[\\']/g, (sign) => (sign === "'" ? "''" : '\\\\'))}'`;
const request = (allowChanges: boolean) => ({
  selection: { all: true },
  allowBreaks: false,
  allowCode: true,
  allowChanges,
});

const checked = async (from: Host, to: Host, values: readonly Value[]) => {
  const archive = await backUp(from, `values-${values[0]!.table}-${from.database.dialect}`);
  const { warnings } = await previewBackup(to, archive, { all: true });
  expect(named(warnings)).toEqual(expected(values));
  const copied = await previewCopy(from, to, { all: true });
  expect(named(copied.warnings)).toEqual(expected(values));
  // Without leave nothing of it happens.
  await expect(restoreBackup(to, archive, 'values', request(false))).rejects.toMatchObject({
    code: 'VALUE_UNFIT',
  });
  await expect(copyDatabase(from, to, request(false))).rejects.toMatchObject({ code: 'VALUE_UNFIT' });
  expect(await to.database.undos()).toEqual([]);
  await restoreBackup(to, archive, 'values', request(true));
};

it('what PostgreSQL has and MariaDB has not is named before, and then becomes what was said', async () => {
  const values = valuesOf(FROM_POSTGRES);
  const from = await database(
    values
      .map(
        ({ table, type, value }) =>
          `CREATE TABLE ${table} (id int PRIMARY KEY, x ${type}); INSERT INTO ${table} VALUES (1, '${value.replaceAll("'", "''")}'), (2, NULL);`,
      )
      .join('\n'),
  );
  const to = await place();
  await checked(hostOf(from.url, data.folder), mysqlHost(to), values);
  for (const { table, type, value, becomes } of values) {
    if (becomes === undefined) continue;
    const [row] = await to.query<{ x: string | null }>(`SELECT x FROM ${table} WHERE id = 1`);
    expect([table, type, value, row?.x]).toEqual([table, type, value, becomes]);
    // There is no such value there, or it would not come back.
    const kept = await to
      .sql(`INSERT INTO ${table} VALUES (3, ${quoted(value)})`)
      .then(() => to.query<{ x: string }>(`SELECT x FROM ${table} WHERE id = 3`))
      .catch(() => []);
    expect([table, type, kept.map(({ x }) => x)]).not.toEqual([table, type, [value]]);
  }
});

it('what MariaDB has and PostgreSQL has not is named before, and then becomes what was said', async () => {
  const values = valuesOf(FROM_MYSQL);
  const from = await place(
    `SET sql_mode = 'ALLOW_INVALID_DATES'`,
    ...values.flatMap(({ table, type, value }) => [
      `CREATE TABLE ${table} (id int PRIMARY KEY, x ${type})`,
      `INSERT INTO ${table} VALUES (1, ${type.startsWith('bit') ? value : quoted(value)}), (2, NULL)`,
    ]),
  );
  for (const { table, type, value } of values) {
    if (!/^(?:date|time|tiny)/.test(type)) continue;
    const [row] = await from.query<{ x: string }>(`SELECT x FROM ${table} WHERE id = 1`);
    expect([type, row?.x.replace(/\.0+$/, '')]).toEqual([type, value.replace(/\.0+$/, '')]);
  }
  const to = await database('');
  await checked(mysqlHost(from), hostOf(to.url, data.folder), values);
  for (const { table, type, value, becomes } of values) {
    if (becomes === undefined) continue;
    const [row] = await to.query<{ x: unknown }>(`SELECT x::text AS x FROM ${table} WHERE id = 1`);
    const shown = becomes === 't' && type === 'tinyint(1)' ? 'true' : becomes;
    expect([table, type, value, row?.x]).toEqual([table, type, value, shown]);
    if (type === 'tinyint(1)') continue;
    await expect(to.sql(`INSERT INTO ${table} VALUES (3, '${value}')`)).rejects.toThrow();
  }
});

it('text that is no UTF-8, which MariaDB has, is named, and comes without it', async () => {
  const from = await place(
    'CREATE TABLE halves (id int PRIMARY KEY, x text, n text)',
    `INSERT INTO halves VALUES (1, _utf8mb4 X'61EDA080', 'a\ufffd')`,
  );
  const to = await database('');
  const value = { table: 'halves', type: 'text', value: '', becomes: 'a\ufffd\ufffd\ufffd' };
  await checked(mysqlHost(from), hostOf(to.url, data.folder), [value]);
  expect((await to.query<{ x: string; n: string }>('SELECT x, n FROM halves'))[0]).toEqual({
    x: value.becomes,
    n: 'a\ufffd',
  });
});

it('where nothing can stand for a value it is refused before, whatever is allowed', async () => {
  const from = await database(`
    CREATE TABLE needed (id int PRIMARY KEY, x double precision NOT NULL);
    INSERT INTO needed VALUES (1, 'NaN'), (2, 1), (3, 'NaN');
    CREATE TABLE keyed (x text PRIMARY KEY);
    INSERT INTO keyed VALUES (repeat('x', 256)), (repeat('𝄞', 255));
    CREATE TABLE fine (id int PRIMARY KEY);`);
  const to = await place();
  const [source, host] = [hostOf(from.url, data.folder), mysqlHost(to)];
  const archive = await backUp(source, 'unfit');
  const refusal = {
    code: 'VALUE_UNFIT',
    details: { code: 'values-unfit', columns: ['keyed.x (1)', 'needed.x (2)'] },
  };
  await expect(previewBackup(host, archive, { all: true })).rejects.toMatchObject(refusal);
  await expect(previewCopy(source, host, { all: true })).rejects.toMatchObject(refusal);
  await expect(restoreBackup(host, archive, 'unfit', request(true))).rejects.toMatchObject({
    code: 'VALUE_UNFIT',
  });
  expect(await to.tables()).toEqual([]);
  // The others come.
  expect((await previewBackup(host, archive, { collections: ['fine'] })).collections).toHaveLength(1);
});
