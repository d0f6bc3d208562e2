const MOMENT =
  /(\d{4,6})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(\.\d+)?([+-])(\d\d)(?::(\d\d))?(?::(\d\d))?( BC)?/g;
const DAY = 86_400;

/** The moments in a text of PostgreSQL, whatever zone its server showed them in, as UTC: `2024-02-29 12:00:00.5+00`. */
export const inUtc = (text: string): string =>
  text.replace(MOMENT, (written, ...parts: (string | undefined)[]) => {
    const [year = '', month = '', day = '', hours = '', minutes = '', seconds = '', fraction = '', sign] =
      parts;
    const [zoneHours = '', zoneMinutes = '0', zoneSeconds = '0', bc] = parts.slice(8);
    const shift = Number(zoneHours) * 3600 + Number(zoneMinutes) * 60 + Number(zoneSeconds);
    if (shift === 0) return written;
    const days = daysOf(bc === undefined ? Number(year) : 1 - Number(year), Number(month), Number(day));
    const clock = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
    const at = days * DAY + clock + (sign === '-' ? shift : -shift);
    const date = dateOf(Math.floor(at / DAY));
    const rest = ((at % DAY) + DAY) % DAY;
    const two = (value: number) => String(value).padStart(2, '0');
    const time = [Math.floor(rest / 3600), Math.floor(rest / 60) % 60, rest % 60].map(two).join(':');
    const shown = String(date.year > 0 ? date.year : 1 - date.year).padStart(4, '0');
    return `${shown}-${two(date.month)}-${two(date.day)} ${time}${fraction}+00${date.year > 0 ? '' : ' BC'}`;
  });

/**
 * Days since 1970-01-01 in the Gregorian calendar, which PostgreSQL counts backwards too: Date ends some years before
 * its timestamps do. (Howard Hinnant, chrono-compatible low-level date algorithms.)
 */
function daysOf(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const ofEra = y - era * 400;
  const ofYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return era * 146_097 + ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + ofYear - 719_468;
}

function dateOf(days: number): { year: number; month: number; day: number } {
  const z = days + 719_468;
  const era = Math.floor(z / 146_097);
  const ofEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365,
  );
  const ofYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * ofYear + 2) / 153);
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: ofYear - Math.floor((153 * shifted + 2) / 5) + 1,
  };
}
