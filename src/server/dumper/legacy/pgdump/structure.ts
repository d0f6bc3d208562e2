import type { Node, RangeVar } from 'libpg-query';
import { turn } from '../../../turns';
import { literal, quote } from '../../dialects/postgres/sql/quote';
import { as, parser, statementIn, words, type Parser } from '../../dialects/postgres/sql/parser';
import type { Column, Relation, SchemaObject, Sequence } from '../../dialects/postgres/structure/structure';
import { notIncluded, type NotIncluded, type Why } from '../../schema/notIncluded';
import { countedBy, nextOf, plainDefault, sequenceIn } from './defaults';
import { foreignKeyOf, indexOf, keyOf } from './keys';
import { numberOf, sequenceOf } from './sequences';
import type { TocEntry } from './toc';
import { columnType } from './types';

/** What a dump has of one schema, made anew as data: of its SQL no word goes to a database. */
export interface Structure {
  /** Each after its parents. */
  readonly relations: readonly Relation[];
  readonly objects: readonly SchemaObject[];
  /** By the number of the entry with its rows: the table, and its columns in the order of the rows. */
  readonly rows: ReadonlyMap<number, { readonly table: string; readonly columns: readonly string[] }>;
  readonly notIncluded: readonly NotIncluded[];
}

interface Table {
  readonly relation: Relation;
  /** The counters of its columns, by column. */
  readonly counted: Map<string, string>;
}

/** What is in every dump and says nothing of the app. */
const SILENT = new Set([
  ...['ENCODING', 'STDSTRINGS', 'SEARCHPATH', 'DATABASE', 'SCHEMA', 'STATISTICS DATA', 'BLOB METADATA'],
  ...['MATERIALIZED VIEW DATA', 'BLOB'],
  // The server's: a column of a type of theirs says so itself.
  ...['EXTENSION', 'SHELL TYPE'],
]);
const SQL: Why = { code: 'dump-sql' };

export async function readStructure(entries: readonly TocEntry[], schema: string): Promise<Structure> {
  const parse = await parser();
  const reading = new Reading(parse, schema);
  const elsewhere = new Map<string, number>();
  for (const pass of PASSES) {
    for (const entry of entries) {
      await turn();
      if (entry.schema !== '' && entry.schema !== schema) {
        if (pass === 'types' && entry.kind === 'TABLE')
          elsewhere.set(entry.schema, (elsewhere.get(entry.schema) ?? 0) + 1);
      } else reading.take(pass, entry);
    }
  }
  const { left } = reading;
  for (const [name, tables] of elsewhere)
    left.push(notIncluded('schema', name, { code: 'dump-schema', tables }));
  return reading.whole();
}

const PASSES = ['types', 'tables', 'parts'] as const;

class Reading {
  readonly left: NotIncluded[] = [];
  private readonly tables = new Map<string, Table>();
  private readonly enums = new Map<string, SchemaObject>();
  /** As the server prints their names. */
  private readonly named = new Map<string, string>();
  private readonly sequences = new Map<string, Sequence>();
  private readonly rows = new Map<number, { table: string; columns: string[] }>();

  constructor(
    private readonly parse: Parser,
    private readonly schema: string,
  ) {}

  take(pass: (typeof PASSES)[number], entry: TocEntry): void {
    const { kind } = entry;
    if (pass === 'types') {
      if (kind === 'TYPE') this.understand(entry, (nodes) => this.type(nodes));
      if (kind === 'SEQUENCE') this.understand(entry, (nodes) => this.sequence(nodes));
    } else if (pass === 'tables') {
      if (kind === 'TABLE') this.understand(entry, (nodes) => this.table(nodes));
    } else if (!['TYPE', 'TABLE'].includes(kind)) this.part(entry);
  }

