import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import * as z from 'zod';
import { isAlive } from '../alive';
import { Failure } from '../errors/details';
import { Proof } from '../dumper/restore/proof';
import type { SettingsStore } from '../settings';
import { MINUTE } from '../durations';

/** What is remembered of a schedule between its runs, beside what the admin has set. */
const Time = z.iso.datetime();

export const Run = z.object({
  id: z.string(),
  /** The moment it is for. */
  due: Time,
  /** `time`: in time; `late`: it waited for another job; `missed`, `killed`: it is made up; `asked`: by somebody. */
  why: z.enum(['time', 'late', 'missed', 'killed', 'asked']),
  /** Moments that passed without a run before it. */
  missed: z.number().int().nonnegative(),
  state: z.enum(['running', 'done', 'failed']),
  startedAt: Time,
  endedAt: Time.optional(),
  /** What became of it in each storage. */
  storages: z.array(
    z.object({
      storage: z.string(),
      name: z.string().optional(),
      size: z.number().int().nonnegative().optional(),
      error: Failure.optional(),
    }),
  ),
  rehearsed: z.boolean().optional(),
  /** How it was rehearsed. */
  proof: Proof.optional(),
  /** Names of old backups that went, by the rule of the schedule. */
  removed: z.array(z.string()).optional(),
  error: Failure.optional(),
  /** Who runs it, and when that process last said so. */
  host: z.string(),
  pid: z.number().int(),
  beatAt: Time,
});
export type Run = z.infer<typeof Run>;

export const RunBook = z.object({
  /** Everything due up to here has run or was given up. */
  settled: Time,
  running: Run.optional(),
  last: Run.optional(),
  /** Due, seen at `since`, and not begun yet; `missed` as it was seen then. */
  waiting: z.object({ due: Time, since: Time, missed: z.number().int().nonnegative() }).optional(),
  /** The newest backup that got whole into all or some of its storages. */
  lastGood: z.object({ at: Time, name: z.string(), storages: z.array(z.string()) }).optional(),
});
export type RunBook = z.infer<typeof RunBook>;

export const nameOfBook = (schedule: string): string => `schedule ${schedule}`;

export async function readBook(settings: SettingsStore, schedule: string): Promise<RunBook | undefined> {
  const parsed = RunBook.safeParse(await settings.get('settings', nameOfBook(schedule)));
  return parsed.success ? parsed.data : undefined;
}

/** The runs of this very process. */
const ours = new Set<string>();

export function newRun(due: Pick<Run, 'due' | 'why' | 'missed'>, now: Date): Run {
  const id = randomUUID();
  ours.add(id);
  const at = now.toISOString();
  return {
    ...due,
    id,
    state: 'running',
    startedAt: at,
    storages: [],
    host: hostname(),
    pid: process.pid,
    beatAt: at,
  };
}

export const endOurs = (id: string): boolean => ours.delete(id);

export const BEAT_MS = 30_000;
/** A process of another machine that has been silent for so long is gone. */
const SILENT_MS = 5 * MINUTE;

/** Whether the process that marked a run still works on it. */
export function isUnderWay(run: Run, now: Date): boolean {
  if (ours.has(run.id)) return true;
  if (run.host === hostname() && (run.pid === process.pid || !isAlive(run.pid))) return false;
  return now.getTime() - Date.parse(run.beatAt) < SILENT_MS;
}

/** The same without some of its fields. */
export function without<T extends object, K extends keyof T & string>(value: T, ...keys: K[]): Omit<T, K> {
  const left = Object.entries(value).filter(([key]) => !(keys as string[]).includes(key));
  return Object.fromEntries(left) as Omit<T, K>;
}
