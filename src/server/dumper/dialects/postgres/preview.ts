import type { Client } from 'pg';
import type { CollectionPreview, PreviewResult, RestorePlan } from '../../dialect';
import { hasRows, type Relation } from '../../structure';
import { quote, rows, type PostgresSettings } from './connection';
import { readLive, readTarget } from './live';
import { families, planSwap } from './plan';

/** Longest that one table may be counted; then the planner's guess must do. */
const COUNT_LIMIT_MS = 3000;
const CREATED_AT = ['createdAt', 'created_at'];

/** What a restore would change, without changing anything. Throws what the restore would be refused for. */
export async function previewRestore(
  client: Client,
  settings: PostgresSettings,
  wanted: RestorePlan,
): Promise<PreviewResult> {
  const { live } = await readLive(client, settings.schema);
  const target = await readTarget(client);
  const plan = planSwap(wanted.schema, live, { selected: wanted.selected, all: wanted.all, target });
  const warnings = [...plan.warnings];
  const missingRoles = new Set(
    plan.relations.flatMap((one) => (one.privileges ?? []).map((privilege) => privilege.grantee)),
  );
  for (const role of missingRoles) {
    if (role === 'PUBLIC' || target.roles.has(role)) continue;
    warnings.push({
      kind: 'role',
      message: `There is no role ${role} here; what it was granted is left out.`,
    });
  }

  const before = new Map(live.relations.map((one) => [one.name, one]));
  const collections: CollectionPreview[] = [];
  let undoBytes = 0;
  for (const relation of plan.relations) {
    const now = before.get(relation.name);
    undoBytes += live.facts.get(relation.name)?.bytes ?? 0;
    const backup = hasRows(relation) ? wanted.rows?.get(relation.name) : undefined;
    collections.push({
      name: relation.name,
      kind: relation.kind,
      action: now ? 'replace' : 'create',
      ...(now &&
        hasRows(now) &&
        (await countRows(client, settings.schema, now, live.facts.get(now.name)?.estimate ?? -1))),
      ...(backup !== undefined && { rowsInBackup: backup }),
      ...(now &&
        wanted.createdAt &&
        (await countCreatedSince(client, settings.schema, now, wanted.createdAt))),
      structure: now ? structureChanges(now, relation) : [],
    });
  }
  const coming = new Set(plan.relations.map((one) => one.name));
  for (const name of families(live.relations, coming)) {
    const now = before.get(name);
    if (coming.has(name) || !now) continue;
    undoBytes += live.facts.get(name)?.bytes ?? 0;
    collections.push({
      name,
      kind: now.kind,
      action: 'aside',
      ...(hasRows(now) &&
        (await countRows(client, settings.schema, now, live.facts.get(name)?.estimate ?? -1))),
      structure: [],
    });
  }
  return { collections, warnings, undoBytes };
}

async function countRows(
  client: Client,
  schema: string,
  relation: Relation,
  estimate: number,
): Promise<{ rowsNow: number; rowsNowGuessed?: true }> {
  const found = await limited(
    client,
    `SELECT count(*)::float8 AS n FROM ONLY ${quote(schema)}.${quote(relation.name)}`,
  );
  return found === undefined
    ? { rowsNow: Math.max(0, Math.round(estimate)), rowsNowGuessed: true }
    : { rowsNow: found };
}

async function countCreatedSince(
  client: Client,
  schema: string,
  relation: Relation,
  since: Date,
): Promise<{ createdSince?: number }> {
  const column = relation.columns.find(
    (one) => CREATED_AT.includes(one.name) && (one.type === 'timestamptz' || one.type === 'timestamp'),
  );
  if (!column || !hasRows(relation)) return {};
  const found = await limited(
    client,
    `SELECT count(*)::float8 AS n FROM ONLY ${quote(schema)}.${quote(relation.name)} WHERE ${quote(column.name)} > $1`,
    [since.toISOString()],
  );
  return found === undefined ? {} : { createdSince: found };
}

async function limited(client: Client, sql: string, values: unknown[] = []): Promise<number | undefined> {
  try {
    await client.query(`SET statement_timeout = ${COUNT_LIMIT_MS}`);
    return (await rows<{ n: number }>(client, sql, values))[0]?.n;
  } catch {
    return undefined;
  } finally {
    await client.query('SET statement_timeout = 0');
  }
}

/** In words, what the restored structure will have and what it will not have any more. */
export function structureChanges(now: Relation, then: Relation): string[] {
  const changes: string[] = [];
  if (now.kind !== then.kind) changes.push(`is a ${now.kind} now, was a ${then.kind}`);
  const compare = <T>(
    what: string,
    a: readonly T[],
    b: readonly T[],
    name: (one: T) => string,
    text: (one: T) => string,
  ) => {
    const old = new Map(b.map((one) => [name(one), one]));
    for (const one of a) {
      const other = old.get(name(one));
      if (!other) changes.push(`${what} ${name(one)}: only in the database, goes`);
      else if (text(one) !== text(other))
        changes.push(`${what} ${name(one)}: ${text(one)} becomes ${text(other)}`);
      old.delete(name(one));
    }
    for (const one of old.keys()) changes.push(`${what} ${one}: only in the backup, comes back`);
  };
  // The columns of a view from an old archive are not known before it is made.
  const known = then.kind !== 'view' || then.columns.length > 0;
  compare(
    'column',
    known ? now.columns : [],
    then.columns,
    (one) => one.name,
    (one) =>
      [
        one.native,
        one.notNull && 'not null',
        one.default !== undefined && `default ${one.default}`,
        one.identity && 'identity',
      ]
        .filter(Boolean)
        .join(' '),
  );
  compare(
    'constraint',
    now.constraints,
    then.constraints,
    (one) => one.name,
    (one) => one.definition,
  );
  const free = (relation: Relation) => relation.indexes.filter((one) => one.definition !== undefined);
  compare(
    'index',
    free(now),
    free(then),
    (one) => one.name,
    (one) => one.definition ?? '',
  );
  compare(
    'trigger',
    now.attachments,
    then.attachments,
    (one) => one.name,
    (one) => one.definition,
  );
  if (now.query !== undefined && then.query !== undefined && now.query.trim() !== then.query.trim()) {
    changes.push('the query of the view differs');
  }
  return changes;
}
