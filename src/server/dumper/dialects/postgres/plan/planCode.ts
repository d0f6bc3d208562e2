import { newCode, type CodeItem, type LeftOut } from '../../../schema/code';
import type { Wanted } from '../neutral/wanted';
import { closure } from '../../../schema/order';
import { isView, objectKey, relationKey, relationOf } from '../../../schema/structure';
import type { CheckedSchema, Schema } from '../structure/structure';
import { byKey, codeKey, findCandidates, toItem, type Candidate } from '../code/code';
import type { Target } from '../ddl/target';
import type { Description } from '../catalog/describe';
import { families } from './plan';
import type { SwapPlan } from './swapPlan';
import { withoutCode } from '../code/withoutCode';
import { warn, type Thing, type Warning } from '../../../app/warning';

export interface CodePlan {
  /** What there is to come, without what is left out. */
  readonly schema: CheckedSchema;
  /** The code that comes with what was chosen, whatever pulls it in. */
  readonly code: readonly CodeItem[];
  readonly leftOut: readonly LeftOut[];
  /** What this account may not make, and is left out for that. */
  readonly warnings: readonly Warning[];
}

/** Finds the code that a plan means, and takes out of it what is to be left out. */
export async function planCode(
  wanted: Wanted,
  live: Description,
  target: Target,
  rehearsal = false,
): Promise<CodePlan> {
  const coming = comingKeys(wanted, rehearsal);
  const here = byKey(live);
  const candidates = (await findCandidates(wanted.schema))
    .filter((candidate) => coming.has(candidate.of))
    .map((candidate) => ({ candidate, state: stateIn(here, target, candidate, rehearsal) }))
    // Without --all a routine that is here stays as it is.
    .filter(
      ({ candidate, state }) => state !== 'different' || !isRoutine(candidate) || wanted.all || rehearsal,
    );
  const items = candidates.map(({ candidate, state }): CodeItem => ({ ...toItem(candidate), state }));
  // Only a superuser may make an operator class.
  const classes = candidates.filter(
    ({ candidate, state }) =>
      !target.superuser &&
      (candidate.kind === 'operatorClass' || candidate.kind === 'operatorFamily') &&
      (rehearsal || state !== 'same'),
  );
  const denied =
    classes.length === 0 ? [] : [...classes, ...candidates.filter(({ candidate }) => candidate.needsClass)];
  if (!wanted.withoutCode && denied.length === 0)
    return { schema: wanted.schema, code: items, leftOut: [], warnings: [] };
  const leave = new Set([
    ...(wanted.withoutCode ? newCode(items).map(codeKey) : []),
    ...denied.map(({ candidate }) => codeKey(candidate)),
  ]);
  const { schema, leftOut } = await withoutCode(wanted.schema, leave, coming);
  const warnings: Warning[] = [];
  if (!wanted.withoutCode && denied.length > 0)
    warnings.push(
      warn('classes-refused', {
        user: target.user,
        left: denied.map(({ candidate }) => thingOfCode(candidate)),
      }),
    );
  return { schema, code: items.filter((item) => !leave.has(codeKey(item))), leftOut, warnings };
}

const thingOfCode = ({ kind, collection, name }: Candidate): Thing => ({
  kind,
  ...(collection !== undefined && { collection }),
  name,
});

const isRoutine = ({ kind }: Pick<Candidate, 'kind'>): boolean =>
  kind === 'function' || kind === 'procedure' || kind === 'aggregate';

/** Keys of the relations that come, and of the objects that they bring along. */
export function comingKeys({ schema, selected, all }: Wanted, rehearsal: boolean): Set<string> {
  const relations = rehearsal
    ? schema.relations.map((relation) => relation.name)
    : [...families(schema.relations, selected)];
  const keys = relations.map(relationKey);
  return all ? new Set([...keys, ...schema.objects.map(objectKey)]) : onlyObjects(keys, schema);
}

function onlyObjects(keys: readonly string[], schema: Schema): Set<string> {
  const chosen = new Set(keys);
  const reached = closure(keys, schema.needs, schema.laterNeeds);
  return new Set([...reached].filter((key) => chosen.has(key) || relationOf(key) === undefined));
}

/**
 * What reads the same here is not made again, and a live table keeps its owner. A rehearsal makes everything, so
 * that there the owner counts too: with his rights it may run.
 */
function stateIn(
  live: ReadonlyMap<string, Candidate>,
  target: Target,
  candidate: Candidate,
  rehearsal: boolean,
): NonNullable<CodeItem['state']> {
  const other = live.get(codeKey(candidate));
  if (!other) return 'new';
  const owner = target.owners.has(candidate.owner ?? '') ? candidate.owner : target.user;
  const sameOwner = !rehearsal || candidate.owner === undefined || owner === other.owner;
  return other.text === candidate.text && sameOwner ? 'same' : 'different';
}

/** What to say of a restore without code, beside each thing that is left out. */
export async function withoutCodeWarnings(
  { leftOut }: CodePlan,
  plan: SwapPlan,
  live: Description,
): Promise<Warning[]> {
  const warnings: Warning[] = [];
  const tables = new Set(leftOut.filter((item) => item.kind === 'policy').map((item) => item.collection));
  const closed = plan.relations
    .filter((relation) => relation.rowSecurity && tables.has(relation.name))
    .map((relation) => relation.name);
  if (closed.length > 0) {
    warnings.push(warn('rows-hidden', { tables: closed }));
  }
  const stays = byKey(plan);
  const relations = live.relations.filter(
    (relation) => !isView(relation) && plan.relations.some((next) => next.name === relation.name),
  );
  const here = await findCandidates({ relations, objects: [] }, live);
  const goes = here.filter(
    (candidate) => candidate.collection !== undefined && !stays.has(codeKey(candidate)),
  );
  if (goes.length > 0) {
    warnings.push(warn('code-goes', { things: goes.map(thingOfCode) }));
  }
  return warnings;
}
