/** What is wanted of a figure: at most so many seconds or megabytes, or so much of what another line takes. */
export type Target =
  | { readonly seconds: number }
  | { readonly megabytes: number }
  | { readonly of: readonly string[]; readonly ratio: number };

const of = (ratio: number, ...lines: string[]): Target => ({ of: lines, ratio });

/** By the names of lines in bench.ts. */
export const TARGETS: Readonly<Record<string, Target>> = {
  'ark --help': { seconds: 0.15 },
  'ark list': { seconds: 0.15 },
  'preview, 139 tables': { seconds: 0.3 },
  'preview, 1000 tables': { seconds: 0.8 },
  'preview, 5000 tables': { seconds: 3 },
  'backup, the demo': { seconds: 0.6 },
  'restore, the demo': { seconds: 1 },
  'backup, 1000 tables': of(1.5, 'pg_dump -Fc, 1000 tables'),
  'restore, 1000 tables': of(0.6, 'pg_restore -j2, 1000 tables'),
  'restore over itself, 1000 tables': { seconds: 4 },
  'backup, 1000000 rows': of(0.5, 'pg_dump -Fc, 1000000 rows'),
  'restore, 1000000 rows': of(0.9, 'pg_restore -j2, 1000000 rows'),
  'copy, 1000000 rows': of(0.5, 'pg_dump -Fc, 1000000 rows', 'pg_restore -j2, 1000000 rows'),
  'first list': { seconds: 1 },
  'later list': { seconds: 0.1 },
};

/** Of each of Ark's lines; a row that is larger than that may take twice its size. */
export const MEGABYTES = 250;
