import { isDeepStrictEqual } from 'node:util';
import type { CodeItem, LeftOut } from '../../../schema/code';
import { byKind, CodeKind } from '../../../schema/codeKind';
import type { Relation, Schema, SchemaObject } from '../../../schema/structure';
import { judge } from '../sql/tokens';
import { nameOf, nativeOf, objectOf } from './neutral';
import { objectText } from './objectText';
import type { RelationNative } from './structure';

/** What has code in it. */
export type Coded = Pick<Schema, 'relations' | 'objects'>;

/** All that can run: routines, events, views and triggers, and expressions that call what is not known to be harmless. */
export const findCode = (of: Coded): CodeItem[] => byKind(exactCode(of).map(({ item }) => item));

interface Exact {
  readonly item: CodeItem;
  /** All that decides what it does, and as whom. */
  readonly exact: unknown;
}

const exactCode = ({ relations, objects }: Coded): Exact[] => [
  ...objects.map(codeOfObject),
  ...relations.flatMap(codeOf),
];

/** Whose it was is no part of it: it comes back as the account that restores it. */
export const exactly = (native: { readonly definer: string }): unknown => ({ ...native, definer: undefined });

/** Modes in which the same text says something else. */
const READ_ANOTHER_WAY: ReadonlySet<string> = new Set([
  ...['ANSI', 'ANSI_QUOTES', 'EMPTY_STRING_IS_NULL', 'HIGH_NOT_PRECEDENCE', 'IGNORE_SPACE'],
  ...['NO_BACKSLASH_ESCAPES', 'PIPES_AS_CONCAT'],
]);

function codeOfObject(object: SchemaObject): Exact {
  const { kind, native } = objectOf(object);
  const { name } = object;
  const definer = kind !== 'event' && native.security === 'DEFINER';
  const modes = native.sqlMode.split(',').filter((mode) => READ_ANOTHER_WAY.has(mode));
  const text = `${objectText(object)}${modes.length > 0 ? `\n-- sql_mode: ${modes.join(',')}` : ''}`;
  return { item: { kind, name, text, definer }, exact: exactly(native) };
}

function codeOf(relation: Relation): Exact[] {
  const { name: collection } = relation;
  const { view, triggers, checks, columns, indexes } = nativeOf(relation);
  const calling = (kind: CodeItem['kind'], name: string, text: string | undefined): Exact[] =>
    text !== undefined && judge(text) === 'calls'
      ? [{ item: { kind, collection, name, text }, exact: text }]
      : [];
  return [
    ...(view
      ? [
          {
            item: { kind: 'view' as const, collection, name: collection, text: view.query },
            exact: exactly(view),
          },
        ]
      : []),
    ...triggers.map((trigger) => {
      const { name, timing, event, body } = trigger;
      const text = `${timing} ${event}: ${body}`;
      return { item: { kind: 'trigger' as const, collection, name, text }, exact: exactly(trigger) };
    }),
    ...columns.flatMap((column, at) => {
      const name = relation.columns[at]?.name ?? '';
      return [
        ...calling('generated', name, column.generation),
        ...calling('default', name, column.default?.kind === 'expression' ? column.default.text : undefined),
      ];
    }),
    ...checks.flatMap(({ name, clause }) => calling('constraint', name, clause)),
    ...indexes.flatMap(({ name, parts }) =>
      parts.flatMap(({ expression }) => calling('index', name, expression)).slice(0, 1),
    ),
  ];
}

/** Beside what is here: whether it is the same. */
export function codeBeside(coming: Coded, live: Coded): CodeItem[] {
  const here = new Map(exactCode(live).map(({ item, exact }) => [keyOf(item), exact]));
  return byKind(
    exactCode(coming).map(({ item, exact }): CodeItem => {
      const key = keyOf(item);
      const isSame = isDeepStrictEqual(here.get(key), exact);
      return { ...item, state: isSame ? 'same' : here.has(key) ? 'different' : 'new' };
    }),
  );
}

/** What is on no collection the server knows by its name without regard to case. */
const keyOf = ({ kind, collection, name }: CodeItem): string =>
  collection === undefined ? nameOf({ kind, name }) : [kind, collection, name].join('\0');

/** The same without code that is not here already, and without what cannot be without it. */
export function withoutCode(coming: Coded, live: Coded): Coded & { readonly leftOut: LeftOut[] } {
  const bad = codeBeside(coming, live).filter((item) => item.state !== 'same');
  const leftOut: LeftOut[] = bad.map(({ kind, collection, name }) => ({
    kind,
    ...(collection !== undefined && { collection }),
    name,
  }));
  const isBad = (kind: CodeItem['kind'], collection: string | undefined, name: string): boolean =>
    bad.some((item) => item.kind === kind && item.collection === collection && item.name === name);
  const objects = coming.objects.filter(({ kind, name }) =>
    CodeKind.options.every((each) => each !== kind || !isBad(each, undefined, name)),
  );
  const relations = coming.relations
    .filter(({ name }) => !isBad('view', name, name))
    .map((relation): Relation => {
      const { name: collection } = relation;
      const native = nativeOf(relation);
      const gone = new Set(
        relation.columns.filter(({ name }) => isBad('generated', collection, name)).map(({ name }) => name),
      );
      const lacks = (columns: readonly (string | undefined)[]): string | undefined =>
        columns.find((column) => column !== undefined && gone.has(column));
      const indexes = native.indexes.filter((index) => {
        const needs = lacks(index.parts.map((part) => part.column));
        if (needs !== undefined) leftOut.push({ kind: 'index', collection, name: index.name, needs });
        return needs === undefined && !isBad('index', collection, index.name);
      });
      const kept = new Set(indexes.map(({ name }) => name));
      const foreignKeys = relation.foreignKeys.filter((key) => {
        const needs = lacks(key.columns);
        if (needs !== undefined) leftOut.push({ kind: 'constraint', collection, name: key.name, needs });
        return needs === undefined;
      });
      const mysql: RelationNative = {
        ...native,
        columns: native.columns.flatMap((column, at) => {
          const name = relation.columns[at]?.name ?? '';
          if (gone.has(name)) return [];
          if (!isBad('default', collection, name)) return [column];
          const bare = { ...column };
          delete bare.default;
          return [bare];
        }),
        indexes,
        checks: native.checks.filter(({ name }) => !isBad('constraint', collection, name)),
        triggers: native.triggers.filter(({ name }) => !isBad('trigger', collection, name)),
      };
      return {
        ...relation,
        columns: relation.columns.filter(({ name }) => !gone.has(name)),
        uniqueKeys: relation.uniqueKeys.filter(({ name }) => kept.has(name)),
        indexes: relation.indexes.filter(({ name }) => kept.has(name)),
        foreignKeys,
        native: { mysql },
      };
    });
  return { relations, objects, leftOut };
}
