import type { CodeItem, LeftOut } from '../../../schema/code';
import { byKind } from '../../../schema/codeKind';
import type { Relation, Schema } from '../../../schema/structure';
import { judge } from '../sql/tokens';
import { nativeOf } from './neutral';
import type { RelationNative } from './structure';

/** All that can run: views and triggers, and expressions that call what is not known to be harmless. */
export function findCode({ relations }: Pick<Schema, 'relations'>): CodeItem[] {
  return byKind(relations.flatMap(codeOf));
}

function codeOf(relation: Relation): CodeItem[] {
  const { name: collection } = relation;
  const { view, triggers, checks, columns, indexes } = nativeOf(relation);
  const calling = (kind: CodeItem['kind'], name: string, text: string | undefined): CodeItem[] =>
    text !== undefined && judge(text) === 'calls' ? [{ kind, collection, name, text }] : [];
  return [
    ...(view ? [{ kind: 'view' as const, collection, name: collection, text: view.query }] : []),
    ...triggers.map(({ name, timing, event, body }) => ({
      kind: 'trigger' as const,
      collection,
      name,
      text: `${timing} ${event}: ${body}`,
    })),
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
export function codeBeside(coming: readonly Relation[], live: readonly Relation[]): CodeItem[] {
  const here = new Map(findCode({ relations: live }).map((item) => [keyOf(item), item.text]));
  return findCode({ relations: coming }).map((item) => {
    const text = here.get(keyOf(item));
    return { ...item, state: text === undefined ? 'new' : text === item.text ? 'same' : 'different' };
  });
}

const keyOf = ({ kind, collection, name }: CodeItem): string => [kind, collection, name].join('\0');

/** The same without code that is not here already, and without what cannot be without it. */
export function withoutCode(
  coming: readonly Relation[],
  live: readonly Relation[],
): { relations: Relation[]; leftOut: LeftOut[] } {
  const bad = codeBeside(coming, live).filter((item) => item.state !== 'same');
  const leftOut: LeftOut[] = bad.map(({ kind, collection, name }) => ({
    kind,
    ...(collection !== undefined && { collection }),
    name,
  }));
  const isBad = (kind: CodeItem['kind'], collection: string, name: string): boolean =>
    bad.some((item) => item.kind === kind && item.collection === collection && item.name === name);
  const relations = coming
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
  return { relations, leftOut };
}
