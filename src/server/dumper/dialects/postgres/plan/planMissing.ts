import type { Client } from 'pg';
import { setImmediate } from 'node:timers/promises';
import type { Wanted } from '../neutral/wanted';
import { BackupError, refused } from '../../../../errors/errors';
import type { Elsewhere, Missing, Need, Part } from '../../../schema/missing';
import type { Named as Reference } from '../structure/operator';
import { objectKey, relationKey } from '../../../schema/structure';
import type { Column, Relation, Schema, SchemaObject } from '../structure/structure';
import { byKey, type Candidate } from '../code/code';
import { absentOf, ownersOf, partKindOf } from '../catalog/elsewhere';
import { newerThan } from '../catalog/newer';
import type { ExtensionPlan } from './extensions';
import {
  findLosses,
  keyOfNeed,
  partKey,
  withColumns,
  type Losing,
  type Losses,
  type Text,
} from '../code/losses';
import { parser, type Parser } from '../sql/parser';
import { comingKeys } from './planCode';
import { namedIn } from '../code/references';
import { trueNeeds } from './trueNeeds';
import { withoutCode } from '../code/withoutCode';
import { warn, type Warning } from '../../../app/warning';

/** Few texts at a time: while they are parsed everybody else waits. */
const TURN = 50;

type Changed = NonNullable<Missing['changed']>[number];

export interface Fitted {
  readonly wanted: Wanted;
  readonly missing: Missing[];
  readonly warnings: readonly Warning[];
}

/**
 * What the archive needs beside its schema and is not in this database: whatever needs it is taken out of the plan, and
 * so is what needs that. Rows and tables come all the same: a column of a type that is missing as text.
 */
export async function planMissing(
  client: Client,
  wanted: Wanted,
  { schemas, denied }: Pick<ExtensionPlan, 'schemas' | 'denied'>,
  rehearsal = false,
): Promise<Fitted> {
  const { schema } = wanted;
  const coming = comingKeys(wanted, rehearsal);
  const parse = await parser();
  const needs = (
    wanted.elsewhere
      ? trueNeeds(wanted.elsewhere, schema)
      : inTexts(await textsOf(parse, schema, coming), schema)
  ).filter((need) => need.kind === 'extension' || need.own || !schemas.has(need.schema));
  const keyOf = ownersOf(schema.objects);
  const comes = (part: Part) => coming.has(keyOf(part) ?? '');
  const sought = needs.filter((need) => need.kind !== 'extension' && need.neededBy.some(comes));
  const absent = [
    ...needs.filter((need) => need.kind === 'extension' && denied.has(need.name)),
    ...(await absentOf(client, sought)),
    ...(await newerNeeds(client, parse, wanted, coming)),
  ];
  if (absent.length === 0) return { wanted, missing: [], warnings: [] };

  const lostParts = findLosses(parse, absent, schema, await textsOf(parse, schema, coming), comes);
  const { schema: rest, leftOut } = await withoutCode(
    adapted(schema, lostParts),
    new Set(lostParts.left.keys()),
    coming,
  );
  const losses = withColumns(lostParts, leftOut);
  const list = (key: string, of: Losing) =>
    [...of.values()].filter(({ why }) => why.has(key)).map(({ part }) => part);
  const merged = new Map<string, Missing>();
  for (const loss of absent) {
    const key = keyOfNeed(loss);
    const changed: Changed[] = [
      ...list(key, losses.text).map((part): Changed => ({ ...part, how: 'text' })),
      ...list(key, losses.without).map((part): Changed => ({ ...part, how: 'without' })),
      ...(loss.calledBy ?? [])
        .filter((part) => comes(part) && !losses.left.has(partKey(part)))
        .map((part): Changed => ({ ...part, how: 'failing' })),
    ];
    merged.set(key, {
      kind: loss.kind,
      name: loss.schema === '' ? loss.name : `${loss.schema}.${loss.name}`,
      outcome: 'left-out',
      neededBy: list(key, losses.left),
      ...(changed.length > 0 && { changed }),
    });
  }
  return {
    wanted: { ...wanted, schema: rest },
    missing: [...merged.values()],
    warnings: [...denied].map((name) => warn('extension-refused', { name })),
  };
}

/** The structure with columns as text, tables stored as usual, and without the types and dictionaries that are left out. */
function adapted(schema: Schema, { left, text, without }: Losses): Schema {
  const has = (of: Losing, part: Part) => of.has(partKey(part));
  return {
    ...schema,
    objects: schema.objects.filter((object) => {
      const kind = partKindOf(object);
      return !(kind && KEPT_BY_OTHERS.has(kind) && has(left, { kind, name: object.identity }));
    }),
    relations: schema.relations.map((relation): Relation => {
      const collection = relation.name;
      const key = { kind: 'partition' as const, collection, name: 'key' };
      if (has(left, key)) throw undivided(relation, [...(left.get(partKey(key))?.why ?? [])]);
      const columns = relation.columns.map((column): Column => {
        const part = { kind: 'column' as const, collection, name: column.name };
        if (has(text, part)) return { ...column, type: 'text', native: 'text' };
        return has(without, part) ? { ...column, collation: undefined } : column;
      });
      // A tablespace is not carried: it is only said.
      const why = without.get(partKey({ kind: 'table', collection, name: collection }))?.why ?? new Set();
      const plain = [...why].some((key) => kindOf(key) === 'accessMethod');
      return { ...relation, columns, ...(plain && { accessMethod: undefined, options: [] }) };
    }),
  };
}

