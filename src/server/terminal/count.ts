let format: Intl.NumberFormat | undefined;

/** `12,345`. Each `toLocaleString` would look its language up again, which takes longer than the table around it. */
export const count = (n: number): string => (format ??= new Intl.NumberFormat('en-US')).format(n);
