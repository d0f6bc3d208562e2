import { APP_TABLES, readNocoBase, type AppTables, type Wanted } from '../../app/nocobase';
import type { AppInfo } from '../../dialect';
import type { Dump } from './dump';
import type { Metadata } from './metadata';

/** Larger tables of these no app has; without them its collections are of no known group. */
const MOST = 64 * 1024 * 1024;

/** The app that lives in a dump, by its own tables, as it would be known in its database. */
export function readApp(dump: Dump, { database }: Metadata): Promise<AppInfo | undefined> {
  const names = new Set(dump.relations.map((relation) => relation.name));
  return readNocoBase(tablesOf(dump), names, {
    ...(database.tablePrefix && { tablePrefix: database.tablePrefix }),
  });
}

function tablesOf(dump: Dump): AppTables {
  const tables = new Map(
    dump.relations
      .filter(({ name }) => APP_TABLES.some((end) => name.endsWith(end)))
      .filter(({ name }) => (dump.sizes.get(name)?.bytes ?? 0) <= MOST)
      .map((relation) => [relation.name, relation]),
  );
  return {
    names: [...tables.keys()].sort(),
    async select<T>(table: string, wanted: Readonly<Record<keyof T & string, Wanted>>, by?: string) {
      const relation = tables.get(table);
      if (!relation) return [];
      const types = new Map(relation.columns.map((column) => [column.name, column.type]));
      const fields = Object.entries<Wanted>(wanted);
      const sorted = by !== undefined && types.has(by) ? by : '';
      const columns = [sorted, ...fields.map(([, [column]]) => column)];
      const rows: { readonly order: string; readonly row: Record<string, string | null> }[] = [];
      for await (const [order, ...values] of dump.records(table, columns)) {
        const row = fields.map(([name, [column, key]], at) => {
          const value = values[at] ?? null;
          return [name, valueOf(value, types.get(column), key)] as const;
        });
        rows.push({ order: order ?? '', row: Object.fromEntries(row) });
      }
      if (sorted !== '') rows.sort((a, b) => compare(a.order, b.order));
      return rows.map(({ row }) => row as T);
    },
  };
}

function valueOf(value: string | null, type: string | undefined, key: string | undefined): string | null {
  if (value === null) return null;
  if (key !== undefined) return type === 'json' ? keyIn(value, key) : null;
  if (type !== 'boolean') return value;
  return value === 't' || value === '1' ? 'true' : 'false';
}

/** What stands under a key, as a text. */
function keyIn(json: string, key: string): string | null {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return null;
  const part = (value as Record<string, unknown>)[key];
  if (part === null || part === undefined) return null;
  return typeof part === 'string' ? part : JSON.stringify(part);
}

const isWhole = (text: string): boolean => /^-?\d{1,20}$/.test(text);

function compare(a: string, b: string): number {
  if (isWhole(a) && isWhole(b)) return Number(BigInt(a) - BigInt(b));
  return a < b ? -1 : a > b ? 1 : 0;
}
