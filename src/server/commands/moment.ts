import { DAY, HOUR, MINUTE } from '../durations';
import { BackupError } from '../errors/errors';

const UNITS: Readonly<Record<string, number>> = { m: MINUTE, h: HOUR, d: DAY, w: 7 * DAY };
/** How long, in milliseconds: 90m, 26h, 7d. Throws USAGE. */
export function span(option: string, text: string): number {
  const [, count = '', unit = ''] = /^([1-9]\d{0,5})([mhdw])$/.exec(text.trim()) ?? [];
  const ms = Number(count) * (UNITS[unit] ?? NaN);
  if (!Number.isNaN(ms)) return ms;
  throw new BackupError('USAGE', `${option} ${text}: say how long: 90m, 26h, 7d, 4w.`);
}

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const TIME = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})?$/;

/**
 * A moment as people write it: a day, a day with a time (both where they are, unless it names its zone), or how long
 * ago it was. A day alone is its first moment, or its last one with `end`. Throws USAGE.
 */
export function moment(option: string, text: string, now: Date, end = false): Date {
  const ago = /^(\d{1,6})([mhdw])$/.exec(text.trim());
  if (ago) return new Date(now.getTime() - Number(ago[1]) * (UNITS[ago[2] ?? ''] ?? NaN));
  const day = DATE.exec(text.trim());
  if (day) {
    const [year = 0, month = 0, date = 0] = day.slice(1).map(Number);
    const first = new Date(year, month - 1, date);
    if (first.getMonth() === month - 1 && first.getDate() === date)
      return end ? new Date(new Date(year, month - 1, date + 1).getTime() - 1) : first;
  }
  const at = TIME.test(text.trim()) ? new Date(text.trim().replace(' ', 'T')) : new Date(NaN);
  if (!Number.isNaN(at.getTime())) return at;
  throw new BackupError(
    'USAGE',
    `${option} ${text}: say 2026-11-29, "2026-11-29 02:30", or how long ago: 12h, 7d, 4w.`,
  );
}
