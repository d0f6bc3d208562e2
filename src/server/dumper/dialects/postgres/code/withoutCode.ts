import type { Node } from 'libpg-query';
import { BackupError, refused } from '../../../../errors/errors';
import type { LeftOut } from '../../../schema/code';
import { isView, objectKey, relationKey, type Needs } from '../../../schema/structure';
import type { Attachment, CheckedSchema, Relation, Schema, SchemaObject } from '../structure/structure';
import { callsCode, mentions, type Known } from './calls';
import { codeKey, constraintStatement, knownIn } from './code';
import { checkSchema } from '../structure/checkSchema';
import { parser, statementIn, type Parser } from '../sql/parser';
import { splitType } from '../sql/splitType';

/**
 * A structure without some of its code: rows and tables come, and whatever cannot be without what is left out is left
 * out too. Each is named; a table that could not be built at all is refused by name. Only what comes is looked at: relations
 * and objects by their keys.
 */
export async function withoutCode(
  schema: Schema,
  code: ReadonlySet<string>,
  coming: ReadonlySet<string>,
): Promise<{ schema: CheckedSchema; leftOut: LeftOut[] }> {
  const parse = await parser();
  const known = { ...knownIn(schema), columns: new Set<string>() };
  const leftOut: LeftOut[] = [];
  /** Columns that are left out, by table. */
  const columns = new Map<string, ReadonlySet<string>>();
  const isLeft = (kind: LeftOut['kind'], name: string, collection?: string): boolean => {
    const part = { kind, name, ...(collection !== undefined && { collection }) };
    const left = code.has(codeKey(part));
    if (left) leftOut.push(part);
    return left;
  };

  const objects = schema.objects.flatMap((object): SchemaObject[] => {
    if (!coming.has(objectKey(object))) return [object];
    switch (object.kind) {
      case 'sequence':
      case 'collation':
      case 'text search dictionary':
      case 'text search configuration':
        return [object];
      case 'function':
      case 'procedure':
      case 'aggregate':
        return isLeft(object.kind, object.identity) ? [] : [object];
      case 'operator':
        return isLeft('operator', object.identity) ? [] : [object];
      case 'operator family':
        return isLeft('operatorFamily', object.identity) ? [] : [object];
      case 'operator class':
        return isLeft('operatorClass', object.identity) ? [] : [object];
      default:
        return isLeft('type', object.identity) ? [plainType(parse, object, known)] : [object];
    }
  });

  const relations = schema.relations.flatMap((relation): Relation[] => {
    const { name } = relation;
    if (!coming.has(relationKey(name))) return [relation];
    if (isView(relation))
      return isLeft(relation.kind === 'materialized' ? 'materialized' : 'view', name, name) ? [] : [relation];
    if (
      ['key', 'bound'].some((place) =>
        code.has(codeKey({ kind: 'partition', name: place, collection: name })),
      )
    )
      throw partitioned(relation);
    const gone = new Set(
      relation.columns
        .filter((column) => column.generated && isLeft('generated', column.name, name))
        .map((column) => column.name),
    );
    columns.set(name, gone);
    const needs = (statement: string): string | undefined => {
      if (gone.size === 0) return undefined;
      const tree: Node | undefined = statementIn(parse, statement);
      return [...gone].find((column) => !tree || mentions(tree, column));
    };
    const stays = (kind: LeftOut['kind'], part: string, statement: string): boolean => {
      if (isLeft(kind, part, name)) return false;
      const column = needs(statement);
      if (column !== undefined) leftOut.push({ kind, collection: name, name: part, needs: column });
      return column === undefined;
    };
    const staysOn = (attachment: Attachment): boolean =>
      stays(attachment.kind, attachment.name, attachment.definition);
    const constraints = relation.constraints.filter((constraint) =>
      stays('constraint', constraint.name, constraintStatement(constraint.definition)),
    );
    const dropped = new Set(
      relation.constraints
        .filter((constraint) => !constraints.includes(constraint))
        .map((constraint) => constraint.name),
    );
    if (
      relation.partitionKey !== undefined &&
      needs(`CREATE TABLE t () PARTITION BY ${relation.partitionKey}`) !== undefined
    )
      throw partitioned(relation);
    return [
      {
        ...relation,
        columns: relation.columns
          .filter((column) => !gone.has(column.name))
          .map((column) => {
            if (column.default === undefined || column.generated || !isLeft('default', column.name, name))
              return column;
            return { ...column, default: undefined };
          }),
        constraints,
        // The index of a constraint goes with it.
        indexes: relation.indexes.filter((index) =>
          index.definition === undefined
            ? !dropped.has(index.name)
            : stays('index', index.name, index.definition),
        ),
        attachments: relation.attachments.filter(staysOn),
      },
    ];
  });

  const left = { relations: relations.map((relation) => keptKeys(relation, columns, leftOut)), objects };
  // Texts were cut out of it: what is left is looked at like everything that goes to a database.
  return { schema: await checkSchema({ ...schema, ...left, ...edgesOf(schema, left) }), leftOut };
}

/** Foreign keys to a column that is not there. */
function keptKeys(
  relation: Relation,
  columns: ReadonlyMap<string, ReadonlySet<string>>,
  leftOut: LeftOut[],
): Relation {
  const constraints = relation.constraints.filter(({ name, references, referencedColumns }) => {
    const gone = columns.get(references ?? '');
    const needs = referencedColumns?.find((column) => gone?.has(column));
    if (needs !== undefined) leftOut.push({ kind: 'constraint', collection: relation.name, name, needs });
    return needs === undefined;
  });
  return { ...relation, constraints };
}

/** Nothing is needed any more that does not come. */
function edgesOf(
  { needs, laterNeeds, order }: Schema,
  { relations, objects }: Pick<Schema, 'relations' | 'objects'>,
): Pick<Schema, 'needs' | 'laterNeeds' | 'order'> {
  const keys = new Set([
    ...relations.map((relation) => relationKey(relation.name)),
    ...objects.map(objectKey),
  ]);
  const kept = (edges: Needs): Needs =>
    new Map(
      [...edges]
        .filter(([from]) => keys.has(from))
        .map(([from, to]) => [from, to.filter((key) => keys.has(key))]),
    );
  return { order: order.filter((key) => keys.has(key)), needs: kept(needs), laterNeeds: kept(laterNeeds) };
}

/** A domain without its checks and default, a range without its functions: of those parts that are code. */
function plainType(parse: Parser, object: SchemaObject, known: Known): SchemaObject {
  const split = splitType(parse, object.definition, (part) => callsCode(part, known));
  if (!split) throw typeRefused(object);
  return { ...object, definition: split.definition, notValid: undefined };
}

const partitioned = ({ name }: Relation): BackupError =>
  refused('code-of-partitions', { table: name }, { way: 'allowCode' });

const typeRefused = ({ identity: name }: SchemaObject): BackupError =>
  refused('code-of-type', { type: name }, { way: 'allowCode' });
