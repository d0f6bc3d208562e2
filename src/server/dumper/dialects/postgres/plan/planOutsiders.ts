import { isView, objectKey, relationKey, type Needs } from '../../../schema/structure';
import type { Relation, SchemaObject } from '../structure/structure';
import { closure, orderByNeed } from '../../../schema/order';
import { type Step } from '../sql/step';
import { fillSteps, finishSteps, partStep } from '../ddl/steps';
import { literal, quote } from '../sql/quote';
import { searchPath } from '../sql/searchPath';
import { type Target } from '../ddl/target';
import {
  comment,
  createAttachment,
  createObject,
  createRelation,
  dropView,
  grant,
  identified,
  named,
} from '../ddl/ddl';
import { guestsIn } from '../ddl/guests';
import type { Live } from '../catalog/live';
import type { Outsider } from '../catalog/outsiders';
import { createChecks, createForeignKey } from '../ddl/parts';
import { sql, statement, type Statement } from '../sql/sql';
import { movableKind } from '../structure/movable';
import { type OutsidePlan, type Sides, type SwapPlan } from './swapPlan';
import { warn, type Warning } from '../../../app/warning';

/** What is made anew: what lets go of the app's things before they move, and what is made when all have their place. */
interface Maker {
  readonly release: readonly Statement[];
  readonly remake: readonly Step[];
  /** It goes and comes, so whatever is on top of it has to let go as well. */
  readonly anew?: boolean;
}

/**
 * What other schemas have on top of what goes is made anew on top of what comes, with the text that the catalog has now:
 * a view or a function in place, so that it stays who it was, and everything else by DROP and CREATE.
 */
export function planOutsiders(
  { live, incoming }: Sides,
  {
    relations,
    carried,
    gone,
  }: Pick<SwapPlan, 'relations' | 'carried'> & {
    /** Keys of all live things that go, move, or are made anew. */
    readonly gone: ReadonlySet<string>;
  },
  target: Target,
  warnings: Warning[],
): OutsidePlan {
  const { all } = live.outside;
  const byKey = new Map(all.map((outsider) => [outsider.key, outsider]));
  const coming = new Map(
    [...relations, ...carried].map((relation) => [relationKey(relation.name), relation]),
  );
  const before = new Map(live.relations.map((relation) => [relationKey(relation.name), relation]));
  const order = orderByNeed(
    all.map((outsider) => outsider.key),
    new Map(all.map((outsider) => [outsider.key, outsider.needs.map((need) => need.key)])),
  );

  const makers = new Map<string, Maker>();
  for (const key of order) {
    const outsider = byKey.get(key);
    if (!outsider) continue;
    const tied = outsider.needs.filter((need) => gone.has(need.key) || makers.get(need.key)?.anew);
    if (tied.length === 0 || comesAlong(outsider, all, makers)) continue;
    const missing = tied.find(({ key: need, column }) => {
      if (byKey.has(need)) return false;
      const next = coming.get(need);
      if (before.has(need) && !next) return true;
      return (
        column !== null &&
        next &&
        next.columns.length > 0 &&
        !next.columns.some((each) => each.name === column)
      );
    });
    const name = missing && nameOf(missing.key);
    if (missing && name !== undefined)
      warnings.push(
        missing.column === null
          ? warn('outside-loses', { what: outsider.what, of: name })
          : warn('outside-loses-column', { what: outsider.what, column: missing.column, of: name }),
      );
    else if (!outsider.ours) warnings.push(warn('outside-not-ours', { what: outsider.what }));
    else {
      const retyped = tied.some((need) => need.typed || isRetyped(need.key, need.column, before, coming));
      const anew = retyped || tied.some((need) => byKey.has(need.key));
      const maker = makerOf(outsider, live, target, anew);
      if (maker?.anew && outsider.used) warnings.push(warn('outside-used', { what: outsider.what }));
      else if (maker) makers.set(key, maker);
      else warnings.push(warn('outside-unknown', { what: outsider.what }));
    }
  }
  const made = order.filter((key) => makers.has(key));
  const isCut = (kind: Outsider['kind']) => kind === 'foreign' || kind === 'statistics';
  const releaseOf = (wanted: (kind: Outsider['kind']) => boolean) =>
    [...made]
      .reverse()
      .filter((key) => wanted(byKey.get(key)?.kind ?? 'other'))
      .flatMap((key) => makers.get(key)?.release ?? []);
  return {
    release: releaseOf((kind) => !isCut(kind)),
    cut: releaseOf(isCut),
    remake: made.flatMap((key) => makers.get(key)?.remake ?? []),
    fills: fillsAfter(
      [...relations, ...carried],
      target,
      all.filter(
        (outsider) => makers.has(outsider.key) && ['view', 'materialized', 'routine'].includes(outsider.kind),
      ),
      new Map([...live.needs, ...incoming.needs]),
    ),
    seen: all,
  };
}

