import type { Relation } from './structure';

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
