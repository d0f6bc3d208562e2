import { SQLSTATE } from '../sql/sqlstate';
import { DatabaseError, type Client } from 'pg';
import type { Blemish } from '../../../schema/blemish';
import type { Relation } from '../structure/structure';
import { rows } from '../connection/connection';
import { databaseError } from '../connection/failure';
import { attempt, run, sql, type Statement } from '../sql/sql';
import type { Step, Unless } from '../sql/step';

const codeOf = (error: unknown): string => (error instanceof DatabaseError ? (error.code ?? '') : '');

/**
 * SQLSTATEs and classes of them by which a routine fails, or finds nothing of what it names; not those of a full disk,
 * a lock, a right that is missing, or an end that somebody asked for.
 */
const ROUTINES: ReadonlySet<string> = new Set('P0 21 22 2F 38 39 3F000 42704 42725 42883 42P01'.split(' '));

/** They run the app's routines. */
const RUNNING: ReadonlySet<Blemish['kind']> = new Set([
  'exclusion',
  'check',
  'domain',
  'index',
  'materialized',
]);

const failsIn = (unless: Unless, error: unknown): 'rows' | 'routine' | undefined => {
  const code = codeOf(error);
  if (unless.codes.includes(code)) return 'rows';
  if (!unless.blemish || !RUNNING.has(unless.blemish.kind)) return undefined;
  const { kind } = unless.blemish;
  // A materialized view over one that was left empty, or whose owner may not read what it is over; a domain within arrays, rows or ranges, whose values are not looked at.
  const known =
    (kind === 'materialized' &&
      (code === SQLSTATE.objectNotInPrerequisiteState || code === SQLSTATE.insufficientPrivilege)) ||
    (kind === 'domain' && code === SQLSTATE.featureNotSupported);
  return known || ROUTINES.has(code) || ROUTINES.has(code.slice(0, 2)) ? 'routine' : undefined;
};

export const isBlemish = (step: Step | undefined, error: unknown): boolean =>
  step?.unless !== undefined && failsIn(step.unless, error) !== undefined;

/**
 * A constraint or an index that the rows may not hold, on its own: it is made, or what is there instead of it, or it is
 * left out. Resolves with what it came to, and the transaction of what was written.
 */
export async function tryStep(
  client: Client,
  { what, statements, unless }: Step,
  within: boolean,
): Promise<{ blemish?: Blemish; transaction?: string | undefined }> {
  const first = await tryAll(client, statements, within);
  if (!first.refused) {
    // Of what is NOT VALID as it was only this says whether rows do not hold it.
    const known = unless?.blemish?.before ? unless.blemish : undefined;
    const n = known && unless?.count ? await count(client, unless.count, within) : undefined;
    return {
      transaction: first.transaction,
      ...(known &&
        n !== 0 && { blemish: { ...known, outcome: 'not valid', ...(n !== undefined && { rows: n }) } }),
    };
  }
  const { error } = first.refused;
  const why = unless && failsIn(unless, error);
  if (!why) throw databaseError(error, what);
  const broken = why === 'rows' && unless.count ? await count(client, unless.count, within) : undefined;
  const second = unless.instead.length > 0 ? await tryAll(client, unless.instead, within) : undefined;
  const kept = second !== undefined && second.refused === undefined;
  // Left out is what cannot be, and not what a full disk or a cancel kept from being.
  if (second?.refused && !failsIn(unless, second.refused.error))
    throw databaseError(second.refused.error, what);
  return {
    ...(unless.blemish && {
      blemish: {
        ...unless.blemish,
        outcome: kept ? 'not valid' : (unless.otherwise ?? 'left out'),
        ...(broken !== undefined && { rows: broken }),
        ...(why === 'routine' && { because: error instanceof Error ? error.message : String(error) }),
      },
    }),
    transaction: second?.transaction,
  };
}

/** With the indexes of partitioned tables that lack a part, because it was left out of a partition. */
export function withParents(blemishes: readonly Blemish[], relations: readonly Relation[]): Blemish[] {
  const all = [...blemishes];
  const lacks = new Set(
    all.filter((blemish) => blemish.outcome === 'left out').map((blemish) => blemish.name),
  );
  const above = new Map(
    relations.flatMap(({ indexes }) => indexes).map((index) => [index.name, index.parent]),
  );
  for (const name of lacks) {
    const parent = above.get(name);
    const table = relations.find((relation) => relation.indexes.some((index) => index.name === parent));
    if (parent === undefined || !table || lacks.has(parent)) continue;
    lacks.add(parent);
    const kind = table.constraints.find((constraint) => constraint.name === parent)?.kind;
    all.push({
      kind: kind === 'primary' || kind === 'unique' || kind === 'exclusion' ? kind : 'index',
      collection: table.name,
      name: parent,
      outcome: 'incomplete',
    });
  }
  return all;
}

/** All or none; in a transaction that goes on, by a savepoint. */
async function tryAll(client: Client, statements: readonly Statement[], within: boolean) {
  if (!within) return attempt(client, statements);
  await run(client, [sql`SAVEPOINT ark`]);
  const outcome = await attempt(client, statements);
  await run(client, [
    ...(outcome.refused ? [sql`ROLLBACK TO SAVEPOINT ark`] : []),
    sql`RELEASE SAVEPOINT ark`,
  ]);
  return outcome;
}

/**
 * A number that cannot be had is no reason to refuse the rows. What an archive says of a constraint stands in the text of
 * a view, as it stands in the constraint's own, and is asked for by names of Ark's alone; nothing of it stays.
 */
async function count(client: Client, { text }: Statement, within: boolean): Promise<number | undefined> {
  const [begin, end] = within
    ? [[sql`SAVEPOINT ark`], [sql`ROLLBACK TO SAVEPOINT ark`, sql`RELEASE SAVEPOINT ark`]]
    : [[sql`BEGIN`], [sql`ROLLBACK`]];
  await run(client, begin);
  let at: number | undefined;
  try {
    await run(client, [sql`CREATE TEMPORARY VIEW ark_counted AS ${text}`]);
    const [row] = await rows<{ n: string }>(client, 'SELECT n FROM pg_temp.ark_counted');
    at = Number(row?.n);
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
  }
  await run(client, end);
  return at;
}
