import { createHash } from 'node:crypto';
import { refused } from '../../errors/errors';
import type { Column } from '../schema/structure';
import { shortened, type Value } from './longRow';
import { Matching, type Met } from './matching';
import { isSame, keyMeaningOf, meaningOf, spelled, type Meaning } from './meaning';
import { SideReader, type RowsOf } from './readSide';
import { isLong, valuesOf, type RowText } from './rowTexts';
import type { SideNo } from './spill';

/** One side of a collection. */
export interface Table extends RowsOf {
  /** In the order of the CSV. */
  readonly columns: readonly Column[];
  /** The types that its rows were written as, where they are not the columns' own. */
  readonly written?: readonly Column['type'][] | undefined;
}

/** A row, or what became of it, by the columns that both sides have. */
export interface Example {
  readonly kind: 'onlyHere' | 'changed' | 'onlyThere';
  /** By column; of a change also what it was on both sides. */
  readonly key: readonly Value[];
  readonly changes: readonly { readonly column: string; readonly here: Value; readonly there: Value }[];
}

export interface RowDifference {
  /** Rows that there are. */
  readonly here: number;
  readonly there: number;
  readonly onlyHere: number;
  readonly onlyThere: number;
  readonly changed: number;
  readonly equal: number;
  /** Columns, each with the number of rows in which it has changed. */
  readonly columns: readonly { readonly name: string; readonly rows: number }[];
  readonly examples: readonly Example[];
}

export interface CompareOptions {
  /** Of each kind at most. */
  readonly examples: number;
  /** Where rows go that memory has no room for. */
  readonly folder: string;
  /** Bytes of rows in memory. */
  readonly room: number;
  readonly signal?: AbortSignal | undefined;
  readonly onRows?: (rows: number, bytes: number) => void;
}

interface Shared {
  readonly name: string;
  /** Its place on each side. */
  readonly at: readonly [number, number];
  readonly meaning: Meaning;
}

/**
 * Matches two sides of a collection row by row, by these columns of both, and without any by all that both have. Reads
 * each side once.
 */
export async function compareRows(
  here: Table,
  there: Table,
  key: readonly string[],
  isCrossed: boolean,
  { examples: most, folder, room, signal, onRows }: CompareOptions,
): Promise<RowDifference> {
  const tables = [here, there] as const;
  const shared = sharedColumns(here, there, isCrossed);
  const keyed = key.map((name) => {
    const at = shared.findIndex((column) => column.name === name);
    const column = shared[at];
    if (!column) throw new Error(`a key has a column that is not on both sides: ${name}`);
    const types = [typeAt(here, column.at[0]), typeAt(there, column.at[1])] as const;
    return { ...column, meaning: keyMeaningOf(types[0], types[1], isCrossed) };
  });
  /** Rows that are written alike are alike where their columns are the same and in the same order. */
  const isAligned =
    shared.length === here.columns.length &&
    shared.length === there.columns.length &&
    shared.every(({ at }) => at[0] === at[1]);
  const all = (row: RowText, side: SideNo) => {
    const { name, columns } = tables[side];
    try {
      return valuesOf(row, columns.length);
    } catch (cause) {
      const said = cause instanceof Error ? cause.message : String(cause);
      throw refused('rows-unreadable', { collection: name, said }, { cause });
    }
  };
  const keyOf = keyed.length > 0 ? keyReader(keyed, tables) : rowReader(shared, tables);

  const changedIn = new Map<string, number>();
  const counts = { onlyHere: 0, changed: 0, onlyThere: 0, equal: 0 };
  const examples: Example[] = [];
  const example = (
    kind: Example['kind'],
    values: readonly Value[],
    side: SideNo,
    changes: Example['changes'],
  ) => {
    if (examples.filter((known) => known.kind === kind).length >= most) return;
    const shown = keyed.length > 0 ? keyed : shared;
    examples.push({
      kind,
      key: shown.map(({ at }) => shortened(values[at[side]] ?? null)),
      changes: changes.map(({ column, here: now, there: then }) => ({
        column,
        here: shortened(now),
        there: shortened(then),
      })),
    });
  };
  const met: Met = {
    pair(ours, other, count) {
      // Without a key rows meet because all of their values are the same.
      if (keyed.length === 0 || (isAligned && ours === other)) {
        counts.equal += count;
        return;
      }
      const [now, then] = [all(ours, 0), all(other, 1)];
      const changes = shared.flatMap(({ name, at, meaning }) => {
        const [a, b] = [now[at[0]] ?? null, then[at[1]] ?? null];
        return isSame(a, b, meaning) ? [] : [{ column: name, here: a, there: b }];
      });
      if (changes.length === 0) {
        counts.equal += count;
        return;
      }
      counts.changed += count;
      for (const { column } of changes) changedIn.set(column, (changedIn.get(column) ?? 0) + count);
      example('changed', now, 0, changes);
    },
    alone(side, row, count) {
      const kind = side === 0 ? 'onlyHere' : 'onlyThere';
      counts[kind] += count;
      example(kind, all(row, side), side, []);
    },
    twice(side) {
      if (keyed.length === 0) return;
      throw refused('compare-key-twice', { collection: tables[side].name, columns: [...key] });
    },
  };
  const matching = new Matching({ folder, room, met });
  const readers = ([0, 1] as const).map(
    (side) =>
      new SideReader(
        tables[side],
        (row) => matching.add({ side, key: keyOf(row, side), row, count: 1 }),
        signal,
      ),
  ) as [SideReader, SideReader];
  try {
    const [ours, other] = readers;
    const open = new Set(readers);
    for (;;) {
      // Whoever is behind goes on: so rows that are stored alike meet early.
      const [next] = [...open].sort((a, b) => a.rows - b.rows);
      if (!next) break;
      const before = { rows: next.rows, bytes: next.bytes };
      if (!(await next.more())) open.delete(next);
      onRows?.(next.rows - before.rows, next.bytes - before.bytes);
      if (matching.isFull) await matching.flush();
    }
    await matching.finish();
    return {
      here: ours.rows,
      there: other.rows,
      ...counts,
      columns: shared.flatMap(({ name }) => {
        const rows = changedIn.get(name);
        return rows === undefined ? [] : [{ name, rows }];
      }),
      examples,
    };
  } finally {
    await Promise.all(readers.map((reader) => reader.close()));
    await matching.close();
  }
}

