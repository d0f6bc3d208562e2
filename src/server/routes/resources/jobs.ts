import { setTimeout as sleep } from 'node:timers/promises';
import { refused } from '../../errors/errors';
import type { Job } from '../../jobs/jobs';
import * as answers from '../../api/answers';
import { action, data, type Action } from '../call';
import type { Ark } from '../../actions/ark';
import { historyOf } from '../../actions/system/history';
import * as input from '../../api/input';

/** How often the record of a job in another process is looked at. */
const LOOK_MS = 1000;

async function find(ark: Ark, id: string): Promise<Job> {
  const job = ark.running.get(id) ?? (await ark.host.jobs.get(id));
  if (job) return job;
  throw refused('job-none', { job: JSON.stringify(id) });
}

/** One job until it has ended, wherever it runs. */
async function* follow(ark: Ark, id: string, signal: AbortSignal): AsyncGenerator<Job, void, void> {
  for (let told = ''; !signal.aborted;) {
    if (ark.running.get(id)) {
      yield* ark.running.watch({ id, signal });
      return;
    }
    const job = await find(ark, id);
    if (job.state !== told) yield job;
    told = job.state;
    if (job.state !== 'running') return;
    await pause(LOOK_MS, signal);
  }
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal }).catch(() => undefined);

async function* asEvents(jobs: AsyncIterable<Job>): AsyncGenerator<{ event: string; data: Job }, void, void> {
  for await (const job of jobs) yield { event: 'job', data: job };
}

export const arkJobs: Readonly<Record<string, Action>> = {
  list: action({
    methods: ['GET'],
    permission: 'view',
    summary: 'The jobs, newest first',
    query: input.ListJobsQuery,
    answer: answers.JobItem.array(),
    async run({ ark, query }) {
      const jobs = await historyOf(ark.host.jobs, query);
      return data(jobs.map((job) => ark.running.get(job.id) ?? job));
    },
  }),

  get: action({
    methods: ['GET'],
    permission: 'view',
    summary: 'One job',
    query: input.JobQuery,
    answer: answers.JobItem,
    run: async ({ ark, query }) => data(await find(ark, query.filterByTk)),
  }),

  cancel: action({
    methods: ['POST'],
    permission: 'backup',
    summary: 'Ask a job to stop; it puts everything back and then ends as cancelled',
    query: input.JobQuery,
    input: input.EmptyBody,
    answer: answers.Started,
    async run({ ark, query }) {
      const job = await find(ark, query.filterByTk);
      if (!ark.running.cancel(job.id) && job.state === 'running') {
        throw refused('job-elsewhere', { job: job.id, process: String(job.pid), host: job.host });
      }
      return data({ job });
    },
  }),

  watch: action({
    methods: ['GET'],
    permission: 'view',
    summary:
      'Server-sent events "job": first the running ones, then every change; of one job until it has ended',
    query: input.WatchQuery,
    answer: { event: 'job', data: answers.JobItem },
    async run({ ark, query: { filterByTk: id }, signal }) {
      if (id === undefined) return { kind: 'events', events: asEvents(ark.running.watch({ signal })) };
      await find(ark, id);
      return { kind: 'events', events: asEvents(follow(ark, id, signal)) };
    },
  }),
};
