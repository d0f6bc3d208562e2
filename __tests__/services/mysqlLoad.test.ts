import type { Relation } from '../../src/server/dumper/schema/structure';
import { BackupError } from '../../src/server/errors/errors';
import type { RowSource } from '../../src/server/dumper/dialect';
import {
  connect,
  end,
  rows,
  type Client,
} from '../../src/server/dumper/dialects/mysql/connection/connection';
import { loadTable } from '../../src/server/dumper/dialects/mysql/load/load';
import type { MysqlSettings } from '../../src/server/dumper/dialects/mysql/connection/connection';
import { ownMysql, type TestMysql } from './mysql';

/**
 * Rows come in by LOAD DATA where the server takes them as they are. Whatever a table's type and whatever the field, they
 * come in as by INSERT, or are refused as by INSERT.
 */

const place = ownMysql();

const TYPES = [
  ...['tinyint(1)', 'tinyint', 'smallint unsigned', 'int(6) unsigned zerofill', 'bigint', 'decimal(5,2)'],
  ...[
    'float',
    'double',
    'bit(3)',
    'year',
    'date',
    'time',
    'time(3)',
    'datetime',
    'datetime(3)',
    'timestamp(6)',
  ],
  ...['char(3)', 'varchar(3)', 'varchar(3) CHARACTER SET latin1', 'varchar(3) CHARACTER SET ucs2', 'text'],
  ...["enum('a','1','')", "set('x','y')", 'json', 'binary(2)', 'varbinary(2)', 'blob'],
];
const FIELDS: readonly (string | Buffer)[] = [
  ...[
    '',
    '""',
    'NULL',
    '"NULL"',
    'null',
    '\\N',
    '\\',
    '\\\\',
    '"a""b"',
    '"a,b"',
    '"\n"',
    'a\r',
    '\0',
    "'",
    '\x1a',
  ],
  ...[
    '0',
    '1',
    '2',
    '-1',
    '-0',
    '+1',
    ' 1',
    '1 ',
    '001',
    '127',
    '128',
    '65536',
    '99999999999999999999',
    '1e3',
    '1e400',
  ],
  ...[
    '0.005',
    '999.99',
    '999.995',
    '-0.004',
    '1.',
    'nan',
    'Infinity',
    '3.4028235e+38',
    '1,5',
    't',
    'f',
    'true',
  ],
  ...[
    '2024-02-29',
    '2024-02-30',
    '2024-13-01',
    '0000-00-00',
    '10000-01-01',
    '-infinity',
    '2024',
    '0000',
    '1900',
  ],
  ...['24:00:00', '838:59:59', '839:00:00', '12:00:00.1234', '-00:00:01', '2024-01-01 00:00:00.9999999'],
  ...[
    '2024-01-01 00:00:00',
    '2024-01-01 00:00:00+00',
    '2024-01-01 00:00:00.123456+00',
    '2024-01-01 00:00:00+01',
    '+00',
  ],
  ...[
    '0000-00-00 00:00:00+00',
    '1970-01-01 00:00:00+00',
    '2039-01-01 00:00:00+00',
    'é',
    '€',
    '𝄞',
    'ab ',
    'abc ',
    'abcd',
  ],
  ...[
    'a',
    'b',
    'x',
    'y',
    '"x,y"',
    '"x,z"',
    '{}',
    '"{""a"": 1}"',
    '{bad',
    '"""a"',
    '\\x',
    '\\x00',
    '\\x00ff',
    '\\x0',
    '\\xzz',
  ],
  ...['a"b', '"a"b', '"a'],
  Buffer.from([0xff]),
  Buffer.from([0x22, 0xc3, 0x22]),
  Buffer.from([0xed, 0xa0, 0x80]),
];

/** LOAD DATA has no text for them. */
const BY_INSERT = /^(float|bit|binary|varbinary|blob)/;

const csvOf = (field: string | Buffer): Buffer => Buffer.concat([Buffer.from(field), Buffer.from('\n')]);
const sourceOf = (...chunks: readonly { data: Buffer; rows: number }[]): RowSource => ({
  bytes: () => 0,
  async *chunks() {
    for (const chunk of chunks) yield () => Promise.resolve({ ...chunk, release: () => undefined });
    await Promise.resolve();
  },
});

