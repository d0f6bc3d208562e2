import * as z from 'zod';
import { BackupError } from '../../errors/errors';
import { CodeKind } from './codeKind';

/**
 * An archive is a program, as a dump is: some of what it brings runs, during the restore or later, with the rights of the
 * database account or of whoever uses a table. Nothing of that kind is hidden from whoever restores it.
 */
export const CodeItem = z.object({
  kind: CodeKind,
  /** The collection that it is on. */
  collection: z.string().optional(),
  /** A routine with its argument types; the column of a default. */
  name: z.string(),
  text: z.string(),
  language: z.string().optional(),
  /** SECURITY DEFINER: it runs with the rights of its owner, whoever calls it. */
  definer: z.boolean().optional(),
  /** Beside a database: whether it has the same already. */
  state: z.enum(['new', 'different', 'same']).optional(),
});
export type CodeItem = z.infer<typeof CodeItem>;

/** What a restore without code does not bring: code, or what cannot be without it. */
export const LeftOut = CodeItem.pick({ kind: true, collection: true, name: true }).extend({
  /** The column that is left out, where that is the reason. */
  needs: z.string().optional(),
});
export type LeftOut = z.infer<typeof LeftOut>;

/** What needs consent, where the maker does not have it: what the database has already changes nothing. */
export const newCode = (items: readonly CodeItem[]): CodeItem[] =>
  items.filter((item) => item.state !== 'same');

/** Without consent nothing is made that could run and is not here already. */
export function refuseCode(
  items: readonly CodeItem[],
  allow: boolean,
  whose = 'The backup brings code that is not here yet, and its maker is not trusted here',
): void {
  const asked = newCode(items);
  if (allow || asked.length === 0) return;
  throw new BackupError(
    'CODE_NOT_ALLOWED',
    `${whose}: ${codeSums(asked)}. Nothing was changed. Look at it, then allow it or leave it out.`,
    {
      way: 'allowCode',
      details: { code: 'code-new', count: asked.length, names: asked.slice(0, NAMED).map(placeOf) },
    },
  );
}

const WORDS: Record<LeftOut['kind'], readonly [single: string, several: string]> = {
  function: ['function', 'functions'],
  procedure: ['procedure', 'procedures'],
  aggregate: ['aggregate', 'aggregates'],
  operator: ['operator', 'operators'],
  operatorFamily: ['operator family', 'operator families'],
  operatorClass: ['operator class', 'operator classes'],
  trigger: ['trigger', 'triggers'],
  event: ['event', 'events'],
  rule: ['rule', 'rules'],
  policy: ['policy', 'policies'],
  view: ['view', 'views'],
  materialized: ['materialized view', 'materialized views'],
  default: ['default', 'defaults'],
  generated: ['generated column', 'generated columns'],
  constraint: ['constraint', 'constraints'],
  index: ['index', 'indexes'],
  statistics: ['statistics object', 'statistics objects'],
  partition: ['partition', 'partitions'],
  type: ['type', 'types'],
};

/** `2 functions (1 SECURITY DEFINER), 1 trigger` */
export function codeSums(items: readonly CodeItem[]): string {
  return [...new Set(items.map((item) => item.kind))]
    .map((kind) => {
      const those = items.filter((item) => item.kind === kind);
      const definers = those.filter((item) => item.definer).length;
      const much = `${those.length} ${WORDS[kind][those.length === 1 ? 0 : 1]}`;
      return definers > 0 ? `${much} (${definers} SECURITY DEFINER)` : much;
    })
    .join(', ');
}

const NAMED = 12;
/** `orders.audit` */
const placeOf = ({ collection, name }: CodeItem): string =>
  collection === undefined || collection === name ? name : `${collection}.${name}`;

/** `trigger audit of orders` */
export function codeLabel({ kind, collection, name }: Omit<LeftOut, 'needs'>): string {
  const [word] = WORDS[kind];
  return collection === undefined || collection === name
    ? `${word} ${name}`
    : `${word} ${name} of ${collection}`;
}

export const leftOutText = (left: LeftOut): string =>
  `${codeLabel(left)} is left out${left.needs === undefined ? '' : `: it needs the column ${left.needs}, which is left out`}.`;
