import { join } from 'node:path';
import { compareBackup } from '../../src/server/actions/compare/compareBackup';
import { previewBackup } from '../../src/server/actions/restore/previewBackup';
import { rehearseBackup } from '../../src/server/actions/restore/rehearse';
import { applyUndo, findUndo } from '../../src/server/actions/restore/undos';
import type { Host } from '../../src/server/host';
import { backUp, offlineTestHost, restoreAll } from '../helpers/ark';
import { ownPlace } from '../helpers/place';
import { literal, quoted } from '../helpers/mysqlTable';
import { ownMysql, type TestMysql } from './mysql';
import { whole } from './mysqlState';

const { data } = ownPlace();
const place = ownMysql();

const hostAt = ({ database }: TestMysql): Host => offlineTestHost(database, data.folder);

const ALL_BYTES = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0')).join('');

/** Every type, with the values at its ends and those that other tools lose. */
const NASTY = [
  `CREATE TABLE numbers (id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, t tinyint, tu tinyint unsigned, b tinyint(1),
     s smallint, m mediumint, i int, iz int(6) unsigned zerofill, bi bigint, d decimal(65,30), d0 decimal(10,0) DEFAULT 7,
     f float, dd double DEFAULT 1.5, bt bit(64) DEFAULT b'101', y year) COMMENT 'it''s "numbers" \\\\ ü'`,
  `INSERT INTO numbers VALUES (18446744073709551614, -128, 255, 2, -32768, -8388608, -2147483648, 42, -9223372036854775808,
     -12345678901234567890123456789012345.123456789012345678901234567890, 9999999999, 3.4028234e38, 1.7976931348623157e308,
     b'1111111111111111111111111111111111111111111111111111111111111111', 2155),
     (1, 127, 0, 1, 32767, 8388607, 2147483647, 0, 9223372036854775807, 0.000000000000000000000000000001, NULL, 16777217, 5e-324, b'0', 1901),
     (2, NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0.1, 0.30000000000000004, NULL, 0000),
     (3, 0, 0, NULL, 0, 0, 0, 1, 0, 1.10, 0, 1e-45, -0.0, b'1', NULL), (4, 0, 0, -1, 0, 0, 0, 1, 0, 1.10, 0, 123456789, 1e22, b'1', NULL)`,
  `CREATE TABLE zero (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, n int) AUTO_INCREMENT = 900`,
  `SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO'`,
  `INSERT INTO zero VALUES (0, 1), (7, 2)`,
  `CREATE TABLE texts (id int PRIMARY KEY, c char(10), v varchar(80) DEFAULT 'it''s \\\\ "x" \\n ü', l varchar(20) CHARACTER SET latin1 COLLATE latin1_general_cs,
     u2 varchar(20) CHARACTER SET ucs2, tt tinytext, t text, mt mediumtext, lt longtext, bn varchar(20) COLLATE utf8mb4_nopad_bin,
     e enum('a','b''c','d\\\\e','',',') DEFAULT 'b''c', st set('x','y','z;') , j json DEFAULT '{"a":1}')`,
  `INSERT INTO texts VALUES (1, 'x  ', 'a, "b"\\r\\n\\'c\\' \\\\N \\\\. ü€𝄞\\t', 'é€', 'ü€', '', '\\\\.', REPEAT('x', 100000), 'NULL', 'b ', 'd\\\\e', 'x,y', '{"b": 1.10, "a":12345678901234567890, "a": 2}'),
     (2, '', '', '', '', 'a\\0b', '\\0', ',', '"', 'b', '', '', 'null'), (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)`,
  // MariaDB keeps half surrogate pairs, which are no UTF-8.
  `INSERT INTO texts (id, t, u2) VALUES (4, _utf8mb4 X'61EDA080', _ucs2 X'D800')`,
  `CREATE TABLE moments (id int PRIMARY KEY, d date, t time(6), t0 time, dt datetime, dt3 datetime(3) DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3),
     dt6 datetime(6), ts timestamp NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, ts6 timestamp(6) NULL)`,
  `SET sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+00:00'`,
  `INSERT INTO moments VALUES (1, '0000-00-00', '-838:59:59.000001', '838:59:59', '0000-00-00 00:00:00', '2024-02-29 12:00:00.120', '9999-12-31 23:59:59.999999', '1970-01-01 00:00:01', '2038-01-19 03:14:07.999999'),
     (2, '2024-00-15', '00:00:00.5', '00:00:00', '2024-02-31 00:00:10', '0001-01-01 00:00:00', '2024-10-10 10:10:10.100000', '0000-00-00 00:00:00', NULL),
     (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)`,
  `CREATE TABLE binaries (id int PRIMARY KEY, b binary(4), vb varbinary(300), tb tinyblob, bl blob, lb longblob, g geometry, p point NOT NULL, SPATIAL KEY sp (p), u uuid, i4 inet4, i6 inet6)`,
  `INSERT INTO binaries VALUES (1, 'a', X'${ALL_BYTES}', '', X'00', REPEAT(X'ff', 70000), ST_GeomFromText('POLYGON((0 0,1 0,1 1,0 0))', 4326), POINT(1.5, -2.5), '123e4567-e89b-12d3-a456-426655440000', '10.0.0.1', '::1'),
     (2, NULL, NULL, NULL, NULL, NULL, NULL, POINT(0, 0), NULL, NULL, NULL)`,
  `CREATE TABLE shapes (a int NOT NULL, b varchar(50), c text, g int AS (a * 2) VIRTUAL, s varchar(60) AS (concat(b, '!')) STORED, h int INVISIBLE DEFAULT 3, ex varchar(20) DEFAULT (concat('a', 'b')), u uuid DEFAULT (uuid()),
     PRIMARY KEY (a, b), UNIQUE KEY uc (b, h), KEY k1 (c(10), b DESC), FULLTEXT KEY ft (b, c), UNIQUE KEY longest (c), KEY kg (g), CONSTRAINT positive CHECK (a >= 0), CHECK (b <> 'x\\'y')) ROW_FORMAT=COMPRESSED COMMENT='ü'`,
  `INSERT INTO shapes (a, b, c, h) VALUES (1, 'x', 'one', 4), (2, 'y', 'two', 5)`,
  `CREATE TABLE heap (a int, b text)`,
  `INSERT INTO heap VALUES (1, 'x'), (1, 'x'), (NULL, NULL)`,
  `CREATE TABLE \`odd \`\`name\`\` – ü\` (\`a "b"\` int, \`c,\nd\` text, \`select\` int PRIMARY KEY)`,
  `INSERT INTO \`odd \`\`name\`\` – ü\` VALUES (1, 'x', 1)`,
  `CREATE TABLE parent (id int PRIMARY KEY, name varchar(20) UNIQUE)`,
  `CREATE TABLE child (id int PRIMARY KEY, pid int, pn varchar(20), CONSTRAINT named FOREIGN KEY (pid) REFERENCES parent (id) ON DELETE CASCADE ON UPDATE SET NULL, FOREIGN KEY (pn) REFERENCES parent (name), CONSTRAINT self FOREIGN KEY (pid) REFERENCES child (id))`,
  `INSERT INTO parent VALUES (1, 'a'), (2, 'b')`,
  `INSERT INTO child VALUES (1, 1, 'a'), (2, NULL, 'b')`,
  `CREATE TABLE log (id int AUTO_INCREMENT PRIMARY KEY, what text)`,
  `SET sql_mode = 'ANSI_QUOTES'`,
  `CREATE TRIGGER on_parent AFTER INSERT ON parent FOR EACH ROW INSERT INTO log (what) VALUES (concat(new."name", ' came'))`,
  `SET sql_mode = 'STRICT_ALL_TABLES'`,
  `CREATE TRIGGER on_parent_2 BEFORE UPDATE ON parent FOR EACH ROW BEGIN IF new.name = '' THEN SET new.name = 'none; "x"'; END IF; END`,
  `CREATE VIEW names AS SELECT p.id, p.name, count(c.id) AS children FROM parent p LEFT JOIN child c ON c.pid = p.id GROUP BY p.id, p.name`,
  `CREATE VIEW above AS SELECT * FROM names WHERE children > 0`,
];

