import type { PreviewResult } from '../dialect';
import type { Column, Relation } from '../dialects/postgres/structure/structure';
import { isView, storedColumns } from '../schema/structure';
import { isUnknown } from './structure';
import { warn, type Warning } from '../app/warning';

export interface Fitted {
  readonly relations: readonly Relation[];
  readonly warnings: PreviewResult['warnings'];
}

/**
 * What the tables of an old archive will be in a database: like the live ones where those can take the rows, because
 * the old format keeps neither indexes nor constraints, grants or comments; otherwise as NocoBase would make them.
 * `whole`: what it keeps of tables has keys and indexes, so a live table without one of those is none to be like.
 */
export function fitTables(
  relations: readonly Relation[],
  live: readonly Relation[],
  { whole = false }: { readonly whole?: boolean } = {},
): Fitted {
  const here = new Map(live.map((relation) => [relation.name, relation]));
  const adopted: string[] = [];
  const made: string[] = [];
  const notes: Warning[] = [];
  const differing = new Map<string, Warning>();
  for (const built of relations) {
    const now = here.get(built.name);
    const why = now && (differs(built, now) ?? (whole ? lacks(built, now) : undefined));
    if (why !== undefined) differing.set(built.name, why);
  }
  // A child's columns are its parent's: where one table is made anew, so are those that share rows with it.
  for (let size = -1; size !== differing.size;) {
    size = differing.size;
    for (const relation of relations) {
      for (const parent of relation.parents) {
        const [a, b] = [differing.has(relation.name), differing.has(parent)];
        if (a !== b && here.has(relation.name))
          differing.set(
            a ? parent : relation.name,
            warn(
              'old-anew-with',
              a ? { name: parent, other: relation.name } : { name: relation.name, other: parent },
            ),
          );
      }
    }
  }
  const fitted = relations.map((built) => {
    const now = here.get(built.name);
    if (isView(built)) return now && sameQuery(now, built) ? now : built;
    if (!now) {
      made.push(built.name);
      return built;
    }
    const why = differing.get(built.name);
    if (why !== undefined) {
      notes.push(why);
      return built;
    }
    adopted.push(built.name);
    const taken = new Set(built.columns.map((column) => column.name));
    const empty = storedColumns(now).filter((column) => !taken.has(column.name));
    if (empty.length > 0)
      notes.push(warn('old-empty', { name: built.name, columns: empty.map((column) => column.name) }));
    return adopt(built, now);
  });
  const warnings = [
    ...(adopted.length > 0 ? [warn(whole ? 'dump-adopted' : 'old-adopted', { tables: adopted })] : []),
    ...(made.length > 0 ? [warn(whole ? 'dump-plain' : 'old-plain', { tables: made })] : []),
    ...notes,
  ];
  return { relations: fitted, warnings };
}

/** Why the live table cannot take the rows; undefined if it can. */
function differs(built: Relation, now: Relation): Warning | undefined {
  const { name } = built;
  if (isView(built)) return undefined;
  if (now.kind !== 'table') return warn('old-anew-kind', { name, relation: now.kind });
  if (now.partitionBound !== undefined) return warn('old-anew-partition', { name });
  if (built.parents.join() !== now.parents.join()) return warn('old-anew-parents', { name });
  const columns = new Map(now.columns.map((column) => [column.name, column]));
  for (const column of built.columns) {
    const other = columns.get(column.name);
    if (other?.generated) return warn('old-anew-computed', { name, column: column.name });
    if (other && !takes(other, column))
      return warn('old-anew-type', { name, column: column.name, now: other.native, then: column.native });
  }
  const taken = new Set(built.columns.map((column) => column.name));
  const wanting = storedColumns(now).find((column) => column.notNull && !taken.has(column.name));
  return wanting && warn('old-anew-needed', { name, column: wanting.name });
}

/** What the live table lacks of the keys and indexes of the backup; undefined if it has all. */
function lacks({ name, constraints, indexes }: Relation, now: Relation): Warning | undefined {
  const key = ({ kind, columns = [], references }: Relation['constraints'][number]) =>
    JSON.stringify([kind, columns, references]);
  const keys = new Set(now.constraints.map(key));
  const index = ({ unique = false, columns = [] }: Relation['indexes'][number]) =>
    JSON.stringify([unique, columns]);
  const there = new Set(now.indexes.map(index));
  const part =
    constraints.find((constraint) => !keys.has(key(constraint))) ??
    indexes.find((made) => made.definition !== undefined && !there.has(index(made)));
  return part && warn('old-anew-part', { name, part: part.name });
}

const WIDER: Partial<Record<Column['type'], readonly Column['type'][]>> = {
  int16: ['int32', 'int64', 'decimal'],
  int32: ['int64', 'decimal'],
  int64: ['decimal'],
  float32: ['float64'],
};

function takes(here: Column, was: Column): boolean {
  if (isUnknown(was)) return true;
  if (here.type === 'other' || here.type === 'array') return here.native === was.native;
  return here.type === was.type || (WIDER[was.type]?.includes(here.type) ?? false);
}

/** The live table with the archive's counters, and columns that only the archive has. */
function adopt(built: Relation, now: Relation): Relation {
  const known = new Set(now.columns.map((column) => column.name));
  const counters = new Map(built.sequences.map((sequence) => [sequence.column, sequence]));
  return {
    ...now,
    columns: [...now.columns, ...built.columns.filter((column) => !known.has(column.name))],
    sequences: now.sequences.map((sequence) => {
      const counter = counters.get(sequence.column);
      return counter ? { ...sequence, last: counter.last, called: counter.called } : sequence;
    }),
  };
}

const sameQuery = (a: Relation, b: Relation): boolean =>
  (a.query ?? '').replace(/\s+/g, ' ').trim() === (b.query ?? '').replace(/\s+/g, ' ').trim();