/** A session that may send rows and one that may not, which has to use INSERT. */
const both = async (at: TestMysql): Promise<readonly [Client, Client]> => {
  const { hostname: host, port, username: user, password } = new URL(at.url);
  const settings: MysqlSettings = {
    connection: {
      host,
      port: Number(port || 3306),
      user: decodeURIComponent(user),
      password: decodeURIComponent(password),
      database: at.name,
    },
    name: 'mariadb',
    label: at.name,
    patienceMs: 5000,
  };
  return [await connect(settings, { sendsRows: true }), await connect(settings)];
};

const inserted = async (client: Client): Promise<number> => {
  const [row] = await rows<{ Value: string }>(client, "SHOW SESSION STATUS LIKE 'Com_stmt_execute'");
  return Number(row?.Value);
};

async function outcome(client: Client, relation: Relation, source: RowSource): Promise<unknown> {
  await rows(client, 'DELETE FROM t');
  try {
    await loadTable(client, relation, 't', source, { onRows: () => undefined });
  } catch (error) {
    await rows(client, 'ROLLBACK');
    expect(error).toBeInstanceOf(BackupError);
    return (error as BackupError).message;
  }
  return rows(client, 'SELECT HEX(c) AS c, c IS NULL AS n FROM t');
}

describe.each(TYPES)('%s', (type) => {
  it.each(['NULL', 'NOT NULL'])('%s: the same by LOAD DATA as by INSERT', async (nullable) => {
    const at = await place(`CREATE TABLE t (c ${type} ${nullable}) ENGINE=InnoDB`);
    const [sends, inserts] = await both(at);
    const { relations } = await at.database.structure();
    const relation = relations.find(({ name }) => name === 't');
    for (const field of FIELDS) {
      const source = sourceOf({ data: csvOf(field), rows: 1 });
      const expected = await outcome(inserts, relation!, source);
      const came = await outcome(sends, relation!, source);
      // What LOAD DATA takes of it byte for byte, INSERT cannot say.
      if (typeof expected === 'string' && /is not UTF-8/.test(expected) && typeof came !== 'string')
        expect(came).toEqual([{ c: 'D800', n: '0' }]);
      else expect({ field, came }).toEqual({ field, came: expected });
    }
    // Not because both took the same way.
    const [by, others] = [await inserted(sends), await inserted(inserts)];
    if (BY_INSERT.test(type)) expect(by).toBe(others);
    else expect(by).toBeLessThan(others);
    await Promise.all([end(sends), end(inserts)]);
  });
});

it('from what LOAD DATA does not take as it is INSERT goes on, and no row is there twice', async () => {
  const at = await place('CREATE TABLE t (c decimal(5,2)) ENGINE=InnoDB');
  const [sends, inserts] = await both(at);
  const relation = (await at.database.structure()).relations.find(({ name }) => name === 't')!;
  // The second would be rounded with a note.
  const chunks = ['1\n2\n', '3\n0.005\n', '4\n', '5\n'].map((csv) => ({
    data: Buffer.from(csv),
    rows: csv.split('\n').length - 1,
  }));
  expect(await outcome(sends, relation, sourceOf(...chunks))).toHaveLength(6);
  // All that was left, in one statement.
  expect(await inserted(sends)).toBe(1);
  // Fewer rows than were announced are no success.
  const short = sourceOf({ data: Buffer.from('1\n'), rows: 2 });
  expect(await outcome(sends, relation, short)).toMatch(/1 .*2/);
  await Promise.all([end(sends), end(inserts)]);
});

it('a table that cannot take rows back is filled by INSERT', async () => {
  const at = await place('CREATE TABLE t (c int) ENGINE=MyISAM');
  const [sends, inserts] = await both(at);
  const relation = (await at.database.structure()).relations.find(({ name }) => name === 't')!;
  expect(await outcome(sends, relation, sourceOf({ data: Buffer.from('1\n'), rows: 1 }))).toHaveLength(1);
  expect(await inserted(sends)).toBe(1);
  await Promise.all([end(sends), end(inserts)]);
});