describe('everything that a table can hold', () => {
  it('comes back whole into an empty database, and over itself, and with an undo', async () => {
    const from = await place(...NASTY);
    const before = await whole(from);
    const archive = await backUp(hostAt(from), 'nasty');
    expect(archive.manifest.notIncluded).toEqual([]);
    const to = await place();
    const result = await restoreAll(hostAt(to), archive);
    expect(result.warnings).toEqual([]);
    expect(await whole(to)).toEqual(before);

    // Over itself nothing differs, and nothing of the structure is said to.
    const preview = await previewBackup(hostAt(from), archive, { all: true });
    expect(preview.collections.filter(({ structure }) => structure.length > 0)).toEqual([]);
    expect(preview.warnings).toEqual([]);
    await from.sql(
      `DELETE FROM heap`,
      `INSERT INTO parent VALUES (3, 'c')`,
      `DROP VIEW above`,
      `ALTER TABLE zero ADD COLUMN more int`,
    );
    const changed = await whole(from);
    await restoreAll(hostAt(from), archive);
    expect(await whole(from)).toEqual(before);
    await applyUndo(hostAt(from), await findUndo(hostAt(from)), { allowBreaks: false });
    expect(await whole(from)).toEqual(changed);
  });

  it('is proven by a rehearsal, in a database of its own and beside the app', async () => {
    const from = await place(...NASTY);
    const archive = await backUp(hostAt(from), 'rehearsed');
    const { result } = await rehearseBackup(hostAt(from), archive, 'x.ark', { allowCode: true });
    expect(result).toMatchObject({ proof: 'database', blemishes: [] });
    const lock = await from.database.lock('20260101_000000_abcdef');
    await lock.release();
    expect(await from.database.leftovers()).toEqual([]);
  });

  it('is the same as its backup, and each change is one of its column alone', async () => {
    const from = await place(...NASTY);
    const archive = await backUp(hostAt(from), 'compared');
    const asked = { selection: { all: true }, examples: 1, folder: join(data.folder, 'compare') };
    const differing = async () =>
      (await compareBackup(hostAt(from), archive, asked)).collections
        .filter(({ here, there, equal }) => here !== equal || there !== equal)
        .map(({ name, by, changed, onlyHere, onlyThere, columns }) => ({
          ...{ name, by, changed, onlyHere, onlyThere, columns },
        }));
    expect(await differing()).toEqual([]);
    await from.sql("SET @q = '`'");
    const columns = await from.query<{
      table: string;
      name: string;
      key: string | null;
      updated: string | null;
    }>(
      `SELECT c.TABLE_NAME AS \`table\`, c.COLUMN_NAME AS name,
         (SELECT GROUP_CONCAT(CONCAT('t.', @q, REPLACE(k.COLUMN_NAME, @q, CONCAT(@q, @q)), @q, ' = k.', @q, REPLACE(k.COLUMN_NAME, @q, CONCAT(@q, @q)), @q) SEPARATOR ' AND ') FROM information_schema.COLUMNS k
            WHERE k.TABLE_SCHEMA = c.TABLE_SCHEMA AND k.TABLE_NAME = c.TABLE_NAME AND k.COLUMN_KEY = 'PRI') AS \`key\`,
         (SELECT GROUP_CONCAT(CONCAT('t.', @q, u.COLUMN_NAME, @q)) FROM information_schema.COLUMNS u
            WHERE u.TABLE_SCHEMA = c.TABLE_SCHEMA AND u.TABLE_NAME = c.TABLE_NAME AND u.EXTRA LIKE '%on update%' AND u.COLUMN_NAME <> c.COLUMN_NAME) AS updated
       FROM information_schema.COLUMNS c JOIN information_schema.TABLES b USING (TABLE_SCHEMA, TABLE_NAME)
       WHERE c.TABLE_SCHEMA = DATABASE() AND b.TABLE_TYPE = 'BASE TABLE' AND c.IS_NULLABLE = 'YES' AND c.COLUMN_KEY <> 'PRI' AND c.EXTRA NOT LIKE '%GENERATED%'`,
    );
    const keyed = columns.filter(({ key }) => key !== null);
    expect(keyed.length).toBeGreaterThan(40);
    await from.sql('SET foreign_key_checks = 0', "SET sql_mode = 'ALLOW_INVALID_DATES'");
    const kept = new Map<string, string>();
    for (const { table } of keyed)
      if (!kept.has(table)) {
        kept.set(table, `kept_${kept.size}`);
        const all = await from.query<{ name: string }>(
          `SELECT COLUMN_NAME AS name FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ${literal(table)}`,
        );
        // A star leaves out what is invisible.
        const list = all.map((column) => quoted(column.name)).join(', ');
        await from.sql(`CREATE TABLE ${kept.get(table)} AS SELECT ${list} FROM ${quoted(table)}`);
      }
    for (const { table, name, key, updated } of keyed) {
      const stay = (updated?.split(',') ?? []).map((column) => `, ${column} = ${column}`).join('');
      await from.sql(
        `UPDATE ${quoted(table)} t SET t.${quoted(name)} = NULL${stay} WHERE t.${quoted(name)} IS NOT NULL`,
      );
      const [{ rows } = { rows: '0' }] = await from.query<{ rows: string }>(
        `SELECT count(*) AS \`rows\` FROM ${kept.get(table)} k JOIN ${quoted(table)} t ON ${key} WHERE k.${quoted(name)} IS NOT NULL AND t.${quoted(name)} IS NULL`,
      );
      const changed = Number(rows);
      const difference = { name: table, by: 'key', changed, onlyHere: 0, onlyThere: 0 };
      expect([table, name, await differing()]).toEqual([
        table,
        name,
        changed > 0 ? [{ ...difference, columns: [{ name, rows: changed }] }] : [],
      ]);
      await from.sql(
        `UPDATE ${quoted(table)} t JOIN ${kept.get(table)} k ON ${key} SET t.${quoted(name)} = k.${quoted(name)}${stay}`,
      );
    }
    expect(await differing()).toEqual([]);
  }, 120_000);

  it('knows keys that a collation takes for one as two', async () => {
    const from = await place(
      `CREATE TABLE codes (code varchar(20) COLLATE utf8mb4_general_ci PRIMARY KEY, n int)`,
      `INSERT INTO codes VALUES ('a', 1), ('b', 2)`,
    );
    const archive = await backUp(hostAt(from), 'collated');
    await from.sql(`UPDATE codes SET code = 'A' WHERE code = 'a'`);
    const asked = { selection: { all: true }, examples: 1, folder: join(data.folder, 'compare') };
    const { collections } = await compareBackup(hostAt(from), archive, asked);
    expect(collections).toMatchObject([{ onlyHere: 1, onlyThere: 1, changed: 0, equal: 1 }]);
  });
});
