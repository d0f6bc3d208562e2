import { dialects } from '../../src/server/dumper/dialects/dialects';
import { hostOf } from '../helpers/ark';
import { memoryDatabase, memoryDialect, MemoryStore, type MemoryTable } from '../helpers/memoryDatabase';
import { newDatabase } from '../helpers/postgres';
import { createTable, quoted } from '../helpers/postgresTable';
import { dialectSuite } from '../suites/dialect';

/** The contract is one for all: it holds for what is nothing but the contract too. */
beforeAll(() => {
  dialects.sqlite = memoryDialect;
});
afterAll(() => {
  delete dialects.sqlite;
});

dialectSuite('memory', (label) => {
  const store = new MemoryStore(label);
  const tableOf = (name: string) => store.tables.get(name)!;
  const set = (table: MemoryTable): Promise<void> => {
    store.set(table);
    return Promise.resolve();
  };
  return Promise.resolve({
    database: memoryDatabase(store),
    create: (relation, rows) => set({ relation, rows }),
    insert: (name, row) => set({ ...tableOf(name), rows: [...tableOf(name).rows, row] }),
    addColumn: (name, column) => {
      const { relation, rows } = tableOf(name);
      const columns = [...relation.columns, { name: column, type: 'text' as const, nullable: true }];
      return set({ relation: { ...relation, columns }, rows: rows.map((row) => [...row, null]) });
    },
    rows: (name, into) =>
      Promise.resolve([...(into === undefined ? tableOf(name) : store.asides.get(into)!.get(name)!).rows]),
    forget: (into) => {
      store.asides.delete(into);
      return Promise.resolve();
    },
    tables: () => Promise.resolve([...store.tables.keys()]),
    drop: () => Promise.resolve(),
  });
});

dialectSuite('PostgreSQL', async () => {
  const at = await newDatabase();
  const { database } = hostOf(at.url, '/nowhere');
  const asCsv = "SET timezone = 'UTC'; SET datestyle = 'ISO'";
  return {
    database,
    create: (relation, rows) => at.sql(createTable(relation, rows)),
    insert: (name, row) =>
      at.sql(
        `INSERT INTO ${quoted(name)} VALUES (${row.map((one) => (one === null ? 'NULL' : `'${one.replaceAll("'", "''")}'`)).join(', ')})`,
      ),
    addColumn: (name, column) => at.sql(`ALTER TABLE ${quoted(name)} ADD COLUMN ${quoted(column)} text`),
    async rows(name, into = 'public') {
      const table = `${quoted(into)}.${quoted(name)}`;
      const columns = await at.query<{ name: string }>(
        `SELECT attname AS name FROM pg_attribute WHERE attrelid = '${table}'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
      );
      const list = columns.map((column) => `${quoted(column.name)}::text`).join(', ');
      await at.sql(asCsv);
      const found = await at.query<{ row: (string | null)[] }>(`SELECT ARRAY[${list}] AS row FROM ${table}`);
      return found.map((one) => one.row);
    },
    tables: async () =>
      (
        await at.query<{ name: string }>(
          `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`,
        )
      ).map((one) => one.name),
    forget: (into) => at.sql(`DROP SCHEMA IF EXISTS ${quoted(into)} CASCADE`),
    drop: () => at.drop(),
  };
});
