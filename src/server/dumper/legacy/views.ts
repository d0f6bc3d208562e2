import { grammarOf } from '../dialects/postgres/structure/grammar';
import { NotUnderstood, parser } from '../dialects/postgres/sql/parser';
import type { Relation } from '../dialects/postgres/structure/structure';

export interface FoundView {
  readonly relation: Relation;
  /** Tables and views after FROM and JOIN. */
  readonly reads: readonly string[];
}

/** A view from the two statements that the old plugin keeps of one; undefined for statements of another form. */
export async function readView(
  statements: readonly string[],
  schema: string,
): Promise<FoundView | undefined> {
  const create = statements.find((statement) => /^\s*CREATE\s+VIEW\s/i.test(statement));
  const match =
    create &&
    /^\s*CREATE\s+VIEW\s+((?:"(?:[^"]|"")+"|[^\s".]+)(?:\.(?:"(?:[^"]|"")+"|[^\s".]+))?)\s+AS\s+([\s\S]+)$/i.exec(
      create,
    );
  const written = (match?.[2] ?? '').replace(/;\s*$/, '');
  if (!match || !(await isPlain(written))) return undefined;
  const name = unquote(/(?:"(?:[^"]|"")+"|[^".]+)$/.exec(match[1] ?? '')?.[0] ?? '');
  const query = withoutSchema(written, schema);
  return {
    relation: {
      name,
      kind: 'view',
      owner: '',
      // The statement alone does not tell them.
      columns: [],
      parents: [],
      query,
      constraints: [],
      indexes: [],
      attachments: [],
      sequences: [],
      options: [],
      toastOptions: [],
    },
    reads: tablesRead(query),
  };
}

/**
 * One query that writes nothing, as PostgreSQL's own parser reads it. Texts in dollars and texts with a backslash, in
 * which withoutSchema() could not tell what is quoted, PostgreSQL does not print in a view.
 */
async function isPlain(query: string): Promise<boolean> {
  if (/\$|\\'/.test(query)) return false;
  const grammar = grammarOf(await parser());
  try {
    grammar.query(query);
    return true;
  } catch (error) {
    if (error instanceof NotUnderstood) return false;
    throw error;
  }
}

const unquote = (name: string): string =>
  name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;

/** A view is built in the staging schema first, so it must not name its own: `public.orders` → `orders`. */
function withoutSchema(query: string, schema: string): string {
  const escaped = schema.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const token = new RegExp(`'(?:[^']|'')*'|"${escaped}"\\.|"(?:[^"]|"")*"|(?<![\\w".])${escaped}\\.`, 'g');
  return query.replace(token, (token) => (/^['"]/.test(token) && !token.endsWith('.') ? token : ''));
}

/** As PostgreSQL prints queries: the name after FROM or JOIN, unless it is a function or the query's own. */
function tablesRead(query: string): string[] {
  const plain = query
    .replace(/'(?:[^']|'')*'/g, "''")
    .replace(/\bDISTINCT\s+FROM\b|\b(?:EXTRACT|SUBSTRING|TRIM|OVERLAY)\([^()]*?\bFROM\b/gi, '');
  const own = new Set(
    [
      ...plain.matchAll(
        /(?:\bWITH\b(?:\s+RECURSIVE)?|,)\s+("(?:[^"]|"")+"|[\w$]+)(?:\s*\([^()]*\))?\s+AS\s+(?:NOT\s+)?(?:MATERIALIZED\s+)?\(/gi,
      ),
    ].map((match) => unquote(match[1] ?? '')),
  );
  const names = plain.matchAll(/\b(?:FROM|JOIN)\s+\(*(?:ONLY\s+)?("(?:[^"]|"")+"|[\w$]+)(?!["\w$.(])/gi);
  const tables = [...names].map((match) => unquote(match[1] ?? ''));
  return [...new Set(tables)].filter(
    (name) => !own.has(name) && !/^(select|lateral|values|unnest)$/i.test(name),
  );
}
