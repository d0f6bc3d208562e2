import type { Part, Played } from './scenario';

/** A part as it was played, or why it was not. */
export interface Line extends Part {
  readonly number: number;
  /** When it was over, and the load of the machine then. */
  readonly at: string;
  readonly load: number;
  readonly now?: Played;
  readonly fault?: string;
}

export function circumstances(lines: readonly Line[], cores: number): string {
  const [days, loads] = [lines.map(({ at }) => at.slice(0, 10)).sort(), lines.map(({ load }) => load)];
  const when = [...new Set([days[0], days.at(-1)])].join(' to ');
  return `${when}, ${cores} cores, load of the machine ${Math.min(...loads).toFixed(1)} to ${Math.max(...loads).toFixed(1)}`;
}

/** As Markdown. */
export function tableOf(lines: readonly Line[]): string {
  const rows = lines.map(({ number, what, before, now, fault }) => [
    String(number),
    what,
    [before.did, before.time, before.verdict].filter(Boolean).join('; ') || '–',
    now ? did(now) : '**failed**',
    now ? `${now.seconds.toFixed(1)} s` : '',
    now ? saying(now) : (fault?.split('\n')[0] ?? ''),
  ]);
  const head = ['', 'scenario', 'before', 'now', 'time', 'what the page says, and what was looked at'];
  return [head, head.map(() => '---'), ...rows]
    .map((row) => `| ${row.map((text) => text.replace(/\s+/g, ' ').replace(/\|/g, '\\|')).join(' | ')} |`)
    .join('\n');
}

function did({ clicks, fields }: Played): string {
  if (clicks + fields === 0) return '–';
  return [counted(clicks, 'click'), ...(fields > 0 ? [counted(fields, 'field')] : [])].join(' + ');
}

const saying = ({ says, waits = {} }: Played): string =>
  [says, ...Object.entries(waits).map(([what, seconds]) => `${seconds.toFixed(1)} s ${what}`)].join('; ');

const counted = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`;
