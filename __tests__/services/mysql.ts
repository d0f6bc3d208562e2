import { createConnection, type Connection } from 'mysql2/promise';
import { locateDatabase } from '../../src/server/dumper/dialects/locate';
import type { Database } from '../../src/server/dumper/dialect';
import type { Row } from '../helpers/memoryDatabase';
import { createTable, insertRow, quoted } from '../helpers/mysqlTable';
import { readSettings } from '../../src/server/environment';
import type { Relation } from '../../src/server/dumper/schema/structure';
import type { Place } from '../suites/dialect';
import { startService } from './service';

/** A server to make databases on: MariaDB from Debian, or the one that ARK_TEST_MYSQL names by the URL of its root. */
export interface Server {
  /** Of a database of that name. */
  url(name: string): string;
  stop(): Promise<void>;
}

export async function startMysql(): Promise<Server> {
  const named = process.env.ARK_TEST_MYSQL;
  if (named !== undefined) {
    return {
      url: (name) => {
        const url = new URL(named);
        url.pathname = `/${name}`;
        return url.toString();
      },
      stop: () => Promise.resolve(),
    };
  }
  const service = await startService('mariadb');
  return {
    url: (name) => `mariadb://root@127.0.0.1:${service.port}/${name}`,
    stop: () => service.stop(),
  };
}

export interface TestMysql extends Place {
  readonly url: string;
  readonly name: string;
  sql(...statements: string[]): Promise<void>;
  query<T>(sql: string): Promise<T[]>;
}

/** A server for the tests of a file, and databases of their own on it: each of these statements is run in the new one. */
export function ownMysql(): (...statements: string[]) => Promise<TestMysql> {
  let server: Server;
  const places: TestMysql[] = [];
  beforeAll(async () => {
    server = await startMysql();
  });
  afterAll(async () => {
    for (const each of places) await each.drop();
    await server.stop();
  });
  return async (...statements) => {
    const made = await newMysql(server);
    places.push(made);
    await made.sql(...statements);
    return made;
  };
}

let count = 0;

/** A database of its own, empty; or the one of that name as it is. */
export async function newMysql(
  server: Server,
  name = `ark_test_${process.pid}_${(count += 1)}`,
): Promise<TestMysql> {
  const url = server.url(name);
  const { hostname: host, port, username: user, password } = new URL(url);
  const connection: Connection = await createConnection({
    host,
    port: Number(port || 3306),
    user: decodeURIComponent(user),
    password: decodeURIComponent(password),
    charset: 'utf8mb4_general_ci',
    timezone: 'Z',
    typeCast: (field) => field.string(),
  });
  // A server that is killed is told by whatever is asked next.
  connection.on('error', () => undefined);
  await connection.query(`CREATE DATABASE IF NOT EXISTS ${quoted(name)} CHARACTER SET utf8mb4`);
  await connection.query(`USE ${quoted(name)}`);
  await connection.query("SET time_zone = '+00:00'");
  const made = new Map<string, Relation>();
  const sql = async (...statements: string[]) => {
    for (const statement of statements) await connection.query(statement);
  };
  const query = async <T>(text: string): Promise<T[]> => (await connection.query(text))[0] as T[];
  const located = locateDatabase(readSettings({}), url);
  if (!located) throw new Error('no database');
  const database: Database = located.database;
  return {
    database,
    url,
    name,
    sql,
    query,
    create: async (relation, rows) => {
      made.set(relation.name, relation);
      await sql(...createTable(relation, rows));
    },
    insert: (table, row) => sql(insertRow(made.get(table)!, row)),
    addColumn: (table, column) => sql(`ALTER TABLE ${quoted(table)} ADD COLUMN ${quoted(column)} text`),
    async rows(table, into = name) {
      const columns = await query<{ name: string; type: string }>(
        `SELECT COLUMN_NAME AS name, COLUMN_TYPE AS type FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = '${into}' AND TABLE_NAME = '${table}' ORDER BY ORDINAL_POSITION`,
      );
      const rows = await query<Record<string, string | null>>(
        `SELECT * FROM ${quoted(into)}.${quoted(table)}`,
      );
      return rows.map((row): Row =>
        columns.map(({ name: column, type }) => {
          const value = row[column] ?? null;
          if (value === null) return null;
          if (type === 'tinyint(1)') return value === '1' ? 't' : 'f';
          return type.startsWith('timestamp') ? `${value.replace(/\.?0+$/, '')}+00` : value;
        }),
      );
    },
    tables: async () =>
      (
        await query<{ name: string }>(
          `SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME NOT LIKE '\\_ark\\_%'`,
        )
      ).map((row) => row.name),
    forget: (into) => sql(`DROP DATABASE IF EXISTS ${quoted(into)}`),
    drop: async () => {
      await connection.query(`DROP DATABASE ${quoted(name)}`);
      await connection.end();
    },
  };
}
