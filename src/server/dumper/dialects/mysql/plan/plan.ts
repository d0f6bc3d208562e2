import { warn, type Warning } from '../../../app/warning';
import type { RestorePlan } from '../../../dialect';
import { refuseCode, type CodeItem, type LeftOut } from '../../../schema/code';
import type { Blemish } from '../../../schema/blemish';
import { closure } from '../../../schema/order';
import {
  isView,
  objectKey,
  relationKey,
  type ForeignKey,
  type Relation,
  type Schema,
} from '../../../schema/structure';
import type { Description } from '../catalog/describe';
import { codeBeside, withoutCode } from '../structure/code';
import { planObjects, type ObjectsPlan } from './planObjects';

export interface KeyOf {
  readonly table: string;
  readonly key: ForeignKey;
}

/** What takes whose place, and what has to be made anew around it. */
export interface SwapPlan {
  /** In an order in which they can be made. */
  readonly tables: readonly Relation[];
  readonly views: readonly Relation[];
  /** Live tables and views that go aside. */
  readonly aside: readonly Relation[];
  /** Of what comes. */
  readonly keys: readonly KeyOf[];
  /** Keys of tables that stay and point at what is replaced. */
  readonly repointed: readonly KeyOf[];
  readonly warnings: readonly Warning[];
  readonly blemishes: readonly Blemish[];
  readonly objects: ObjectsPlan;
  readonly code: readonly CodeItem[];
  readonly leftOut: readonly LeftOut[];
}

/** `going`: what of the live side goes though nothing comes in its place. */
export function planSwap(
  coming: readonly Relation[],
  live: readonly Relation[],
  going: ReadonlySet<string> = new Set(),
): Omit<SwapPlan, 'objects' | 'code' | 'leftOut'> {
  const names = new Set(coming.map(({ name }) => name));
  const aside = live.filter(({ name }) => names.has(name) || going.has(name));
  const moved = new Set([...names, ...going]);
  const staying = live.filter(({ name }) => !moved.has(name));
  const after = new Map([...staying, ...coming].map((relation) => [relation.name, relation]));
  const keys: KeyOf[] = [];
  const blemishes: Blemish[] = [];
  for (const { name: table, foreignKeys } of coming) {
    for (const key of foreignKeys) {
      const lacks = lacking(key, after);
      if (lacks === undefined) keys.push({ table, key });
      else
        blemishes.push({
          kind: 'foreign',
          collection: table,
          name: key.name,
          outcome: 'left out',
          because: `there is no ${lacks}`,
        });
    }
  }
  const repointed: KeyOf[] = [];
  const warnings: Warning[] = [];
  for (const { name: table, foreignKeys } of staying) {
    for (const key of foreignKeys.filter(({ references }) => moved.has(references))) {
      if (lacking(key, after) === undefined) repointed.push({ table, key });
      else
        warnings.push(
          warn('stays-tied', { thing: { kind: 'constraint', collection: table, name: key.name } }),
        );
    }
  }
  return {
    tables: coming.filter((relation) => !isView(relation)),
    views: coming.filter(isView),
    aside,
    keys,
    repointed,
    warnings,
    blemishes,
  };
}

/** The table or column that a key points at and that will not be there. */
function lacking(key: ForeignKey, after: ReadonlyMap<string, Relation>): string | undefined {
  const target = after.get(key.references);
  if (!target) return key.references;
  const column = key.referencedColumns.find((name) => !target.columns.some((each) => each.name === name));
  return column === undefined ? undefined : `${key.references}.${column}`;
}

const ordered = ({ relations, order }: Schema): Relation[] => {
  const byKey = new Map(relations.map((relation) => [relationKey(relation.name), relation]));
  return order.flatMap((key) => byKey.get(key) ?? []);
};

/** What a plan is made for. */
export const liveOf = ({ schema, hidden }: Description) => ({ ...schema, hidden });

/** A restore of what is chosen. */
export function planRestore(
  { schema, selected, all, withoutCode: without }: RestorePlan,
  live: Pick<Schema, 'relations' | 'objects'> & Pick<Description, 'hidden'>,
): SwapPlan {
  const relations = ordered(schema).filter(({ name }) => selected.has(name));
  const needed = closure([...selected].map(relationKey), schema.needs, schema.laterNeeds);
  const chosen = {
    relations,
    objects: schema.objects.filter((object) => all || needed.has(objectKey(object))),
  };
  const bare = without ? withoutCode(chosen, live) : { ...chosen, leftOut: [] };
  const plan = planSwap(bare.relations, live.relations);
  const { objects, coming, warnings } = planObjects(bare.objects, live.objects, all, live.hidden);
  return {
    ...plan,
    objects,
    warnings: [...plan.warnings, ...warnings, ...(without ? goingCode(plan.aside, bare.relations) : [])],
    code: codeBeside({ relations: bare.relations, objects: coming }, live),
    leftOut: bare.leftOut,
  };
}

/** Triggers of what is replaced that nothing takes the place of. */
function goingCode(aside: readonly Relation[], coming: readonly Relation[]): Warning[] {
  const none = { relations: [], objects: [] };
  const comes = new Set(
    codeBeside({ relations: coming, objects: [] }, none).map(
      ({ kind, collection, name }) => `${kind} ${collection} ${name}`,
    ),
  );
  const goes = codeBeside({ relations: aside, objects: [] }, none).filter(
    ({ kind, collection, name }) => !comes.has(`${kind} ${collection} ${name}`),
  );
  if (goes.length === 0) return [];
  const things = goes.map(({ kind, collection, name }) => ({
    kind,
    name,
    ...(collection !== undefined && { collection }),
  }));
  return [warn('code-goes', { things })];
}

export const refuseNewCode = (plan: SwapPlan, allow: boolean): void => refuseCode(plan.code, allow);
