import { notIncluded, type NotIncluded } from '../../../schema/notIncluded';
import type { SchemaObject } from '../../../schema/structure';
import { Unfit } from '../../../schema/unfit';
import { rows, type Client } from '../connection/connection';
import { isOurs } from '../sql/names';
import { unquoted } from '../sql/quote';
import { checkObject } from '../structure/checkSchema';
import { readBody } from './statements';
import { Unit, type EventNative, type RoutineNative, type ValueNative } from '../structure/structure';

interface RoutineRow {
  readonly name: string;
  readonly kind: string;
  readonly language: string;
  /** Null where the account may not read it. */
  readonly body: string | null;
  readonly deterministic: string;
  readonly access: RoutineNative['access'];
  readonly security: RoutineNative['security'];
  readonly sqlMode: string;
  readonly comment: string;
  readonly definer: string;
}

interface ValueRow {
  readonly kind: string;
  readonly routine: string;
  /** Null of what a function returns. */
  readonly name: string | null;
  readonly mode: 'IN' | 'OUT' | 'INOUT' | null;
  readonly type: string;
  readonly charset: string | null;
  readonly collation: string | null;
}

interface EventRow {
  readonly name: string;
  readonly body: string | null;
  readonly zone: string;
  readonly at: string | null;
  readonly value: string | null;
  readonly unit: string | null;
  readonly starts: string | null;
  readonly ends: string | null;
  readonly status: EventNative['status'];
  readonly completion: string;
  readonly sqlMode: string;
  readonly comment: string;
  readonly definer: string;
}

/** Functions, procedures and events: they belong to the database and not to a table. In the order of their names. */
export async function readObjects(
  client: Client,
): Promise<{ readonly objects: SchemaObject[]; readonly left: NotIncluded[] }> {
  const objects: SchemaObject[] = [];
  const left: NotIncluded[] = [];
  const add = (kind: string, name: string, read: Read): void => {
    if (typeof read === 'string') left.push(notIncluded(kind, name, { code: read }));
    else {
      const object = { kind, name, identity: name, native: { mysql: read } };
      // What could not be restored is no reason for no backup at all.
      if (isWhole(object)) objects.push(object);
      else left.push(notIncluded(kind, name, { code: 'not-carried' }));
    }
  };
  const values = await readValues(client);
  for (const row of await readRoutines(client)) {
    const own = values.get(`${row.kind}\0${row.name}`) ?? [];
    add(row.kind.toLowerCase(), row.name, await readRoutine(client, row, own));
  }
  for (const row of await readEvents(client)) add('event', row.name, await readEvent(client, row));
  return { objects, left };
}

/** What it is, or why it is not in a backup. */
type Read = RoutineNative | EventNative | 'not-carried' | 'text-hidden';

async function readRoutine(client: Client, row: RoutineRow, own: readonly ValueRow[]): Promise<Read> {
  const isFunction = row.kind === 'FUNCTION';
  const givesBack = isFunction && own.some(({ mode }) => mode !== null && mode !== 'IN');
  if (!isCarried(row) || givesBack) return 'not-carried';
  if (row.body === null) return 'text-hidden';
  const body = await readBody(client, isFunction ? 'function' : 'procedure', row.name, row.body);
  if (body === undefined) return 'not-carried';
  const returns = own.find(({ name }) => name === null);
  return {
    ...textOf(row, body),
    parameters: own.flatMap(({ name, mode, ...value }) =>
      name === null ? [] : [{ name, ...(!isFunction && mode !== null && { mode }), ...valueOf(value) }],
    ),
    ...(returns && { returns: valueOf(returns) }),
    deterministic: row.deterministic === 'YES',
    access: row.access,
    security: row.security,
  };
}

async function readEvent(client: Client, row: EventRow): Promise<Read> {
  const schedule = scheduleOf(row);
  if (!schedule) return 'not-carried';
  if (row.body === null) return 'text-hidden';
  const body = await readBody(client, 'event', row.name, row.body);
  if (body === undefined) return 'not-carried';
  return {
    ...textOf(row, body),
    schedule,
    timeZone: row.zone,
    preserved: row.completion === 'PRESERVE',
    status: row.status,
  };
}

