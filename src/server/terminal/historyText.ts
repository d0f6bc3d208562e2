import { inEnglish } from '../errors/told';
import type { Job } from '../jobs/jobs';
import { table } from './table';
import { localTime, spanText } from './time';

const word = (key: string): string => inEnglish(key, () => undefined);

/** `stale`: the numbers of those whose process has gone without a word. */
export function historyText(jobs: readonly Job[], stale: ReadonlySet<string>): string[] {
  if (jobs.length === 0) return ['Nothing was done here yet.'];
  return table(
    ['when', 'took', 'what', 'of', 'by', 'result', 'job'],
    jobs.map((job) => [
      localTime(job.startedAt),
      took(job),
      word(`job.kind.${job.kind}`),
      job.subject,
      job.by ?? '',
      stale.has(job.id) ? 'its process has ended' : resultOf(job),
      job.id,
    ]),
    { right: [1] },
  );
}

const resultOf = ({ state, error }: Job): string =>
  `${word(`job.state.${state}`)}${error === undefined || state === 'cancelled' ? '' : ` [${error.code}]`}`;

function took({ startedAt, endedAt }: Job): string {
  const seconds = (Date.parse(endedAt ?? '') - Date.parse(startedAt)) / 1000;
  return seconds >= 0 ? spanText(seconds) : '';
}
