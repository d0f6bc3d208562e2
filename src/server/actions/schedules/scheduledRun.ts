import { formatBytes } from '../../bytes';
import { failureOf, refused } from '../../errors/errors';
import type { Host } from '../../host';
import {
  BEAT_MS,
  endOurs,
  isUnderWay,
  newRun,
  readBook,
  without,
  type Run,
  type RunBook,
} from '../../jobs/runs';
import { clockWentBack, dueRun, LATE_MS, nextRun } from '../../jobs/schedule';
import { beat, raise } from '../alarms/alarms';
import { decide } from './books';
import { startClean } from '../clean';
import { execute, type Means } from './scheduledBackup';
import { findSchedule, listSchedules, planOf, type Schedule } from './schedules';
import { MINUTE } from '../../durations';

/**
 * Which schedules are due, and when the next one will be. Runs of processes that died are reported and made due
 * again, once.
 */
export async function look(means: Means, now: Date): Promise<{ due: string[]; next: Date | undefined }> {
  const { host } = means;
  const schedules = await listSchedules(host);
  const due: string[] = [];
  let next: Date | undefined;
  for (const schedule of schedules) {
    if (!schedule.on) continue;
    if (await isDue(means, schedule, now)) due.push(schedule.name);
    const coming = nextRun(planOf(schedule), now);
    if (coming && (!next || coming < next)) next = coming;
  }
  return { due, next };
}

async function isDue(means: Means, schedule: Schedule, now: Date): Promise<boolean> {
  const { host } = means;
  const { name } = schedule;
  const book = await bookOf(host, schedule);
  // Where there is nothing to decide, no lock is needed to see that.
  if (!book.running && !clockWentBack(new Date(book.settled), now)) {
    if (book.waiting) return true;
    if (!dueRun(planOf(schedule), new Date(book.settled), now)) return false;
  }
  let killed: Run | undefined;
  const due = await decide(host, async (books) => {
    const fresh = await bookOf(host, schedule);
    if (fresh.running && isUnderWay(fresh.running, now)) return false;
    let changed: RunBook = settleClock(means, fresh, name, now);
    if (changed.running) {
      killed = endedByDeath(changed.running, now);
      const rest = without(changed, 'running');
      // Made up once: what is killed each time must not be tried for ever.
      const again = killed.why !== 'killed' && killed.why !== 'asked';
      changed = {
        ...rest,
        last: killed,
        settled: killed.why === 'asked' ? rest.settled : latest(rest.settled, killed.due),
        ...(again && { waiting: { due: killed.due, since: now.toISOString(), missed: 0 } }),
      };
    }
    const due = dueRun(planOf(schedule), new Date(changed.settled), now);
    if (due && !changed.waiting) {
      changed = {
        ...changed,
        waiting: { due: due.at.toISOString(), since: now.toISOString(), missed: due.missed },
      };
    }
    if (JSON.stringify(changed) !== JSON.stringify(fresh)) await books.save(name, changed);
    return changed.waiting !== undefined;
  });
  if (killed) {
    await startClean(host).catch(() => undefined);
    const { error } = killed;
    means.say?.(`${name}: ${error?.message ?? ''}`);
    await raise(
      host,
      { event: 'failed', schedule: name, message: error?.message ?? '', ...codeOf(error) },
      now,
    );
  }
  return due;
}

const codeOf = (error: Run['error']) => (error ? { code: error.code } : {});
const latest = (a: string, b: string): string => (a > b ? a : b);

async function bookOf(host: Host, schedule: Schedule): Promise<RunBook> {
  return (await readBook(host.settings, schedule.name)) ?? { settled: schedule.since };
}

/** Deleted while it ran: its book went with it. */
const isGone = async ({ settings }: Host, { name }: Schedule): Promise<boolean> =>
  (await settings.get('schedules', name)) === undefined;

function settleClock(means: Means, book: RunBook, name: string, now: Date): RunBook {
  const back = clockWentBack(new Date(book.settled), now);
  if (back === undefined) return book;
  means.say?.(
    `${name}: the clock went back by ${Math.round(back / MINUTE)} minutes; runs are counted from now on.`,
  );
  return { ...book, settled: now.toISOString() };
}

function endedByDeath(run: Run, now: Date): Run {
  return {
    ...run,
    state: 'failed',
    endedAt: now.toISOString(),
    error: {
      code: 'RUN_KILLED',
      message: `The process that ran the scheduled backup of ${run.due} ended before the backup did.${run.why === 'killed' ? ' That was the second time; it is not tried again before its next time.' : ' It is made up now.'}`,
    },
  };
}