/** A part of a view that is made anew as a whole. */
const comesAlong = (
  outsider: Outsider,
  all: readonly Outsider[],
  makers: ReadonlyMap<string, Maker>,
): boolean =>
  ['rule', 'trigger', 'policy', 'default'].includes(outsider.kind) &&
  all.some(
    (other) =>
      (other.kind === 'view' || other.kind === 'materialized') &&
      other.schema === outsider.schema &&
      other.relation === outsider.relation &&
      makers.get(other.key)?.anew,
  );

const nameOf = (key: string): string => key.replace(/^\w+:/, '');

function isRetyped(
  key: string,
  column: string | null,
  before: ReadonlyMap<string, Relation>,
  coming: ReadonlyMap<string, Relation>,
): boolean {
  const typeIn = (relation: Relation | undefined) => {
    const referenced = relation?.columns.find((each) => each.name === column);
    return referenced && `${referenced.native} ${referenced.collation ?? ''}`;
  };
  return column !== null && coming.has(key) && typeIn(before.get(key)) !== typeIn(coming.get(key));
}

function makerOf(outsider: Outsider, live: Live, target: Target, anew: boolean): Maker | undefined {
  const { schema } = outsider;
  const described = live.outside.described.get(schema);
  const relation = described?.relations.find((each) => each.name === outsider.relation);
  const within = (statements: readonly Statement[]): Statement[] => [
    sql`SET LOCAL search_path = ${searchPath([schema])}`,
    ...statements,
  ];
  const remake = (statements: readonly Statement[]): Step[] => [
    { what: `making ${outsider.what} anew`, statements: within(statements) },
  ];
  const steps = (list: readonly Step[]): Step[] =>
    list.map((step) => ({ ...step, statements: within(step.statements) }));
  const name = outsider.name ?? '';
  const table = named(schema, outsider.relation ?? '');
  switch (outsider.kind) {
    case 'view':
    case 'materialized': {
      if (!relation) return undefined;
      if (outsider.kind === 'view' && !anew)
        return {
          release: within([emptyView(relation, schema)]),
          remake: remake([replaceView(relation, schema)]),
        };
      return {
        anew: true,
        release: within([dropView(relation)]),
        remake: [
          ...remake(createRelation(relation, new Map(), target.version, schema)),
          // It is its owner's before it is filled: whoever made it decided what runs then.
          ...steps(finishSteps([relation], schema, target)),
          ...steps(relation.kind === 'materialized' ? fillSteps(relation, schema) : []),
        ],
      };
    }
    case 'routine': {
      const object = described?.objects.find(
        (each) => movableKind(each) === 'ROUTINE' && described.oids.get(objectKey(each)) === outsider.oid,
      );
      if (!object) return undefined;
      return routineMaker(object, schema, target, anew, within, remake);
    }
    case 'foreign':
    case 'check': {
      const constraint = relation?.constraints.find((each) => each.name === name);
      if (!relation || !constraint) return undefined;
      const { owner } = relation;
      // Rows are looked at by what its owner wrote. With a check, or a type of their own, that could be anything, and a
      // role that was set can be set back (docs/security.md).
      const types = new Set(described?.objects.map((each) => each.identity));
      const ownTypes = relation.columns.some(
        (each) =>
          constraint.columns?.includes(each.name) && (each.native.includes('.') || types.has(each.native)),
      );
      if (owner !== target.user && (outsider.kind === 'check' || ownTypes || !target.owners.has(owner)))
        return undefined;
      const asOwner = (statements: readonly Statement[]): Statement[] =>
        owner === target.user
          ? within(statements)
          : within([
              sql`SET LOCAL ROLE ${quote(owner)}`,
              ...statements,
              sql`SET LOCAL ROLE ${quote(target.user)}`,
            ]);
      const parts =
        outsider.kind === 'foreign'
          ? [createForeignKey(relation, constraint, schema, target.version)]
          : createChecks(relation, schema, (each) => each === name);
      return {
        release: [sql`ALTER TABLE ${table} DROP CONSTRAINT ${quote(name)}`],
        remake: parts.flatMap((part) => {
          const step = partStep({ ...relation, name: `${schema}.${relation.name}` }, part);
          const { unless } = step;
          return [
            {
              ...step,
              statements: asOwner(step.statements),
              ...(unless && {
                unless: { ...unless, instead: unless.instead.length > 0 ? asOwner(unless.instead) : [] },
              }),
            },
          ];
        }),
      };
    }
    case 'default': {
      const column = relation?.columns.find((each) => each.name === name);
      if (column?.default === undefined) return undefined;
      const alter = `ALTER TABLE ONLY ${table} ALTER COLUMN ${quote(name)}`;
      return {
        release: [sql`${alter} DROP DEFAULT`],
        remake: remake([sql`${alter} SET DEFAULT (${column.default})`]),
      };
    }
    case 'policy':
    case 'rule':
    case 'trigger': {
      const attachment = relation?.attachments.find(
        (each) => each.kind === outsider.kind && each.name === name,
      );
      if (!relation || !attachment) return undefined;
      return {
        release: [sql`DROP ${outsider.kind.toUpperCase()} ${quote(name)} ON ${table}`],
        remake: remake(createAttachment(relation.name, attachment, schema)),
      };
    }
    case 'statistics': {
      const full = named(schema, name);
      return {
        release: [sql`DROP STATISTICS ${full}`],
        remake: remake([
          statement(outsider.definition ?? ''),
          ...comment('STATISTICS', full, outsider.comment ?? undefined),
          ...(target.owners.has(outsider.owner ?? '') && outsider.owner !== null
            ? [sql`ALTER STATISTICS ${full} OWNER TO ${quote(outsider.owner)}`]
            : []),
        ]),
      };
    }
    case 'other':
      return undefined;
  }
}