const kindOf = (key: string): string => (JSON.parse(key) as string[])[0] ?? '';

/** Kinds that withoutCode knows no way to leave out as a whole. */
const KEPT_BY_OTHERS: ReadonlySet<Part['kind']> = new Set(['type', 'textDictionary', 'textConfiguration']);

const undivided = ({ name }: Relation, why: readonly string[]): BackupError =>
  refused('partitions-need', {
    table: name,
    needs: why.map((loss) => (JSON.parse(loss) as string[]).slice(1).filter(Boolean).join('.')),
  });

/** What of a newer server's own this one lacks, and what comes needs. */
async function newerNeeds(
  client: Client,
  parse: Parser,
  { schema, version }: Wanted,
  coming: ReadonlySet<string>,
): Promise<Need[]> {
  const newer = await newerThan(client, version);
  if (!newer) return [];
  const { routine, type, syntax } = newer;
  const needs = new Map<string, Need>();
  const need = (kind: keyof typeof newer, name: string, part: Part) => {
    const before = needs.get(name + kind)?.neededBy ?? [];
    const schema = kind === 'syntax' ? '' : 'pg_catalog';
    needs.set(name + kind, { kind, schema, name, neededBy: [...before, part] });
  };
  const words = new Set([...routine, ...[...syntax].flatMap((form) => form.split(' '))]);
  const names = (text: string) => (text.match(/\w+/g) ?? []).some((word) => words.has(word));
  const own = new Set(schema.objects.map(({ name }) => name));
  for (const { part, named } of await textsOf(parse, schema, coming, names)) {
    for (const name of named.calls) if (routine.has(name) && !own.has(name)) need('routine', name, part);
    for (const form of named.forms) if (syntax.has(form)) need('syntax', form, part);
  }
  for (const relation of schema.relations.filter(({ name }) => coming.has(relationKey(name)))) {
    for (const { name, native, generated } of relation.columns) {
      const base = native.replace(/[([].*$/, '');
      if (type.has(base) && !own.has(base))
        need('type', base, { kind: 'column', collection: relation.name, name });
      if (generated === 'virtual' && syntax.has('VIRTUAL'))
        need('syntax', 'VIRTUAL', { kind: 'generated', collection: relation.name, name });
    }
  }
  return [...needs.values()];
}

/** What comes and has a text, with what that names. */
async function textsOf(
  parse: Parser,
  schema: Schema,
  coming: ReadonlySet<string>,
  matters: (text: string) => boolean = () => true,
): Promise<Text[]> {
  const texts: Text[] = [];
  const relations = new Map(schema.relations.map((relation) => [relationKey(relation.name), relation]));
  const objects = new Map(schema.objects.map((object) => [objectKey(object), object]));
  for (const candidate of byKey(schema).values()) {
    if (!coming.has(candidate.of)) continue;
    const { kind, name, collection } = candidate;
    const text = textOf(candidate, relations.get(candidate.of), objects.get(candidate.of));
    if (!matters(text)) continue;
    if (texts.length % TURN === TURN - 1) await setImmediate();
    texts.push({
      part: { kind, name, ...(collection !== undefined && { collection }) },
      named: namedIn(parse, text),
    });
  }
  for (const object of schema.objects) {
    const kind = partKindOf(object);
    const names = recordNames(object);
    if (kind && names.length > 0 && coming.has(objectKey(object)))
      texts.push({
        part: { kind, name: object.identity },
        named: {
          own: new Set(names.filter((name) => name.schema === undefined).map((name) => name.name)),
          elsewhere: [],
          calls: new Set(),
          forms: new Set(),
        },
      });
  }
  return texts;
}

/** What records name that no statement has. */
const recordNames = ({
  operator,
  operatorClass,
  operatorFamily,
  textConfiguration,
}: SchemaObject): Reference[] => [
  ...(operator ? [operator.function] : []),
  ...[operatorClass, operatorFamily].flatMap((kind) => [
    ...(kind?.operators ?? []).map((each) => each.name),
    ...(kind?.functions ?? []).map((each) => each.name),
  ]),
  ...(textConfiguration?.mappings ?? []).flatMap((mapping) => mapping.dictionaries),
];

/** What an older archive names in its texts. */
function inTexts(texts: readonly Text[], { relations, objects }: Schema): Elsewhere[] {
  const own = new Set([...relations, ...objects].map(({ name }) => name));
  const needs = new Map<string, Elsewhere>();
  for (const { part, named } of texts) {
    for (const reference of named.elsewhere.filter(({ kind, name }) => kind === 'role' || !own.has(name))) {
      const key = keyOfNeed(reference);
      needs.set(key, { ...reference, neededBy: [...(needs.get(key)?.neededBy ?? []), part] });
    }
  }
  return [...needs.values()];
}

function textOf(
  candidate: Candidate,
  relation: Relation | undefined,
  object: SchemaObject | undefined,
): string {
  if (candidate.statement !== undefined) return candidate.statement;
  if (relation && (candidate.kind === 'view' || candidate.kind === 'materialized'))
    return relation.query ?? '';
  const attachment = relation?.attachments.find(
    (each) => each.kind === candidate.kind && each.name === candidate.name,
  );
  return attachment ? attachment.definition : object?.definition || candidate.text;
}