/** Runs what waits, or with `asked` whether it is due or not. Undefined: somebody else does, or it has to wait. */
export async function runSchedule(means: Means, name: string, asked: boolean): Promise<Run | undefined> {
  const { host, clock } = means;
  const schedule = await findSchedule(host, name);
  // A run that could not begin would leave a failed job each time it is tried. Out of reach is for the run to tell.
  const busy = await host.database.busy().catch(() => undefined);
  if (busy) {
    if (asked) throw busy;
    return undefined;
  }
  const run = await claim(means, schedule, asked);
  if (!run) {
    if (asked) throw refused('job-of-schedule', { schedule: name });
    return undefined;
  }
  if (run.missed > 0) {
    const count = run.missed === 1 ? 'A scheduled backup was' : `${run.missed} scheduled backups were`;
    const message = `${count} missed while Ark was not running; the newest (${run.due}) is made up now.`;
    means.say?.(`${name}: ${message}`);
    await raise(host, { event: 'missed', schedule: name, message }, clock.now());
  }
  const beating = setInterval(() => void keepAlive(means, name, run.id), BEAT_MS);
  let ended: Run;
  try {
    ended = await execute(means, schedule, run);
  } catch (cause) {
    ended = { ...run, state: 'failed', error: failureOf(cause) };
  } finally {
    clearInterval(beating);
    endOurs(run.id);
  }
  const code = ended.error?.code ?? '';
  // Stopped on the way: the mark of the run stays, and the next start finds it.
  if (means.stopping() && ['JOB_CANCELLED', 'CONSOLE_STOPPING'].includes(code)) return undefined;
  if (code === 'JOB_BUSY' && !asked && ended.storages.every((storage) => storage.error)) {
    await postpone(means, schedule, ended);
    return undefined;
  }
  return finish(means, schedule, { ...ended, endedAt: clock.now().toISOString() });
}

/** Another job was quicker: it waits on. */
async function postpone({ host }: Means, schedule: Schedule, run: Run): Promise<void> {
  await decide(host, async (books) => {
    if (await isGone(host, schedule)) return;
    const book = without(await bookOf(host, schedule), 'running');
    const waiting = { due: run.due, since: run.startedAt, missed: run.missed };
    await books.save(schedule.name, { ...book, waiting });
  });
}

function claim(means: Means, schedule: Schedule, asked: boolean): Promise<Run | undefined> {
  const { host, clock } = means;
  return decide(host, async (books) => {
    const now = clock.now();
    const book = await bookOf(host, schedule);
    if (book.running && isUnderWay(book.running, now)) return undefined;
    const due = dueRun(planOf(schedule), new Date(book.settled), now);
    const killed =
      book.waiting && book.last?.error?.code === 'RUN_KILLED' && book.last.due === book.waiting.due;
    let reason: Pick<Run, 'due' | 'why' | 'missed'>;
    if (asked) reason = { due: now.toISOString(), why: 'asked', missed: 0 };
    else if (killed) reason = { due: book.waiting?.due ?? now.toISOString(), why: 'killed', missed: 0 };
    else if (!due) {
      await books.save(schedule.name, without(book, 'waiting'));
      return undefined;
    } else {
      const at = due.at.toISOString();
      // What came while it waited is the same run: it was not missed.
      const missed = (book.waiting ?? due).missed;
      const late = now.getTime() - due.at.getTime() >= LATE_MS || (book.waiting?.due ?? at) !== at;
      reason = { due: at, why: missed > 0 ? 'missed' : late ? 'late' : 'time', missed };
    }
    const run = newRun(reason, now);
    await books.save(schedule.name, { ...without(book, 'waiting'), running: run });
    return run;
  });
}

async function keepAlive({ host, clock }: Means, name: string, id: string): Promise<void> {
  await decide(host, async (books) => {
    const book = await readBook(host.settings, name);
    if (book?.running?.id !== id) return;
    const running = { ...book.running, beatAt: clock.now().toISOString() };
    await books.save(name, { ...book, running });
  }).catch(() => undefined);
}

async function finish(means: Means, schedule: Schedule, run: Run): Promise<Run> {
  const { host, clock } = means;
  const now = clock.now();
  const { name } = schedule;
  const ended: Run = { ...run, state: run.error ? 'failed' : 'done' };
  const good = ended.storages.filter((storage) => storage.name !== undefined && storage.error === undefined);
  const [first] = good;
  const damaged = ended.error?.code === 'CHECK_FAILED';
  await decide(host, async (books) => {
    if (await isGone(host, schedule)) return;
    const { running, ...book } = await bookOf(host, schedule);
    await books.save(name, {
      ...book,
      ...(running && running.id !== ended.id && { running }),
      last: ended,
      // What came while it ran is not run once more.
      settled: latest(book.settled, ended.why === 'asked' ? ended.due : (ended.endedAt ?? ended.due)),
      ...(first?.name !== undefined &&
        !damaged && {
          lastGood: { at: ended.startedAt, name: first.name, storages: good.map((result) => result.storage) },
        }),
    });
  });
  if (ended.error) {
    const { code, message } = ended.error;
    means.say?.(`${name}: ${message} [${code}]`);
    await raise(host, { event: 'failed', schedule: name, message, code }, now);
  } else {
    const size = first?.size === undefined ? '' : `, ${formatBytes(first.size)}`;
    means.say?.(`${name}: ${first?.name ?? ''}${size} in ${good.map((result) => result.storage).join(', ')}`);
    await beat(host, name, now);
  }
  return ended;
}
