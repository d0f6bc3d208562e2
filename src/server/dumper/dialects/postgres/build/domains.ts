import type { DomainParts } from '../sql/step';
import { DatabaseError } from 'pg';
import { BackupError } from '../../../../errors/errors';
import { objectKey } from '../../../schema/structure';
import type { Relation, SchemaObject } from '../structure/structure';
import type { Step } from '../sql/step';
import type { Building } from './building';
import { quote } from '../sql/quote';
import { identified, named } from '../ddl/ddl';
import type { Parser } from '../sql/parser';
import { splitType } from '../sql/splitType';
import { sql, type Statement } from '../sql/sql';
import type { SwapPlan } from '../plan/swapPlan';
import { SQLSTATE } from '../sql/sqlstate';

const isConstraint = (text: string): boolean => /\bCHECK\b|\bNOT NULL\b/.test(text);

/** All that keeps a value from being one of a domain, but for what waits for the swap. */
export function constraintsOf(parse: Parser, { objects, remade, waits }: SwapPlan): DomainParts {
  const domains = new Map<string, readonly string[]>();
  for (const object of [...objects, ...remade].filter((object) => object.kind === 'domain')) {
    const waiting = waits.domains.get(objectKey(object)) ?? [];
    const { parts = [] } = splitType(parse, object.definition, (_, text) => isConstraint(text)) ?? {};
    const left = parts.filter((part) => !waiting.includes(part));
    if (left.length > 0) domains.set(objectKey(object), left);
  }
  return domains;
}

/** Whether a row was refused because a value does not hold the domain that it is of. */
export function brokeDomain(error: unknown): boolean {
  const { cause } = error instanceof BackupError ? error : {};
  return (
    cause instanceof DatabaseError &&
    cause.dataType !== undefined &&
    [SQLSTATE.checkViolation, SQLSTATE.notNullViolation].includes(cause.code ?? '')
  );
}

const NAME = /^CONSTRAINT ("(?:[^"]|"")+"|\S+) /;

/** What domains were made without, once the rows are in. */
export const domainSteps = (building: Building, parts: DomainParts): Step[] =>
  [...building.plan.objects, ...building.plan.remade].flatMap((object) =>
    (parts.get(objectKey(object)) ?? []).map((part) => stepOf(building, object, part)),
  );

function stepOf(building: Building, object: SchemaObject, part: string, before = false): Step {
  const domain = `ALTER DOMAIN ${identified(building.schema, object.identity)}`;
  const condition = /\bCHECK \((.*)\)/s.exec(part)?.[1];
  const quoted = NAME.exec(part)?.[1];
  const name = quoted?.startsWith('"') ? quoted.slice(1, -1).replaceAll('""', '"') : quoted;
  return {
    what: `adding the constraints of ${object.identity}`,
    statements: [
      // Before version 17 one that may not be NULL has no name.
      condition === undefined && name === undefined
        ? sql`${domain} SET NOT NULL`
        : sql`${domain} ADD ${part}`,
    ],
    unless: {
      codes: [SQLSTATE.checkViolation, SQLSTATE.notNullViolation],
      instead: condition === undefined ? [] : [sql`${domain} ADD ${part} NOT VALID`],
      blemish: {
        kind: 'domain',
        collection: object.name,
        name: name ?? (condition === undefined ? 'NOT NULL' : object.identity),
        ...(before && { before: true as const }),
      },
      count: countOf(building, object, condition),
    },
  };
}

/** Nothing where values of it may also be within others. */
function countOf(
  { plan, incoming, schema }: Building,
  object: SchemaObject,
  condition: string | undefined,
): Statement | undefined {
  const tables = plan.relations.filter(
    (relation) => relation.kind === 'table' || relation.kind === 'partitioned',
  );
  const within = [...incoming.needs].some(
    ([key, needs]) => /^(domain|composite|range):/.test(key) && needs.includes(objectKey(object)),
  );
  const inArray = tables.some((table) =>
    table.columns.some(({ native }) => native.startsWith(`${object.identity}[`)),
  );
  if (within || inArray) return undefined;
  // The word VALUE of a check finds a column of that name.
  const broken = condition === undefined ? 'value IS NULL' : `NOT (${condition})`;
  const sums = tables.flatMap((table: Relation) =>
    table.columns
      .filter(({ native }) => native === object.identity)
      .map(
        ({ name }) =>
          `(SELECT pg_catalog.count(*) FROM (SELECT ${quote(name)} AS value FROM ONLY ${named(schema, table.name)}) v WHERE ${broken})`,
      ),
  );
  return sums.length === 0 ? undefined : sql`SELECT (${sums.join(' OPERATOR(pg_catalog.+) ')}) AS n`;
}

/** Checks that are not valid, which new rows must hold all the same. */
export const notValidSteps = (building: Building): Step[] =>
  [...building.plan.objects, ...building.plan.remade].flatMap((object) =>
    (object.notValid ?? []).map(({ name, definition }) =>
      stepOf(building, object, `CONSTRAINT ${quote(name)} ${definition}`, true),
    ),
  );