  private part(entry: TocEntry): void {
    const { kind, name } = entry;
    const readers: Readonly<Record<string, (nodes: readonly Node[]) => boolean>> = {
      // An identity belongs to its column, so it is read once there are tables.
      SEQUENCE: (nodes) => this.sequences.has(name) || this.identity(nodes),
      'SEQUENCE OWNED BY': (nodes) => this.owner(nodes),
      'SEQUENCE SET': (nodes) => this.lastNumber(nodes),
      DEFAULT: (nodes) => this.laterDefault(nodes),
      CONSTRAINT: (nodes) => this.constraint(nodes),
      'FK CONSTRAINT': (nodes) => this.constraint(nodes),
      INDEX: (nodes) => this.index(nodes),
      // Those of anything but tables are no loss that anybody would look for.
      COMMENT: (nodes) => this.comment(nodes) || true,
    };
    const read = Object.hasOwn(readers, kind) ? readers[kind] : undefined;
    if (read) this.understand(entry, read);
    else if (kind === 'TABLE DATA')
      this.understand({ ...entry, definition: entry.copy }, (nodes) => this.copy(entry.id, nodes));
    else if (kind.endsWith('ACL')) this.leave('privileges', name, { code: 'dump-grants' });
    else if (kind === 'BLOBS') this.leave('large objects', name, { code: 'large-objects' });
    else if (!SILENT.has(kind)) this.leave(kind.toLowerCase(), name, SQL);
  }

  leave(what: string, name: string, why: Why): void {
    this.left.push(notIncluded(what, name, why));
  }

  /** What cannot be read as it has to be is left out by name. */
  private understand(entry: TocEntry, read: (nodes: readonly Node[]) => boolean): void {
    let nodes: readonly Node[] = [];
    try {
      nodes = this.parse.statements(entry.definition).map(({ node }) => node);
    } catch {
      // Left out like everything that is not understood.
    }
    if (nodes.length > 0 && read(nodes)) return;
    this.leave(entry.kind.toLowerCase(), entry.name, SQL);
  }

  private own(relation: RangeVar | undefined): string | undefined {
    return relation?.schemaname === this.schema ? relation.relname : undefined;
  }

  /** In quotes where a type of that name would be taken for something else. */
  private printed(name: string): string {
    if (!/^[a-z_][a-z0-9_]*$/.test(name)) return quote(name);
    const read = as(statementIn(this.parse, `SELECT NULL::${name}`), 'SelectStmt')?.targetList?.[0];
    const cast = as(as(read, 'ResTarget')?.val, 'TypeCast');
    return words(cast?.typeName?.names).join('.') === name ? name : quote(name);
  }

  private type([node]: readonly Node[]): boolean {
    const made = as(node, 'CreateEnumStmt');
    const [schema, name] = words(made?.typeName);
    if (!made || schema !== this.schema || name === undefined) return false;
    const values = words(made.vals).map(literal);
    const identity = this.printed(name);
    const definition = `CREATE TYPE ${identity} AS ENUM (${values.join(', ')})`;
    this.named.set(name, identity);
    this.enums.set(name, { kind: 'enum', name, identity, definition, owner: '' });
    return true;
  }

  private sequence([node]: readonly Node[]): boolean {
    const made = as(node, 'CreateSeqStmt');
    if (!made) return as(node, 'AlterTableStmt') !== undefined;
    const name = this.own(made.sequence);
    const sequence = name === undefined ? undefined : sequenceOf(name, made.options);
    if (sequence) this.sequences.set(sequence.name, sequence);
    return sequence !== undefined;
  }

  /** The only part of an ALTER TABLE of a table that is known. */
  private altered(node: Node | undefined, subtype: string) {
    const statement = as(node, 'AlterTableStmt');
    const command = as(statement?.cmds?.[0], 'AlterTableCmd');
    const table = this.tables.get(this.own(statement?.relation) ?? '');
    if (statement?.cmds?.length !== 1 || command?.subtype !== subtype || !table) return undefined;
    return { table, name: command.name ?? '', def: command.def };
  }

  private identity([node]: readonly Node[]): boolean {
    const { table, name = '', def } = this.altered(node, 'AT_AddIdentity') ?? {};
    const constraint = as(def, 'Constraint');
    const column = table && columnOf(table, name);
    if (!column || !constraint) return false;
    const named = constraint.options?.find((option) => as(option, 'DefElem')?.defname === 'sequence_name');
    const [schema, sequenceName] = words(as(as(named, 'DefElem')?.arg, 'List')?.items);
    const rest = (constraint.options ?? []).filter((option) => option !== named);
    // The type of an identity is its column's.
    const sequence =
      sequenceName === undefined ? undefined : sequenceOf(sequenceName, withType(rest, column));
    if (!sequence || schema !== this.schema) return false;
    column.identity = constraint.generated_when === 'a' ? 'always' : 'default';
    table.counted.set(column.name, sequence.name);
    this.sequences.set(sequence.name, sequence);
    return true;
  }

