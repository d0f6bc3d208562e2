/** What a clock in a time zone (`Asia/Shanghai`, `+08:00`, `UTC`) shows at a moment: `2024-02-29T23:59:59.999`. */
export function wallTime(at: Date, timeZone: string): string {
  return new Date(at.getTime() + shiftOf(at, timeZone)).toISOString().slice(0, -1);
}

/** How far ahead of UTC a zone's clocks are at a moment, in milliseconds. */
function shiftOf(at: Date, timeZone: string): number {
  const written = /^[+-]\d/.test(timeZone)
    ? timeZone
    : formatOf(timeZone)
        .formatToParts(at)
        .find((part) => part.type === 'timeZoneName')?.value;
  const match = /([+-])(\d\d):?(\d\d)(?::(\d\d))?$/.exec(written ?? '');
  if (!match) return 0;
  const seconds = Number(match[2]) * 3600 + Number(match[3]) * 60 + Number(match[4] ?? 0);
  return (match[1] === '-' ? -seconds : seconds) * 1000;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** A name that is no time zone means UTC. */
function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known) return known;
  const make = (zone: string) =>
    new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
  let format: Intl.DateTimeFormat;
  try {
    format = make(timeZone);
  } catch {
    format = make('UTC');
  }
  formats.set(timeZone, format);
  return format;
}
