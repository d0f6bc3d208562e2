import type { Relation } from '../structure';

export interface FoundView {
  readonly relation: Relation;
  /** Tables and views after FROM and JOIN. */
  readonly reads: readonly string[];
}

/** A view from the two statements that the old plugin keeps of one; undefined for statements of another form. */
export function readView(statements: readonly string[], schema: string): FoundView | undefined {
  const create = statements.find((one) => /^\s*CREATE\s+VIEW\s/i.test(one));
  const match =
    create &&
    /^\s*CREATE\s+VIEW\s+((?:"(?:[^"]|"")+"|[^\s".]+)(?:\.(?:"(?:[^"]|"")+"|[^\s".]+))?)\s+AS\s+([\s\S]+)$/i.exec(
      create,
    );
  if (!match || !isPlain((match[2] ?? '').replace(/;\s*$/, ''))) return undefined;
  const name = unquote(/(?:"(?:[^"]|"")+"|[^".]+)$/.exec(match[1] ?? '')?.[0] ?? '');
  const query = withoutSchema((match[2] ?? '').replace(/;\s*$/, ''), schema);
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
 * One statement and nothing hidden in it: what PostgreSQL prints has no comments, and a semicolon only in quotes. A
 * backslash before a quote could end a text elsewhere than it seems.
 */
function isPlain(query: string): boolean {
  if (query.includes("\\'")) return false;
  const outside = query.replace(/'(?:[^']|'')*'|"(?:[^"]|"")*"|--|\/\*|\$\w*\$/g, (found) =>
    /^['"]/.test(found) ? '' : ';',
  );
  return !/[;'"]/.test(outside);
}

const unquote = (name: string): string =>
  name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;

/** A view is built in the staging schema first, so it must not name its own: `public.orders` → `orders`. */
function withoutSchema(query: string, schema: string): string {
  const escaped = schema.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const token = new RegExp(`'(?:[^']|'')*'|"${escaped}"\\.|"(?:[^"]|"")*"|(?<![\\w".])${escaped}\\.`, 'g');
  return query.replace(token, (found) => (/^['"]/.test(found) && !found.endsWith('.') ? found : ''));
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
  const found = [...names].map((match) => unquote(match[1] ?? ''));
  return [...new Set(found)].filter(
    (name) => !own.has(name) && !/^(select|lateral|values|unnest)$/i.test(name),
  );
}
