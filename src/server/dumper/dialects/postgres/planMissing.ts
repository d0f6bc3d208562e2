import type { Client } from 'pg';
import { setImmediate } from 'node:timers/promises';
import type { RestorePlan } from '../../dialect';
import type { Missing } from '../../missing';
import { objectKey, relationKey, type Schema } from '../../structure';
import { byKey, codeKey, type Candidate } from './code';
import { rows } from './connection';
import { parser } from './parser';
import { comingKeys } from './planCode';
import { namedIn, type Named, type Reference } from './references';
import { withoutCode } from './withoutCode';

/** Few texts at a time: while they are parsed everybody else waits. */
const TURN = 50;

/**
 * What the archive names in other schemas and is not in this database: whatever needs it is taken out of the plan, and
 * so is what needs that. Rows and tables come all the same.
 */
export async function planMissing(
  client: Client,
  wanted: RestorePlan,
  /** Schemas of extensions that will be there. */
  promised: ReadonlySet<string>,
  rehearsal = false,
): Promise<{ wanted: RestorePlan; missing: Missing[] }> {
  const { schema } = wanted;
  const coming = comingKeys(wanted, rehearsal);
  const parse = await parser();
  const found: { one: Candidate; named: Named }[] = [];
  for (const one of byKey(schema).values()) {
    if (!coming.has(one.of)) continue;
    if (found.length % TURN === TURN - 1) await setImmediate();
    found.push({ one, named: namedIn(parse, textOf(one, schema)) });
  }
  const own = new Set([...schema.relations, ...schema.objects].map(({ name }) => name));
  const named = found
    .flatMap((each) => each.named.elsewhere)
    .filter((one) => !promised.has(one.schema) && (one.kind === 'role' || !own.has(one.name)));
  const absent = await readAbsent(client, named);
  if (absent.size === 0) return { wanted, missing: [] };

  const left = new Map<string, Set<string>>();
  const leave = (one: Candidate, why: Iterable<string>) => {
    const key = codeKey(one);
    const before = left.get(key)?.size ?? 0;
    left.set(key, new Set([...(left.get(key) ?? []), ...why]));
    return left.get(key)?.size !== before;
  };
  for (const { one, named: names } of found) {
    const why = names.elsewhere.map(referenceKey).filter((key) => absent.has(key));
    if (why.length > 0) leave(one, why);
  }
  // What names a view or a routine that is left out cannot be either.
  for (let more = true; more;) {
    more = false;
    const gone = new Map(
      found
        .filter(({ one }) => isWhole(one) && left.has(codeKey(one)))
        .map(({ one }) => [nameOf(one), left.get(codeKey(one)) ?? new Set<string>()]),
    );
    for (const { one, named: names } of found) {
      for (const [name, why] of gone)
        if (names.own.has(name) && nameOf(one) !== name && leave(one, why)) more = true;
    }
  }
  const { schema: rest } = await withoutCode(schema, new Set(left.keys()), coming);
  return {
    wanted: { ...wanted, schema: rest },
    missing: [...absent].map(([key, { kind, schema: place, name }]): Missing => ({
      kind,
      name: place === '' ? name : `${place}.${name}`,
      outcome: 'left-out',
      neededBy: found
        .filter(({ one }) => left.get(codeKey(one))?.has(key))
        .map(({ one }) => ({
          kind: one.kind,
          name: one.name,
          ...(one.collection !== undefined && { collection: one.collection }),
        })),
    })),
  };
}

const referenceKey = ({ kind, schema, name }: Reference): string => JSON.stringify([kind, schema, name]);

const WHOLE = new Set(['view', 'materialized', 'function', 'procedure', 'aggregate']);
const isWhole = ({ kind }: Candidate): boolean => WHOLE.has(kind);
const nameOf = ({ name, of }: Candidate): string =>
  of.startsWith('relation:') ? name : (/^("(?:[^"]|"")*"|[^(]*)/.exec(name)?.[0] ?? name).replaceAll('"', '');

function textOf(one: Candidate, { relations, objects }: Schema): string {
  if (one.statement !== undefined) return one.statement;
  const relation = relations.find((each) => relationKey(each.name) === one.of);
  if (relation && isWhole(one)) return relation.query ?? '';
  const attachment = relation?.attachments.find((each) => each.kind === one.kind && each.name === one.name);
  return attachment
    ? attachment.definition
    : objects.find((each) => objectKey(each) === one.of)?.definition || one.text;
}

/** Which of them are not here. */
async function readAbsent(client: Client, named: readonly Reference[]): Promise<Map<string, Reference>> {
  const all = new Map(named.map((one) => [referenceKey(one), one]));
  if (all.size === 0) return all;
  const list = [...all.values()];
  const inSchema = (catalog: string, name: string, schema: string) =>
    `EXISTS (SELECT 1 FROM ${catalog} x JOIN pg_namespace n ON n.oid = x.${schema} WHERE n.nspname = w.schema AND x.${name} = w.name)`;
  const absent = await rows<{ at: string }>(
    client,
    `SELECT (w.at - 1)::text AS at FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY w(kind, schema, name, at)
     WHERE NOT CASE w.kind
       WHEN 'role' THEN EXISTS (SELECT 1 FROM pg_roles r WHERE r.rolname = w.name)
       WHEN 'relation' THEN ${inSchema('pg_class', 'relname', 'relnamespace')}
       WHEN 'routine' THEN ${inSchema('pg_proc', 'proname', 'pronamespace')}
       -- What an aggregate is made of reads like a type.
       WHEN 'type' THEN ${inSchema('pg_type', 'typname', 'typnamespace')} OR ${inSchema('pg_proc', 'proname', 'pronamespace')}
       ELSE ${inSchema('pg_collation', 'collname', 'collnamespace')} END`,
    [list.map((one) => one.kind), list.map((one) => one.schema), list.map((one) => one.name)],
  );
  const gone = new Set(absent.map(({ at }) => Number(at)));
  return new Map([...all].filter((_, at) => gone.has(at)));
}
