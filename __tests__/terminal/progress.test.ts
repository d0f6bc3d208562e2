import type { JobProgress } from '../../src/server/jobs/jobs';
import { lines } from '../../src/server/terminal/progress';
import { spanText } from '../../src/server/terminal/time';
import { printedBy } from '../helpers/terminal';

const MB = 1_000_000;
const progress = (more: Partial<JobProgress>): JobProgress => ({
  stage: 'read',
  done: 0,
  total: 100,
  rows: 0,
  bytes: 0,
  percent: 0,
  ...more,
});

/** What is said of these, each at its second. */
async function said(
  all: readonly (readonly [second: number, shown: Partial<JobProgress>])[],
): Promise<string[]> {
  let now = 0;
  const line = lines(() => now);
  const { err } = await printedBy(() => {
    for (const [second, shown] of all) {
      now = second * 1000;
      line.show(progress(shown));
    }
  });
  return err.trimEnd().split('\n');
}

it('a line without a terminal has rows, bytes, rate and how long it will take, where they are known', async () => {
  expect(
    await said([
      [0, { stage: 'snapshot' }],
      [1, { percent: 0, bytes: 2 * MB }],
      [11, { percent: 10, rows: 1200, bytes: 22 * MB, eta: 90 }],
      // The rate is of this stage.
      [20, { stage: 'read back', percent: 0, bytes: 0 }],
      [22, { stage: 'read back', percent: 50, bytes: 10 * MB, eta: 2 }],
    ]),
  ).toEqual([
    'looking at the database: 0%',
    'reading: 0% (2.00 MB)',
    'reading: 10% (1200 rows, 22.0 MB, 2.00 MB/s, 1 min 30 s left)',
    'reading back: 0%',
    'reading back: 50% (10.0 MB, 5.00 MB/s, 2 s left)',
  ]);
});

it('is said at each stage and each tenth, and after half a minute at the latest', async () => {
  const seconds = Array.from({ length: 200 }, (_, i): [number, Partial<JobProgress>] => [i, { percent: 3 }]);
  expect(await said(seconds)).toHaveLength(7);
  const tenths = Array.from({ length: 101 }, (_, i): [number, Partial<JobProgress>] => [
    i / 100,
    { percent: i },
  ]);
  expect(await said(tenths)).toHaveLength(11);
});

it.each([
  [0, '0 s'],
  [59.4, '59 s'],
  [59.6, '1 min'],
  [61, '1 min 1 s'],
  [3599, '59 min 59 s'],
  [3600, '1 h 0 min'],
  [90_000, '25 h 0 min'],
])('%p seconds are %p', (seconds, text) => {
  expect(spanText(seconds)).toBe(text);
});
