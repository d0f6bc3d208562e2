import type { Collation } from '../../collation';
import type { SchemaObject } from '../../structure';
import { literal, quote } from './connection';
import { sql, type Statement } from './sql';

/** What an archive has as a record and not as SQL: the statement is Ark's own, and everything in it is quoted or checked. */
export function createRecord(object: SchemaObject, name = object.identity): Statement | undefined {
  if (object.collation) return createCollation(name, object.collation);
  return undefined;
}

function createCollation(name: string, collation: Collation): Statement {
  const { provider, locale, collate, ctype, deterministic, rules } = collation;
  const said = [
    ['LOCALE', locale],
    ['LC_COLLATE', collate],
    ['LC_CTYPE', ctype],
    ['RULES', rules],
  ].flatMap(([option, value]) => (value === undefined ? [] : [`, ${option} = ${literal(value)}`]));
  return sql`CREATE COLLATION ${name} (PROVIDER = ${provider}${said.join('')}${deterministic ? '' : ', DETERMINISTIC = false'})`;
}

/** What an object is, in one text; nothing is made by it. */
export const wholeText = (object: SchemaObject): string =>
  createRecord(object)?.text ??
  [
    object.definition,
    ...(object.notValid ?? []).map(
      (one) => `CONSTRAINT ${quote(one.name)} ${one.definition.replace(/ NOT VALID$/, '')}`,
    ),
  ].join(' ');
