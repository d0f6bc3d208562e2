/** Numbers, sizes, dates and spans of time as the reader's language writes them. */
export interface Format {
  readonly number: (value: number) => string;
  /** Whole numbers only while they are short: 1,234 or 1.2 million. */
  readonly rows: (value: number) => string;
  readonly bytes: (value: number) => string;
  readonly percent: (value: number) => string;
  readonly dateTime: (iso: string) => string;
  readonly date: (iso: string) => string;
  /** `Users and Files` */
  readonly list: (parts: readonly string[]) => string;
  /** With seconds, for logs. */
  readonly time: (iso: string) => string;
  /** `3 hours ago`, `in 2 days` */
  readonly relative: (iso: string, now?: number) => string;
  /** `2 days 4 hours`, `1 min 20 s`: at most two units. */
  readonly duration: (seconds: number) => string;
}

const SIZES = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte', 'petabyte'] as const;
const SPANS = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const;

export function createFormat(language: string, timeZone?: string): Format {
  const number = new Intl.NumberFormat(language);
  const compact = new Intl.NumberFormat(language, { notation: 'compact', maximumFractionDigits: 1 });
  const percent = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 0 });
  const date = new Intl.DateTimeFormat(language, { dateStyle: 'medium' });
  const dateTime = new Intl.DateTimeFormat(language, {
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    ...(timeZone !== undefined && { timeZone }),
  });
  const time = new Intl.DateTimeFormat(language, {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    ...(timeZone !== undefined && { timeZone }),
  });
  const list = new Intl.ListFormat(language);
  const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  // As 2026-11-21, which is read back as a moment in UTC.
  const calendar = new Intl.DateTimeFormat('en-CA', { ...(timeZone !== undefined && { timeZone }) });
  const dayOf = (moment: number) => Date.parse(calendar.format(moment)) / 86_400_000;
  // Bytes have no short form that people would write: English has "2 byte".
  const sizes = SIZES.map((unit) =>
    [0, 1].map((digits) => unitFormat(language, unit, unit === 'byte' ? 'long' : 'short', digits)),
  );
  const spans = new Map(SPANS.map(([unit]) => [unit, unitFormat(language, unit, 'short', 0)]));

  const shortSpan = unitFormat(language, 'second', 'short', 1);

  return {
    number: (value) => number.format(value),
    rows: (value) => (value < 1_000_000 ? number.format(value) : compact.format(value)),
    bytes: (value) => {
      let step = 0;
      let rest = Math.max(0, value);
      while (rest >= 999.5 && step < SIZES.length - 1) {
        rest /= 1000;
        step++;
      }
      return sizes[step]?.[step > 0 && rest < 9.95 ? 1 : 0]?.format(rest) ?? '';
    },
    percent: (value) => percent.format(value / 100),
    date: (iso) => date.format(new Date(iso)),
    dateTime: (iso) => dateTime.format(new Date(iso)),
    list: (parts) => list.format(parts),
    time: (iso) => time.format(new Date(iso)),
    relative: (iso, now = Date.now()) => {
      const seconds = (new Date(iso).getTime() - now) / 1000;
      for (const [unit, length] of SPANS) {
        if (unit === 'second') break;
        // Tomorrow is the next day of the calendar, not what comes in 24 to 48 hours.
        if (unit === 'day' && Math.abs(seconds) >= length)
          return relative.format(dayOf(now + seconds * 1000) - dayOf(now), unit);
        if (Math.abs(seconds) >= length) return relative.format(Math.trunc(seconds / length), unit);
      }
      return relative.format(0, 'second');
    },
    duration: (seconds) => {
      if (seconds < 1) return shortSpan.format(seconds <= 0 ? 0 : Math.max(0.1, seconds));
      let rest = Math.max(0, Math.round(seconds));
      const parts: string[] = [];
      for (const [unit, length] of SPANS) {
        const count = Math.floor(rest / length);
        rest -= count * length;
        if (count === 0 && !(unit === 'second' && parts.length === 0)) {
          if (parts.length > 0) break;
          continue;
        }
        parts.push(spans.get(unit)?.format(count) ?? '');
        if (parts.length === 2) break;
      }
      return parts.join(' ');
    },
  };
}

const unitFormat = (language: string, unit: string, unitDisplay: 'long' | 'short', digits: number) =>
  new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay, maximumFractionDigits: digits });