/** A routine that is to be replaced in place must not hold on to anything meanwhile: a text does not. */
function routineMaker(
  object: SchemaObject,
  schema: string,
  target: Target,
  anew: boolean,
  within: (statements: readonly Statement[]) => Statement[],
  remake: (statements: readonly Statement[]) => Step[],
): Maker {
  const [head = ''] = object.definition.split(/\nBEGIN ATOMIC|\nRETURN /);
  if (!anew && object.kind !== 'aggregate')
    return {
      release: head === object.definition ? [] : within([statement(`${head}\nAS ${literal('SELECT NULL')}`)]),
      remake: remake([statement(object.definition)]),
    };
  const identity = identified(schema, object.identity);
  return {
    anew: true,
    release: within([sql`DROP ROUTINE ${identity}`]),
    remake: remake([
      ...createObject(object, schema),
      ...grant('ROUTINE', identity, object.owner, object.privileges, target),
    ]),
  };
}

/** The same columns, and nothing under them. */
const emptyView = ({ name, columns }: Relation, schema: string): Statement =>
  sql`CREATE OR REPLACE VIEW ${named(schema, name)} AS SELECT ${columns
    .map(
      (column) =>
        `CAST(NULL AS ${column.native})${column.collation === undefined ? '' : ` COLLATE ${column.collation}`} AS ${quote(column.name)}`,
    )
    .join(', ')}`;

/** As the view that it is: its owner, grants, comments, triggers and defaults are its own. */
const replaceView = (relation: Relation, schema: string): Statement => {
  const [create] = createRelation({ ...relation, columns: relation.columns.map(bare) }, new Map(), 0, schema);
  return statement((create?.text ?? '').replace(/^CREATE VIEW/, 'CREATE OR REPLACE VIEW'));
};
const bare = ({ name, type, native, notNull, local }: Relation['columns'][number]) => ({
  name,
  type,
  native,
  notNull,
  local,
});

/** The app's materialized views that are of others, or over what is made anew (by their texts, rather once too often). */
function fillsAfter(
  relations: readonly Relation[],
  target: Target,
  outsiders: readonly Outsider[],
  needs: Needs,
): Set<string> {
  const reads = ({ query = '' }: Relation) =>
    outsiders.some(
      (outsider) =>
        query.includes(outsider.schema) && query.includes(outsider.relation ?? outsider.name ?? ''),
    );
  const guests = guestsIn(relations, target).filled;
  const views = relations.filter(isView);
  const users = new Map<string, string[]>();
  for (const { name } of views)
    for (const need of needs.get(relationKey(name)) ?? [])
      users.set(need, [...(users.get(need) ?? []), relationKey(name)]);
  const over = closure(
    views.filter((view) => guests.has(view.name) || reads(view)).map((view) => relationKey(view.name)),
    users,
  );
  return new Set(
    views
      .filter((view) => view.kind === 'materialized' && over.has(relationKey(view.name)))
      .map((view) => view.name),
  );
}
