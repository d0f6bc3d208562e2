import { parseSync, loadModule } from 'libpg-query';
import { setTimeout } from 'node:timers/promises';
import { Client } from 'pg';
import { IDLE_MS } from '../../src/server/dumper/dialects/postgres/connection/spare';

/** A statement as it was sent, in the search path that it was read in. */
export interface Sent {
  readonly path: string;
  /** What PostgreSQL's own parser made of it. */
  readonly tree: Readonly<Record<string, unknown>>;
  readonly text: string;
}

export interface Recording {
  readonly sent: Sent[];
  /** Warnings that the server gave to one of the connections. */
  readonly warnings: string[];
  stop(): void;
}

type Query = (this: Client, ...args: unknown[]) => unknown;

/** Records all that any connection of this process sends from now on. */
export async function record(): Promise<Recording> {
  await loadModule();
  // A connection that was there before is not recorded: none is left that somebody looked through just now.
  await setTimeout(IDLE_MS + 1);
  const sent: Sent[] = [];
  const warnings: string[] = [];
  const paths = new WeakMap<Client, Path>();
  const prototype = Client.prototype as unknown as { query: Query };
  const original = prototype.query;
  prototype.query = function query(...args) {
    let path = paths.get(this);
    if (!path) {
      path = new Path();
      paths.set(this, path);
      this.on('notice', (notice) => warnings.push(notice.message ?? ''));
    }
    for (const text of textsOf(args[0])) sent.push(...path.follow(text));
    return original.apply(this, args);
  };
  return { sent, warnings, stop: () => (prototype.query = original) };
}

/** A text, a query with one, or a batch of such queries. */
function textsOf(query: unknown): string[] {
  if (typeof query === 'string') return [query];
  const { text, statements } = query as { text?: string; statements?: readonly { text: string }[] };
  return statements?.map((statement) => statement.text) ?? [text ?? ''];
}

/** What `search_path` is on one connection, followed through its statements. */
class Path {
  #session = 'unset';
  #local: string | undefined;
  #open = false;

  follow(text: string): Sent[] {
    const { stmts = [] } = parseSync(text) as { stmts?: { stmt: Record<string, unknown> }[] };
    const sent = stmts.map(({ stmt }) => {
      const now: Sent = { path: this.#local ?? this.#session, tree: stmt, text };
      this.#step(stmt);
      return now;
    });
    if (!this.#open) this.#local = undefined;
    return sent;
  }

  #step(tree: Record<string, unknown>): void {
    const set = tree.VariableSetStmt as { name: string; args?: unknown[]; is_local?: boolean } | undefined;
    const transaction = tree.TransactionStmt as { kind: string } | undefined;
    if (set?.name === 'search_path') {
      const path = strings(set.args ?? []).join(', ');
      if (set.is_local) this.#local = path;
      else [this.#session, this.#local] = [path, undefined];
    }
    if (transaction?.kind === 'TRANS_STMT_BEGIN') this.#open = true;
    if (transaction && ['TRANS_STMT_COMMIT', 'TRANS_STMT_ROLLBACK'].includes(transaction.kind)) {
      [this.#open, this.#local] = [false, undefined];
    }
  }
}

/** All that is called `key` in a tree. */
export function* each(tree: unknown, key: string): Generator<Record<string, unknown>> {
  if (Array.isArray(tree)) for (const one of tree) yield* each(one, key);
  else if (typeof tree === 'object' && tree !== null) {
    for (const [name, value] of Object.entries(tree)) {
      if (name === key) yield value as Record<string, unknown>;
      yield* each(value, key);
    }
  }
}

export const strings = (tree: unknown): string[] =>
  [...each(tree, 'sval')].filter((one) => typeof one === 'string');

export interface Names {
  readonly functions: Set<string>;
  readonly operators: Set<string>;
  readonly types: Set<string>;
  readonly relations: Set<string>;
}

/** The names in a statement that stand without a schema, and so are looked up in the path. */
export function barenames(trees: readonly unknown[]): Names {
  const found: Names = { functions: new Set(), operators: new Set(), types: new Set(), relations: new Set() };
  const bare = (list: unknown): string | undefined => {
    const parts = [...each(list, 'String')].map((one) => String(one.sval));
    return parts.length === 1 ? parts[0] : undefined;
  };
  for (const tree of trees) {
    for (const call of each(tree, 'FuncCall')) {
      const name = bare(call.funcname);
      if (name !== undefined) found.functions.add(name);
    }
    for (const expression of each(tree, 'A_Expr')) {
      const name = bare(expression.name);
      if (name !== undefined) found.operators.add(name);
    }
    for (const type of each(tree, 'typeName')) {
      const name = bare(type.names);
      if (name !== undefined) found.types.add(name);
    }
    for (const relation of each(tree, 'RangeVar')) {
      if (relation.schemaname === undefined) found.relations.add(String(relation.relname));
    }
  }
  return found;
}
