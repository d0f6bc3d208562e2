const local = new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeStyle: 'short' });

/** A moment for people, where they are; programs get ISO by --json. What is no date stays as it is. */
export function localTime(moment: string | Date): string {
  const date = new Date(moment);
  return Number.isNaN(date.getTime()) ? String(moment) : local.format(date);
}