  private owner([node]: readonly Node[]): boolean {
    const altered = as(node, 'AlterSeqStmt');
    const name = this.own(altered?.sequence) ?? '';
    const [option] = altered?.options ?? [];
    const [schema, table = '', column = ''] = words(as(as(option, 'DefElem')?.arg, 'List')?.items);
    const owner = schema === this.schema ? this.tables.get(table) : undefined;
    if (!owner || !columnOf(owner, column) || !this.sequences.has(name)) return false;
    owner.counted.set(column, name);
    return true;
  }

  private lastNumber([node]: readonly Node[]): boolean {
    const target = as(as(node, 'SelectStmt')?.targetList?.[0], 'ResTarget')?.val;
    const call = as(target, 'FuncCall');
    const [of, last, called] = call?.args ?? [];
    const sequence = this.sequences.get(sequenceIn(of, this.schema) ?? '');
    const number = numberOf(last);
    if (words(call?.funcname).at(-1) !== 'setval' || !sequence || number === undefined) return false;
    sequence.last = number;
    sequence.called = as(called, 'A_Const')?.boolval?.boolval ?? false;
    return true;
  }

  private table(nodes: readonly Node[]): boolean {
    const [first, ...more] = nodes;
    const made = as(first, 'CreateStmt');
    const name = this.own(made?.relation);
    if (!made || name === undefined || this.tables.has(name)) return false;
    if (made.partspec || made.partbound || made.ofTypename) return false;
    const parents = (made.inhRelations ?? []).map((node) => this.own(as(node, 'RangeVar')) ?? '');
    const above = parents.map((parent) => this.tables.get(parent)?.relation);
    if (above.some((relation) => relation === undefined)) return false;
    const columns = new Map<string, Column>();
    for (const relation of above)
      for (const column of relation?.columns ?? []) columns.set(column.name, { ...column, local: false });
    for (const element of made.tableElts ?? []) {
      const column = this.column(name, element);
      if (column === 'left') continue;
      if (column === undefined)
        this.leave('check', `${name}: ${as(element, 'Constraint')?.conname ?? '?'}`, SQL);
      else columns.set(column.name, column);
    }
    if (more.length > 0) this.leave('setting', name, SQL);
    const relation: Relation = {
      name,
      kind: 'table',
      owner: '',
      ...(made.relation?.relpersistence === 'u' && { unlogged: true }),
      columns: [...columns.values()],
      parents,
      constraints: [],
      indexes: [],
      attachments: [],
      sequences: [],
      options: [],
      toastOptions: [],
    };
    this.tables.set(name, { relation, counted: new Map() });
    return true;
  }

  /** `left`: it is named among what is left out. Undefined: it is no column. */
  private column(table: string, element: Node): Column | 'left' | undefined {
    const made = as(element, 'ColumnDef');
    if (!made?.colname) return undefined;
    const name = made.colname;
    const place = `${table}.${name}`;
    const constraints = (made.constraints ?? []).map((node) => as(node, 'Constraint'));
    const said = (kind: string) => constraints.find((constraint) => constraint?.contype === kind);
    if (said('CONSTR_GENERATED')) {
      this.leave('generated column', place, SQL);
      return 'left';
    }
    const type = columnType(made.typeName, this.schema, this.named);
    if (!type) this.leave('type', place, { code: 'dump-type', type: words(made.typeName?.names).join('.') });
    if (made.collClause) this.leave('collation', place, SQL);
    const wanted = said('CONSTR_DEFAULT');
    const value = wanted && this.value(wanted.raw_expr);
    if (wanted && value === undefined) this.leave('default', place, SQL);
    return {
      name,
      ...(type ?? UNKNOWN),
      notNull: said('CONSTR_NOTNULL') !== undefined,
      // A constant of a type that is not known is none of text.
      ...(value !== undefined && type && { default: value }),
      local: true,
    };
  }

