import { createHash } from 'node:crypto';

/**
 * What Ark makes in a database is known by its name: `_ark_<job>_<part>`. A job's id has 22 characters, so that a name
 * stays below the 64 that there are, whatever the table is called that it stands for.
 */
const JOB = '[0-9]{8}_[0-9]{6}_[0-9a-f]{6}';
const OURS = new RegExp(`^_ark_(${JOB})_(?:([su])_(\\d+)|j_(ready|done|spent|prepared))$`);

/**
 * `staged`: comes into place; `undo`: was in place; `ready`, `done`, `spent`: the journal before and after; `prepared`: says
 * that what is staged waits for its swap.
 */
export type Part = 'staged' | 'undo' | 'prepared' | JournalState;
/** By its name alone the journal says whether the swap has happened: one RENAME moves it with the tables. */
export type JournalState = 'ready' | 'done' | 'spent';

export const staged = (job: string, at: number): string => `_ark_${job}_s_${at}`;
export const aside = (job: string, at: number): string => `_ark_${job}_u_${at}`;
export const prepared = (job: string): string => `_ark_${job}_j_prepared`;
export const journal = (job: string, state: JournalState): string => `_ark_${job}_j_${state}`;

export function partOf(name: string): { job: string; part: Part } | undefined {
  const [, job, letter, , state] = OURS.exec(name) ?? [];
  if (job === undefined) return undefined;
  return {
    job,
    part: letter === 's' ? 'staged' : letter === 'u' ? 'undo' : (state as JournalState | 'prepared'),
  };
}

/** Everything that begins so is Ark's, of a newer one too: it is in no backup, and no restore touches it. */
export const isOurs = (name: string): boolean => /^_ark_[0-9]{8}_/.test(name);

const short = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

/** Named locks are the server's, not the database's: they bear its name. */
export const jobsLock = (database: string): string => `ark:${short(database)}`;
/** Whose that lock is. */
export const jobLock = (database: string, job: string): string => `ark:${short(database)}:${job}`;
/** Each connection that works for the job has one, so that what those of a killed process still do can be waited for. */
export const workerLock = (database: string, at: number): string => `ark:${short(database)}:worker:${at}`;
export const holdLock = (database: string): string => `ark:${short(database)}:hold`;
export const nodeLock = (database: string, slot: number, state: 'open' | 'closed'): string =>
  `ark:${short(database)}:${state}:${slot}`;

/** The database of a rehearsal: whose it is shows in its name. */
export const freshDatabase = (database: string, job: string): string =>
  `ark_rehearsal_${short(database)}_${job}`;
export const isFreshOf = (database: string, name: string): boolean =>
  name.startsWith(`ark_rehearsal_${short(database)}_`);
