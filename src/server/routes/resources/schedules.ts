import type { Job } from '../../jobs/jobs';
import * as z from 'zod';
import { again } from '../../errors/errors';
import { reasonText } from '../../jobs/retention';
import { checkTiming, nextRuns } from '../../jobs/schedule';
import { wallClock } from '../../jobs/scheduler';
import * as answers from '../../api/answers';
import type { Means } from '../../actions/schedules/scheduledBackup';
import { action, data, type Action } from '../call';
import type { Ark } from '../../actions/ark';
import * as input from '../../api/input';
import { prune } from '../../actions/schedules/prune';
import { busyNames, meansOf } from '../../actions/schedules/means';
import { runSchedule } from '../../actions/schedules/scheduledRun';
import {
  addSchedule,
  changeSchedule,
  describeSchedule,
  findSchedule,
  listSchedules,
  removeSchedule,
} from '../../actions/schedules/schedules';
import { ScheduleInput } from '../../api/input';

const now = () => wallClock.now();

export const arkSchedules: Readonly<Record<string, Action>> = {
  list: action({
    methods: ['GET'],
    permission: 'view',
    summary: 'The schedules, with their last run and the next three',
    answer: answers.ScheduleItem.array(),
    async run({ ark: { host } }) {
      const all = await listSchedules(host);
      return data(await Promise.all(all.map((schedule) => describeSchedule(host, schedule, now()))));
    },
  }),

  get: action({
    methods: ['GET'],
    permission: 'view',
    summary: 'One schedule',
    query: input.ScheduleQuery,
    answer: answers.ScheduleItem,
    run: async ({ ark: { host }, query }) =>
      data(await describeSchedule(host, await findSchedule(host, query.filterByTk), now())),
  }),

  create: action({
    methods: ['POST'],
    permission: 'settings',
    summary: 'Add a schedule',
    input: ScheduleInput,
    answer: answers.ScheduleItem,
    run: async ({ ark: { host }, input: body }) =>
      data(await describeSchedule(host, await addSchedule(host, body, now()), now())),
  }),

  update: action({
    methods: ['POST'],
    permission: 'settings',
    summary: 'Change what is given of a schedule; null takes away',
    query: input.ScheduleQuery,
    input: input.ScheduleChange,
    answer: answers.ScheduleItem,
    run: async ({ ark: { host }, query, input: body }) =>
      data(await describeSchedule(host, await changeSchedule(host, query.filterByTk, body, now()), now())),
  }),

  destroy: action({
    methods: ['POST'],
    permission: 'settings',
    summary: 'Remove a schedule; its backups stay',
    query: input.ScheduleQuery,
    input: input.EmptyBody,
    answer: answers.Nothing,
    async run({ ark: { host }, query }) {
      await removeSchedule(host, query.filterByTk);
      return data({});
    },
  }),

  run: action({
    methods: ['POST'],
    permission: 'backup',
    summary: 'Run a schedule now; answers when its backup has begun',
    query: input.ScheduleQuery,
    input: input.EmptyBody,
    answer: answers.Started,
    async run({ ark, query }) {
      await findSchedule(ark.host, query.filterByTk);
      return data({ job: await begin(ark, query.filterByTk) });
    },
  }),

  preview: action({
    methods: ['POST'],
    permission: 'view',
    summary: 'The next three runs of a timing, or why it cannot be',
    input: input.TimingBody,
    answer: answers.NextRuns,
    run: ({ input: { timing, timeZone } }) => {
      checkTiming(timing, timeZone);
      const plan = { timing, timeZone, since: now() };
      return Promise.resolve(data({ next: nextRuns(plan, now(), 3).map((run) => run.toISOString()) }));
    },
  }),

  prune: action({
    methods: ['POST'],
    permission: 'delete',
    summary: 'Apply the rule for old backups; with dryRun only say of each why it stays or goes',
    query: input.ScheduleQuery,
    input: z.strictObject({ dryRun: z.boolean().default(true) }),
    answer: answers.Pruned.array(),
    async run({ ark, query, input: { dryRun } }) {
      const schedule = await findSchedule(ark.host, query.filterByTk);
      const inUse = busyNames(ark);
      const pruned = await prune(ark.host, ark.catalog, schedule, { now: now(), dryRun, inUse });
      return data(
        pruned.map((storage) => ({
          ...storage,
          decisions: storage.decisions.map((decision) => ({
            ...decision,
            reasons: decision.reasons.map((reason) => ({ ...reason, text: reasonText(reason) })),
          })),
        })),
      );
    },
  }),
};

/** Resolves with its job once there is one; rejects with what kept it from beginning. */
function begin(ark: Ark, name: string): Promise<Job> {
  return new Promise((resolve, reject) => {
    const means = meansOf(ark);
    const started: Means['start'] = async (options, work) => {
      let end: ReturnType<typeof work> | undefined;
      resolve(await ark.running.start(options, (watch) => (end = work(watch))));
      return end as ReturnType<typeof work>;
    };
    runSchedule({ ...means, start: started }, name, true).then((run) => {
      reject(again(run?.error ?? { code: 'INTERNAL', message: 'The run did not begin.' }));
    }, reject);
  });
}
