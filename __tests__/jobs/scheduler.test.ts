import { startScheduler } from '../../src/server/jobs/scheduler';
import { fakeClock } from '../helpers/clock';
import { pause, until } from '../helpers/waiting';

const settled = () => pause(5);

it('looks at once, then when the next run is due, and at least every half minute', async () => {
  const clock = fakeClock('2026-06-10T00:00:00Z');
  const looked: string[] = [];
  const next = new Date('2026-06-10T00:00:40Z');
  const scheduler = startScheduler({
    clock,
    look: (now) => Promise.resolve({ due: (looked.push(now.toISOString().slice(14, 19)), []), next }),
    run: () => Promise.reject(new Error('nothing was due')),
    unforeseen: (error) => {
      throw error as Error;
    },
  });
  await settled();
  expect(looked).toEqual(['00:00']);
  for (let second = 0; second < 50; second += 1) {
    clock.advance(1000);
    await settled();
  }
  expect(looked.slice(0, 3)).toEqual(['00:00', '00:30', '00:40']);
  await scheduler.stop();
  expect(clock.waiting()).toBe(0);
});

it('runs one after the other, goes on looking meanwhile, and runs nothing twice', async () => {
  const clock = fakeClock('2026-06-10T00:00:00Z');
  let due = ['a', 'b'];
  const began: string[] = [];
  const ends: (() => void)[] = [];
  let looks = 0;
  const scheduler = startScheduler({
    clock,
    look: () => {
      looks += 1;
      return Promise.resolve({ due });
    },
    run(name) {
      began.push(name);
      due = due.filter((one) => one !== name);
      return new Promise((end) => ends.push(end));
    },
    unforeseen: () => undefined,
  });
  await until('the first run has begun', () => Promise.resolve(began[0]));
  for (let i = 0; i < 3; i += 1) {
    clock.advance(30_000);
    await settled();
  }
  expect(looks).toBe(4);
  expect(began).toEqual(['a']);
  ends[0]!();
  await until('the second run has begun', () => Promise.resolve(began[1]));
  expect(began).toEqual(['a', 'b']);
  const stopping = scheduler.stop();
  clock.advance(60_000);
  ends[1]!();
  await stopping;
  expect(began).toEqual(['a', 'b']);
});

it('goes on after a look or a run that failed', async () => {
  const clock = fakeClock('2026-06-10T00:00:00Z');
  const told: string[] = [];
  let looks = 0;
  const scheduler = startScheduler({
    clock,
    look: () => {
      looks += 1;
      return looks === 1 ? Promise.reject(new Error('no settings')) : Promise.resolve({ due: ['a'] });
    },
    run: () => Promise.reject(new Error('no run')),
    unforeseen: (error) => told.push((error as Error).message),
  });
  await settled();
  clock.advance(30_000);
  await settled();
  clock.advance(30_000);
  await settled();
  await scheduler.stop();
  expect(told).toEqual(['no settings', 'no run', 'no run']);
});