  private value(node: Node | undefined): string | undefined {
    const counter = countedBy(node, this.schema);
    if (counter !== undefined) return this.sequences.has(counter) ? nextOf(counter) : undefined;
    return plainDefault(node, this.schema, this.named);
  }

  private laterDefault([node]: readonly Node[]): boolean {
    const { table, name = '', def } = this.altered(node, 'AT_ColumnDefault') ?? {};
    const column = table && columnOf(table, name);
    if (!column) return false;
    const value = this.value(def);
    if (value === undefined) return false;
    column.default = value;
    return true;
  }

  private constraint(nodes: readonly Node[]): boolean {
    const { table, def } = this.altered(nodes[0], 'AT_AddConstraint') ?? {};
    const constraint = as(def, 'Constraint');
    if (!table || !constraint || nodes.length > 1) return false;
    const { relation } = table;
    if (constraint.contype === 'CONSTR_FOREIGN') {
      const references = this.tables.get(this.own(constraint.pktable) ?? '')?.relation;
      const key = references && foreignKeyOf(constraint, relation, references);
      if (key) relation.constraints.push(key);
      return key !== undefined;
    }
    const key = keyOf(constraint, relation);
    if (!key) return false;
    relation.constraints.push(key);
    relation.indexes.push({ name: key.name });
    return true;
  }

  private index([node, ...more]: readonly Node[]): boolean {
    const made = as(node, 'IndexStmt');
    const table = this.tables.get(this.own(made?.relation) ?? '');
    const index = made && table && indexOf(made, table.relation);
    if (index) table.relation.indexes.push(index);
    return index !== undefined && more.length === 0;
  }

  /** Of tables and columns. */
  private comment([node]: readonly Node[]): boolean {
    const said = as(node, 'CommentStmt');
    const [schema, name = '', part] = words(as(said?.object, 'List')?.items);
    const table = schema === this.schema ? this.tables.get(name) : undefined;
    if (!table || said?.comment === undefined) return false;
    if (said.objtype === 'OBJECT_TABLE') table.relation.comment = said.comment;
    const column = said.objtype === 'OBJECT_COLUMN' ? columnOf(table, part ?? '') : undefined;
    if (column) column.comment = said.comment;
    return true;
  }

  private copy(id: number, [node]: readonly Node[]): boolean {
    const copy = as(node, 'CopyStmt');
    const table = this.own(copy?.relation);
    if (!copy?.is_from || table === undefined) return false;
    this.rows.set(id, { table, columns: words(copy.attlist) });
    return true;
  }

  whole(): Structure {
    const owned = new Set<string>();
    for (const { relation, counted } of this.tables.values()) {
      for (const [column, name] of counted) {
        const sequence = this.sequences.get(name);
        if (!sequence || owned.has(name)) continue;
        owned.add(name);
        relation.sequences.push({ ...sequence, column });
      }
    }
    const free = [...this.sequences.values()].filter(({ name }) => !owned.has(name));
    return {
      relations: [...this.tables.values()].map(({ relation }) => relation),
      objects: [
        ...this.enums.values(),
        ...free.map((sequence): SchemaObject => ({
          kind: 'sequence',
          name: sequence.name,
          identity: quote(sequence.name),
          definition: '',
          owner: '',
          sequence,
        })),
      ],
      rows: this.rows,
      notIncluded: this.left,
    };
  }
}

/** What is in the database says what it is, or it comes as what it is written as. */
const UNKNOWN = { type: 'other', native: '' } as const;

const columnOf = ({ relation }: Table, name: string): Column | undefined =>
  relation.columns.find((column) => column.name === name);

/** Options with the type of a column among them, as CREATE SEQUENCE would have it. */
function withType(options: readonly Node[], { type }: Column): Node[] {
  const name = type === 'int16' ? 'int2' : type === 'int32' ? 'int4' : 'int8';
  const names = [{ String: { sval: name } }];
  return [...options, { DefElem: { defname: 'as', arg: { TypeName: { names } } } }];
}
