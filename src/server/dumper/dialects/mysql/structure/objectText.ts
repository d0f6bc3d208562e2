import type { SchemaObject } from '../../../schema/structure';
import { literal, quote } from '../sql/quote';
import { parseColumnType, writeColumnType } from './columnType';
import { objectOf } from './neutral';
import type { EventNative, ValueNative } from './structure';

/**
 * A function, a procedure or an event as it stands after CREATE: made of values, and of a body that is code as a whole.
 * `resting`: an event that does not run.
 */
export function objectText(
  object: SchemaObject,
  name = object.name,
  { resting }: { readonly resting: boolean } = { resting: false },
): string {
  const { kind, native } = objectOf(object);
  const { body, comment, sqlMode } = native;
  const more = comment === undefined ? [] : [`COMMENT ${literalIn(sqlMode, comment)}`];
  if (kind === 'event') {
    const { schedule, preserved, status } = native;
    return [
      `EVENT ${quote(name)} ON SCHEDULE ${scheduleText(schedule)}`,
      `ON COMPLETION ${preserved ? '' : 'NOT '}PRESERVE ${STATUSES[resting ? 'DISABLED' : status]}`,
      ...more,
      `DO ${body}`,
    ].join(' ');
  }
  const { parameters, returns, deterministic, access, security } = native;
  const list = parameters.map(
    (each) =>
      `${each.mode === undefined ? '' : `${each.mode} `}${quote(each.name)} ${valueText(each, sqlMode)}`,
  );
  return [
    `${kind === 'function' ? 'FUNCTION' : 'PROCEDURE'} ${quote(name)} (${list.join(', ')})`,
    ...(returns ? [`RETURNS ${valueText(returns, sqlMode)}`] : []),
    `${deterministic ? '' : 'NOT '}DETERMINISTIC ${access} SQL SECURITY ${security}`,
    ...more,
    body,
  ].join(' ');
}

/** It is made in its own mode, in which a backslash may be nothing but one. */
const literalIn = (sqlMode: string, text: string): string =>
  sqlMode.split(',').includes('NO_BACKSLASH_ESCAPES') ? `'${text.replaceAll("'", "''")}'` : literal(text);

const STATUSES: Readonly<Record<EventNative['status'], string>> = {
  ENABLED: 'ENABLE',
  DISABLED: 'DISABLE',
  SLAVESIDE_DISABLED: 'DISABLE ON SLAVE',
};

function valueText({ columnType, charset, collation }: ValueNative, sqlMode: string): string {
  const type = parseColumnType(columnType);
  if (!type) throw new Error(`${columnType} is no type`);
  return [
    writeColumnType(type, (text) => literalIn(sqlMode, text)),
    ...(charset === undefined ? [] : [`CHARACTER SET ${charset}`]),
    ...(collation === undefined ? [] : [`COLLATE ${collation}`]),
  ].join(' ');
}

function scheduleText(schedule: EventNative['schedule']): string {
  if (schedule.kind === 'once') return `AT ${literal(schedule.at)}`;
  const { value, unit, starts, ends } = schedule;
  return [
    `EVERY ${literal(value)} ${unit}`,
    ...(starts === undefined ? [] : [`STARTS ${literal(starts)}`]),
    ...(ends === undefined ? [] : [`ENDS ${literal(ends)}`]),
  ].join(' ');
}
