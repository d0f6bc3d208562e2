import { moment } from '../../src/server/commands/moment';
import { BackupError } from '../../src/server/errors/errors';

const now = new Date(2026, 10, 29, 12, 0);
const MOMENTS: [text: string, at: Date, end?: Date][] = [
  ['2026-11-20', new Date(2026, 10, 20), new Date(2026, 10, 20, 23, 59, 59, 999)],
  ['2026-11-20 02:30', new Date(2026, 10, 20, 2, 30)],
  ['2026-11-20T02:30:05', new Date(2026, 10, 20, 2, 30, 5)],
  ['2026-11-20T02:30:05Z', new Date('2026-11-20T02:30:05.000Z')],
  ['2026-11-20T02:30+08:00', new Date('2026-11-19T18:30:00.000Z')],
  ['30m', new Date(now.getTime() - 30 * 60_000)],
  ['12h', new Date(now.getTime() - 12 * 3_600_000)],
  ['7d', new Date(now.getTime() - 7 * 86_400_000)],
  ['4w', new Date(now.getTime() - 28 * 86_400_000)],
];
it.each(MOMENTS)('%s is a moment, and where a time ends', (text, at, end = at) => {
  expect(moment('--since', text, now)).toEqual(at);
  expect(moment('--until', text, now, true)).toEqual(end);
});

it.each([
  '',
  'yesterday',
  '2026-02-30',
  '2026-13-01',
  '20.11.2026',
  '2026-11',
  '7',
  '7y',
  '-7d',
  '2026-11-20 25:00',
  '1e9',
  'now',
])('%p is none, and it is said how to write one', (text) => {
  expect(() => moment('--since', text, now)).toThrow(BackupError);
  expect(() => moment('--since', text, now)).toThrow(/--since .*2026-11-29/);
});
