import type { Node } from 'libpg-query';
import type { Parser } from './parser';

/**
 * The statement of a domain or a range without some of its parts (checks and defaults; functions), and those. Undefined
 * for what is neither.
 */
export function splitType(
  parse: Parser,
  definition: string,
  out: (part: Node, text: string) => boolean,
): { definition: string; parts: string[] } | undefined {
  const tree = placedIn(parse, definition) as
    { CreateDomainStmt?: DomainStatement; CreateRangeStmt?: { params?: readonly Located[] } } | undefined;
  const domain = tree?.CreateDomainStmt;
  const range = tree?.CreateRangeStmt;
  if (!domain && !range) return undefined;
  const all = domain
    ? [...(domain.constraints ?? []), ...(domain.collClause ? [{ CollateClause: domain.collClause }] : [])]
    : (range?.params ?? []);
  const bytes = Buffer.from(definition);
  const end = range ? bytes.lastIndexOf(')') : bytes.length;
  const starts = all.map((part) => ({ part, at: locationOf(part) })).sort((a, b) => a.at - b.at);
  const kept: string[] = [];
  const parts: string[] = [];
  starts.forEach(({ part, at }, i) => {
    const text = bytes
      .toString('utf8', at, starts[i + 1]?.at ?? end)
      .trim()
      .replace(/,$/, '');
    (out(part as unknown as Node, text) ? parts : kept).push(text);
  });
  const head = bytes.toString('utf8', 0, starts[0]?.at ?? end).trim();
  return { definition: range ? `${head}${kept.join(', ')})` : [head, ...kept].join(' '), parts };
}

function placedIn(parse: Parser, definition: string): Node | undefined {
  try {
    return parse.placed(definition)[0]?.node;
  } catch {
    return undefined;
  }
}

type Located = Readonly<Record<string, { readonly location?: number }>>;
interface DomainStatement {
  readonly constraints?: readonly Located[];
  readonly collClause?: { readonly location?: number };
}
const locationOf = (part: Located): number => Object.values(part)[0]?.location ?? 0;