function isWhole(object: SchemaObject): boolean {
  try {
    checkObject(object);
    return true;
  } catch (error) {
    if (error instanceof Unfit) return false;
    throw error;
  }
}

const readRoutines = async (client: Client): Promise<RoutineRow[]> =>
  (
    await rows<RoutineRow>(
      client,
      `SELECT ROUTINE_NAME AS \`name\`, ROUTINE_TYPE AS \`kind\`, ROUTINE_BODY AS \`language\`, ROUTINE_DEFINITION AS \`body\`,
         IS_DETERMINISTIC AS \`deterministic\`, SQL_DATA_ACCESS AS \`access\`, SECURITY_TYPE AS \`security\`, SQL_MODE AS \`sqlMode\`,
         ROUTINE_COMMENT AS \`comment\`, DEFINER AS \`definer\`
       FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = ? ORDER BY ROUTINE_TYPE, BINARY ROUTINE_NAME`,
      [client.database],
    )
  ).filter(({ name }) => !isOurs(name));

async function readValues(client: Client): Promise<ReadonlyMap<string, ValueRow[]>> {
  const all = await rows<ValueRow>(
    client,
    `SELECT ROUTINE_TYPE AS \`kind\`, SPECIFIC_NAME AS \`routine\`, PARAMETER_NAME AS \`name\`, PARAMETER_MODE AS \`mode\`,
       DTD_IDENTIFIER AS \`type\`, CHARACTER_SET_NAME AS \`charset\`, COLLATION_NAME AS \`collation\`
     FROM information_schema.PARAMETERS WHERE SPECIFIC_SCHEMA = ? ORDER BY ROUTINE_TYPE, SPECIFIC_NAME, ORDINAL_POSITION`,
    [client.database],
  );
  const byRoutine = new Map<string, ValueRow[]>();
  for (const row of all) {
    const key = `${row.kind}\0${row.routine}`;
    byRoutine.set(key, [...(byRoutine.get(key) ?? []), row]);
  }
  return byRoutine;
}

const readEvents = async (client: Client): Promise<EventRow[]> =>
  (
    await rows<EventRow>(
      client,
      `SELECT EVENT_NAME AS \`name\`, EVENT_DEFINITION AS \`body\`, TIME_ZONE AS \`zone\`, EXECUTE_AT AS \`at\`, INTERVAL_VALUE AS \`value\`,
         INTERVAL_FIELD AS \`unit\`, STARTS AS \`starts\`, ENDS AS \`ends\`, STATUS AS \`status\`, ON_COMPLETION AS \`completion\`,
         SQL_MODE AS \`sqlMode\`, EVENT_COMMENT AS \`comment\`, DEFINER AS \`definer\`
       FROM information_schema.EVENTS WHERE EVENT_SCHEMA = ? ORDER BY BINARY EVENT_NAME`,
      [client.database],
    )
  ).filter(({ name }) => !isOurs(name));

/** Packages, what is written in another language or in Oracle's, and aggregates have statements of their own. */
const isCarried = ({ kind, language, sqlMode, body }: RoutineRow): boolean =>
  (kind === 'FUNCTION' || kind === 'PROCEDURE') &&
  language === 'SQL' &&
  !sqlMode.split(',').includes('ORACLE') &&
  !/\bFETCH\s+GROUP\s+NEXT\s+ROW\b/i.test(body ?? '');

const textOf = (
  { sqlMode, definer, comment }: Pick<RoutineRow, 'sqlMode' | 'definer' | 'comment'>,
  body: string,
) => ({ body, sqlMode, definer, ...(comment !== '' && { comment }) });

const valueOf = ({
  type,
  charset,
  collation,
}: Pick<ValueRow, 'type' | 'charset' | 'collation'>): ValueNative => ({
  columnType: type,
  ...(charset !== null && { charset }),
  ...(collation !== null && { collation }),
});

function scheduleOf({ at, value, unit, starts, ends }: EventRow): EventNative['schedule'] | undefined {
  if (at !== null) return { kind: 'once', at };
  const known = Unit.safeParse(unit);
  if (value === null || !known.success) return undefined;
  return {
    kind: 'every',
    // In quotes where it is more than a number.
    value: unquoted(value.replace(/^'(.*)'$/, '$1')),
    unit: known.data,
    ...(starts !== null && { starts }),
    ...(ends !== null && { ends }),
  };
}