const typeAt = ({ columns, written }: Table, at: number): Column['type'] =>
  written?.[at] ?? columns[at]?.type ?? 'other';

function sharedColumns(here: Table, there: Table, isCrossed: boolean): Shared[] {
  const places = new Map(there.columns.map(({ name }, at) => [name, at]));
  return here.columns.flatMap(({ name }, at) => {
    const other = places.get(name);
    if (other === undefined) return [];
    return [
      {
        name,
        at: [at, other] as const,
        meaning: meaningOf(typeAt(here, at), typeAt(there, other), isCrossed),
      },
    ];
  });
}

type KeyReader = (row: RowText, side: SideNo) => string;

function keyReader(keyed: readonly Shared[], tables: readonly [Table, Table]): KeyReader {
  const last = ([0, 1] as const).map((side) => Math.max(...keyed.map(({ at }) => at[side])) + 1);
  const [only] = keyed;
  if (keyed.length === 1 && only?.at[0] === 0 && only.at[1] === 0) {
    const { meaning } = only;
    const slow = severalReader(keyed, tables, last);
    return (row, side) => {
      const comma = row.indexOf(',');
      const end = comma < 0 ? row.length : comma;
      if (end === 0 || row.startsWith('"') || isLong(row)) return slow(row, side);
      return spelled(row.slice(0, end), meaning);
    };
  }
  return severalReader(keyed, tables, last);
}

function severalReader(
  keyed: readonly Shared[],
  tables: readonly [Table, Table],
  last: readonly number[],
): KeyReader {
  return (row, side) => {
    const values = valuesOf(row, tables[side].columns.length, last[side]);
    return keyed.map(({ at, meaning }) => spelled(values[at[side]] ?? null, meaning)).join('');
  };
}

/** All that both sides have of it. */
function rowReader(shared: readonly Shared[], tables: readonly [Table, Table]): KeyReader {
  return (row, side) => {
    const values = valuesOf(row, tables[side].columns.length);
    const hash = createHash('sha256');
    for (const { at, meaning } of shared) hash.update(spelled(values[at[side]] ?? null, meaning), 'latin1');
    return hash.digest().toString('latin1');
  };
}
