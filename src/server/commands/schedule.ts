import type { Command } from 'commander';
import { checkAge } from '../actions/alarms/alarms';
import type { Watch } from '../jobs/jobs';
import { prune } from '../actions/schedules/prune';
import type { Means } from '../actions/schedules/scheduledBackup';
import { look, runSchedule } from '../actions/schedules/scheduledRun';
import {
  addSchedule,
  describeSchedule,
  findSchedule,
  listSchedules,
  removeSchedule,
} from '../actions/schedules/schedules';
import { checkWeekly } from '../actions/system/weekly';
import { ScheduleInput } from '../api/input';
import { BackupError } from '../errors/errors';
import type { Run } from '../jobs/runs';
import { wallClock } from '../jobs/scheduler';
import { confirm, listed, run, type Outcome, sayBefore } from './command';
import { host } from './host';
import { offline } from './offline';
import { chosen, command, database, encrypted, narrowing, yes, type Options } from './options';
import { remembered } from './remembered';
import { recipients, selection } from './selection';
import { prunedText, runText, scheduleText } from '../terminal/schedules';
import { say } from '../terminal/print';

interface ScheduleOptions extends Options {
  readonly every?: string;
  readonly at?: string;
  readonly cron?: string;
  readonly timeZone?: string;
  readonly to?: string;
  readonly keep?: string;
  readonly prove?: boolean;
  readonly files?: boolean;
  readonly off?: boolean;
  readonly dryRun?: boolean;
}

export function scheduleCommands(schedule: Command): void {
  command(schedule, 'list', 'list the schedules').action((options: ScheduleOptions) =>
    run(options, async () => {
      const here = offline(options);
      const items = await Promise.all(
        (await listSchedules(here)).map((schedule) => describeSchedule(here, schedule, wallClock.now())),
      );
      return { json: { schedules: items }, text: scheduleText(items) };
    }),
  );

  command(schedule, 'add <name>', 'add a schedule', ...chosen, ...narrowing, ...encrypted, database)
    .option('--every <time>', 'such as "30 minutes", "6 hours", "1 day"')
    .option('--at <time>', 'the time of day, with days: 02:30')
    .option('--cron <pattern>', 'a cron pattern instead: "30 2 * * *"')
    .option('--time-zone <zone>', 'such as Europe/Berlin', 'UTC')
    .option('--to <storages>', 'storages, separated by commas; without it the default one')
    .option('--keep <rule>', 'which old backups stay: "last=3,daily=7,weekly=4"; without it all of them')
    .option('--files', 'uploaded files too')
    .option('--prove', 'rehearse a restore of each backup')
    .option('--off', 'do not run it yet')
    .action((name: string, options: ScheduleOptions) =>
      run(options, async () => {
        const here = host(options);
        const added = await addSchedule(here, inputOf(name, options), wallClock.now());
        const item = await describeSchedule(here, added, wallClock.now());
        return { did: true, json: item, text: scheduleText([item]) };
      }),
    );

  command(schedule, 'remove <name>', 'remove a schedule; its backups stay', database, yes).action(
    (name: string, options: ScheduleOptions) =>
      run(options, async () => {
        const here = host(options);
        await findSchedule(here, name);
        await confirm(options, `Remove the schedule ${name}?`);
        await removeSchedule(here, name);
        return { did: true, json: { removed: name }, text: `${name} is removed. Its backups stay.` };
      }),
  );

  command(schedule, 'run <name>', 'run a schedule now', database).action(
    (name: string, options: ScheduleOptions) =>
      run(options, async (watch) => {
        const done = await runSchedule(meansOf(options, watch), name, true);
        return outcomeOf(done ? [{ name, run: done }] : []);
      }),
  );

  command(schedule, 'run-due', 'run what is due and end; for a system cron', database).action(
    (options: ScheduleOptions) =>
      run(options, async (watch) => {
        const means = meansOf(options, watch);
        const now = wallClock.now();
        const runs: { name: string; run: Run }[] = [];
        for (const name of (await look(means, now)).due) {
          const done = await runSchedule(means, name, false);
          if (done) runs.push({ name, run: done });
        }
        await checkAge(means.host, now);
        await checkWeekly(means.host, means.catalog, now);
        return outcomeOf(runs);
      }),
  );

  command(schedule, 'prune <name>', 'delete old backups by the rule of a schedule', database, yes)
    .option('--dry-run', 'only say of each why it stays or goes')
    .action((name: string, options: ScheduleOptions) =>
      run(options, async (watch) => {
        const means = meansOf(options, watch);
        const schedule = await findSchedule(means.host, name);
        const at = { now: wallClock.now(), inUse: means.inUse() };
        const planned = await prune(means.host, means.catalog, schedule, { ...at, dryRun: true });
        if (options.dryRun) return { json: { storages: planned }, text: prunedText(planned) };
        sayBefore(options, prunedText(planned));
        await confirm(options, 'Delete what is marked to go?');
        const done = await prune(means.host, means.catalog, schedule, { ...at, dryRun: false });
        const gone = done.flatMap((storage) => storage.removed);
        return { did: true, json: { storages: done }, text: `${gone.length} deleted.` };
      }),
    );
}

function outcomeOf(runs: readonly { name: string; run: Run }[]): Outcome {
  const exit = runs.some(({ run }) => run.error) ? 1 : 0;
  return { did: true, json: { runs }, text: runText(runs), exit };
}

function meansOf(options: ScheduleOptions, watch: Watch): Means {
  return {
    host: host(options),
    catalog: remembered(options),
    clock: wallClock,
    start: (_, work) => work(watch),
    inUse: () => new Set(),
    stopping: () => watch.signal?.aborted ?? false,
    say,
  };
}

function inputOf(name: string, options: ScheduleOptions): ScheduleInput {
  const parsed = ScheduleInput.safeParse({
    name,
    on: !options.off,
    timing: timingOf(options),
    timeZone: options.timeZone,
    ...selection(options),
    ...recipients(options),
    ...(options.to !== undefined && { storages: listed(options.to) }),
    ...(options.keep !== undefined && { retention: retentionOf(options.keep) }),
    ...(options.files && { files: true }),
    ...(options.prove && { prove: true }),
  });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new BackupError('USAGE', `${issue?.path.map(String).join('.') ?? ''}: ${issue?.message ?? ''}.`);
}

function timingOf({ every, at, cron }: ScheduleOptions): object {
  if ((every === undefined) === (cron === undefined)) {
    throw new BackupError('USAGE', 'Give --every "6 hours" or --cron "30 2 * * *", one of them.');
  }
  if (cron !== undefined) return { cron };
  const match = /^\s*(\d+)?\s*(minute|hour|day)s?\s*$/.exec(every ?? '');
  if (!match)
    throw new BackupError('USAGE', `--every ${every ?? ''}: say "30 minutes", "6 hours" or "1 day".`);
  return { every: Number(match[1] ?? 1), unit: `${match[2] ?? ''}s`, ...(at !== undefined && { at }) };
}

function retentionOf(keep: string): Record<string, number | boolean> {
  return Object.fromEntries(
    listed(keep).map((rule): [string, number | boolean] => {
      if (rule === 'manual') return ['manual', true];
      const match = /^(\w+)=(\d+)$/.exec(rule);
      if (!match) throw new BackupError('USAGE', `--keep ${rule}: say it like "last=3,daily=7".`);
      return [match[1] ?? '', Number(match[2])];
    }),
  );
}
