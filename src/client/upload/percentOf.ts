/** Whole percents, and never all before all of it is there. */
export const percentOf = (sent: number, total: number): number =>
  total > 0 ? Math.floor((sent / total) * 100) : 0;
