import type { Timing } from '../api/api';
import type { I18n } from '../parts/i18n';

const NAMED: Readonly<Record<string, string>> = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
};
const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

type Words = Pick<I18n, 't' | 'n' | 'language'>;

/** When a schedule runs, in words; a cron pattern that has none stands for itself. */
export function timingText(i18n: Words, timing: Timing): string {
  if ('cron' in timing) return cronText(i18n, timing.cron) ?? i18n.t('timing.cronIs', { cron: timing.cron });
  const { every, unit, at = '00:00' } = timing;
  if (unit === 'days')
    return every === 1 ? i18n.t('timing.daily', { at }) : i18n.n('timing.days', every, { at });
  if (unit === 'hours') return every === 1 ? i18n.t('timing.hourly') : i18n.n('timing.hours', every);
  return minutes(i18n, every);
}

const minutes = ({ t, n }: Words, every: number): string =>
  every === 1 ? t('timing.minutely') : n('timing.minutes', every);

/** The patterns that most people use; undefined for the others. */
function cronText(i18n: Words, cron: string): string | undefined {
  const { t, language } = i18n;
  const pattern = cron.trim();
  const [minute = '', hour = '', day, month, weekday, more] = (NAMED[pattern] ?? pattern).split(/\s+/);
  if (month !== '*' || day === undefined || weekday === undefined || more !== undefined) return undefined;
  const everyDay = day === '*' && weekday === '*';
  if (everyDay && hour === '*') {
    const step = Number(/^\*\/(\d+)$/.exec(minute)?.[1] ?? (minute === '*' ? 1 : 0));
    // Every 7 minutes would not be: each hour begins anew.
    if (step > 0 && 60 % step === 0) return minutes(i18n, step);
    if (isNumber(minute, 59)) return t('timing.hourlyAt', { minute: minute.padStart(2, '0') });
  }
  if (!isNumber(minute, 59) || !isNumber(hour, 23)) return undefined;
  const at = `${hour.padStart(2, '0')}:${minute.padStart(2, '0')}`;
  if (everyDay) return t('timing.daily', { at });
  if (day === '*') {
    const days = weekdays(weekday);
    return days && t('timing.weekdays', { days: dayNames(language, days), at });
  }
  return weekday === '*' && isNumber(day, 31) && day !== '0' ? t('timing.monthly', { day, at }) : undefined;
}

const isNumber = (text: string, most: number): boolean => /^\d{1,2}$/.test(text) && Number(text) <= most;

/** `MON-FRI`, `1,3`, `0` or `7` for Sunday: from Monday on; undefined if it is anything else. */
function weekdays(field: string): number[] | undefined {
  const days = new Set<number>();
  for (const part of field.toUpperCase().split(',')) {
    const ends = part.split('-').map((text) => (DAYS.includes(text) ? DAYS.indexOf(text) : text));
    const [first, last = first] = ends.map((end) => (/^[0-7]$/.test(String(end)) ? Number(end) : -1));
    if (first === undefined || last === undefined || first < 0 || last < first || ends.length > 2)
      return undefined;
    for (let day = first; day <= last; day++) days.add(day % 7);
  }
  return [...days].sort((a, b) => ((a + 6) % 7) - ((b + 6) % 7));
}

function dayNames(language: string, days: readonly number[]): string {
  const weekday = days.length > 2 ? 'short' : 'long';
  const name = new Intl.DateTimeFormat(language, { weekday, timeZone: 'UTC' });
  // The fourth of January 1970 was a Sunday.
  const names = days.map((day) => name.format(Date.UTC(1970, 0, 4 + day)));
  return new Intl.ListFormat(language, { type: 'conjunction' }).format(names);
}

/** Whether this browser knows a zone; the server may know more, and is asked as well. */
export function isZone(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
    return timeZone !== '';
  } catch {
    return false;
  }
}

/** All zones that this browser names, its own one first. */
export function timeZones(): readonly string[] {
  const own = ownZone();
  return [...new Set([own, 'UTC', ...Intl.supportedValuesOf('timeZone')])];
}

export const ownZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;
