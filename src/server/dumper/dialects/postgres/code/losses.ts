import type { LeftOut } from '../../../schema/code';
import type { Need, Part } from '../../../schema/missing';
import { isView } from '../../../schema/structure';
import type { Relation, Schema } from '../structure/structure';
import { mentions } from './calls';
import { constraintStatement } from './code';
import { statementIn, type Parser } from '../sql/parser';
import type { Named } from './references';

/** A part that comes, and what its text names. */
export interface Text {
  readonly part: Part;
  readonly named: Named;
}

export const keyOfNeed = ({ kind, schema, name }: Pick<Need, 'kind' | 'schema' | 'name'>): string =>
  JSON.stringify([kind, schema, name]);
/** As codeKey has it. */
export const partKey = ({ kind, collection = '', name }: Part): string =>
  JSON.stringify([kind, collection, name]);

export type Losing = Map<string, { readonly part: Part; readonly why: ReadonlySet<string> }>;

export interface Losses {
  /** What does not come, and for the lack of what. */
  readonly left: Losing;
  /** Columns that come as text. */
  readonly text: Losing;
  /** Columns that come without their collation, tables without their access method. */
  readonly without: Losing;
}

export function findLosses(
  parse: Parser,
  absent: readonly Need[],
  schema: Schema,
  texts: readonly Text[],
  comes: (part: Part) => boolean,
): Losses {
  const losses: Losses = { left: new Map(), text: new Map(), without: new Map() };
  const lose = (of: Losing, part: Part, why: Iterable<string>): boolean => {
    const before = of.get(partKey(part))?.why ?? new Set();
    const after = new Set([...before, ...why]);
    of.set(partKey(part), { part, why: after });
    return after.size > before.size;
  };
  const keys = keysIn(schema);
  const ofKeys: [part: Part, columns: readonly string[], why: string][] = [];
  for (const loss of absent) {
    const why = keyOfNeed(loss);
    for (const part of loss.neededBy.filter(comes)) {
      const key = loss.kind === 'relation' ? undefined : keys.get(partKey(part));
      if (part.kind === 'column') lose(loss.kind === 'collation' ? losses.without : losses.text, part, [why]);
      else if (part.kind === 'table') lose(losses.without, part, [why]);
      else if (key) ofKeys.push([part, key(parse), why]);
      else lose(losses.left, part, [why]);
    }
  }
  // What names a view, a routine or a type that is left out cannot be either.
  for (let more = true; more;) {
    more = false;
    for (const { part, why } of [...losses.left.values()]) {
      if (!WHOLE.has(part.kind)) continue;
      const name = nameOf(part);
      for (const text of texts) {
        if (
          text.named.own.has(name) &&
          partKey(text.part) !== partKey(part) &&
          lose(losses.left, text.part, why)
        )
          more = true;
      }
      for (const column of part.kind === 'type' ? columnsOf(schema, part.name).filter(comes) : [])
        if (lose(losses.text, column, why)) more = true;
    }
  }
  // A key names its columns and nothing else: it can be of texts as well.
  for (const [part, columns, why] of ofKeys) {
    const { collection } = part;
    const isText = (name: string) =>
      losses.text.has(partKey({ kind: 'column', name, ...(collection !== undefined && { collection }) }));
    if (!columns.some(isText)) lose(losses.left, part, [why]);
  }
  return losses;
}

const WHOLE: ReadonlySet<Part['kind']> = new Set([
  'view',
  'materialized',
  'function',
  'procedure',
  'aggregate',
  'operator',
  'operatorClass',
  'type',
  'textDictionary',
  'textConfiguration',
]);

/** As a text names it. */
const nameOf = ({ collection, name }: Part): string =>
  collection ??
  (/^("(?:[^"]|"")*"|[^( ]*)/.exec(name)?.[0] ?? name).replace(/^"(.*)"$/, '$1').replaceAll('""', '"');

/** Columns of a type of the archive's own, or of arrays of it. */
const columnsOf = ({ relations }: Schema, type: string): Part[] =>
  relations
    .filter(isTable)
    .flatMap((relation) =>
      relation.columns
        .filter((column) => !column.generated && column.native.replace(/(\[\])+$/, '') === type)
        .map((column): Part => ({ kind: 'column', collection: relation.name, name: column.name })),
    );

const isTable = (relation: Relation): boolean => !isView(relation);

/** Primary, unique and foreign keys, and how to find their columns. */
const keysIn = ({ relations }: Schema): ReadonlyMap<string, (parse: Parser) => readonly string[]> =>
  new Map(
    relations.flatMap((relation) =>
      relation.constraints
        .filter(({ kind }) => kind === 'primary' || kind === 'unique' || kind === 'foreign')
        .map(({ name, definition }) => [
          partKey({ kind: 'constraint', collection: relation.name, name }),
          (parse: Parser) => {
            const tree = statementIn(parse, constraintStatement(definition));
            return relation.columns
              .map((column) => column.name)
              .filter((column) => tree && mentions(tree, column));
          },
        ]),
    ),
  );

/** What needs a generated column that is left out. */
export function withColumns(losses: Losses, leftOut: readonly LeftOut[]): Losses {
  for (const { needs, kind, name, collection } of leftOut) {
    const column = [...losses.left.values()].find(
      (loss) => loss.part.kind === 'generated' && loss.part.name === needs,
    );
    const part = { kind, name, ...(collection !== undefined && { collection }) };
    if (column && !losses.left.has(partKey(part))) losses.left.set(partKey(part), { part, why: column.why });
  }
  return losses;
}
