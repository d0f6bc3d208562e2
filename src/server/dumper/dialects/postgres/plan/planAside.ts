import type { Client } from 'pg';
import { refused } from '../../../../errors/errors';
import type { LeftOut } from '../../../schema/code';
import type { Missing } from '../../../schema/missing';
import { closure } from '../../../schema/order';
import { isView, objectKey, relationKey, relationOf } from '../../../schema/structure';
import { codeKey, findCandidates } from '../code/code';
import { withoutCode } from '../code/withoutCode';
import type { Target } from '../ddl/target';
import type { Wanted } from '../neutral/wanted';
import type { CheckedSchema, Relation } from '../structure/structure';
import { planExtensions } from './extensions';
import { families } from './plan';
import { comingKeys } from './planCode';
import { planMissing } from './planMissing';

export interface AsidePlan {
  /** Tables, and what their columns need of the schema; nothing that runs, and nothing tied to what is live. */
  readonly schema: CheckedSchema;
  readonly leftOut: readonly LeftOut[];
  readonly missing: readonly Missing[];
  /** What was not named and shares its rows with what was. */
  readonly along: readonly string[];
}

/** What of a plan can stand by itself in a schema of its own. */
export async function planAside(client: Client, wanted: Wanted, target: Target): Promise<AsidePlan> {
  const extensions = await planExtensions(client, wanted, { make: false, without: true });
  const fitted = await planMissing(client, wanted, extensions);
  const coming = comingKeys(fitted.wanted, false);
  const code = (await findCandidates(fitted.wanted.schema)).filter(({ of }) => coming.has(of));
  const { schema, leftOut } = await withoutCode(fitted.wanted.schema, new Set(code.map(codeKey)), coming);
  const names = families(schema.relations, wanted.selected);
  const tables = schema.relations.filter((relation) => names.has(relation.name) && !isView(relation));
  const stays = new Set(tables.map(({ name }) => name));
  // A column of the type of another table's rows would tie this one to the live table.
  for (const name of stays) {
    const others = (schema.needs.get(relationKey(name)) ?? []).flatMap((key) => relationOf(key) ?? []);
    const needs = others.filter((other) => !stays.has(other));
    if (needs.length > 0) throw refused('into-needs', { table: name, needs });
  }
  const keys: LeftOut[] = [];
  const relations = tables.map((relation) => standing(relation, stays, target, keys));
  const needed = closure(
    relations.map(({ name }) => relationKey(name)),
    schema.needs,
    schema.laterNeeds,
  );
  return {
    schema: {
      ...schema,
      relations,
      objects: schema.objects
        .filter((object) => needed.has(objectKey(object)))
        .map((object) => {
          const own = { ...object, owner: target.user };
          delete own.privileges;
          return own;
        }),
    },
    leftOut: [...leftOut, ...keys],
    missing: [...extensions.missing, ...fitted.missing],
    along: [...stays].filter((name) => !wanted.selected.has(name)),
  };
}

/** Without ties to other tables, and of whoever restores it: who may use the app's table may not use this one. */
function standing(relation: Relation, stays: ReadonlySet<string>, target: Target, left: LeftOut[]): Relation {
  const { name: collection } = relation;
  const alone: Relation = {
    ...relation,
    owner: target.user,
    sequences: relation.sequences.map((sequence) => {
      const own = { ...sequence };
      delete own.privileges;
      return own;
    }),
    constraints: relation.constraints.filter(({ kind, name, references }) => {
      const hangs = kind === 'foreign' && !stays.has(references ?? '');
      if (hangs) left.push({ kind: 'constraint', collection, name });
      return !hangs;
    }),
  };
  delete alone.privileges;
  delete alone.rowSecurity;
  delete alone.inheritedTriggers;
  return alone;
}
