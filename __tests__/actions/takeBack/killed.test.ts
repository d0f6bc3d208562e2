import { startClean } from '../../../src/server/actions/clean';
import { listTakeBacks } from '../../../src/server/actions/takeBack/undoRows';
import { newJobId } from '../../../src/server/dumper/job';
import { backUp, hostOf } from '../../helpers/ark';
import { bundleCli } from '../../helpers/cli';
import { digest } from '../../helpers/digest';
import { killedArk } from '../../helpers/killedArk';
import { ownPlace } from '../../helpers/place';
import { randomFrom } from '../../helpers/random';
import { until } from '../../helpers/waiting';

/** Moments differ from run to run; ARK_TEST_SEED repeats those of an earlier one. */
const SEED = Number(process.env.ARK_TEST_SEED ?? Date.now() % 1_000_000);
const WANTED = Number(process.env.ARK_TEST_KILLS ?? 6);

const { data, database } = ownPlace();

test('a taking back, and its undo, killed at any moment: all as before with nothing kept, or all as after with its undo', async () => {
  const at = await database(`
    CREATE TABLE customers (id serial PRIMARY KEY, name text);
    CREATE TABLE orders (id serial PRIMARY KEY, customer_id int NOT NULL REFERENCES customers ON DELETE CASCADE, note text);
    INSERT INTO customers (name) SELECT 'Customer ' || g FROM generate_series(1, 5) g;
    INSERT INTO orders (customer_id, note) SELECT 1 + g % 5, 'note ' || g FROM generate_series(1, 5000) g;`);
  const host = hostOf(at.url, data.folder);
  await backUp(host, 'shop');
  const program = await bundleCli(data.folder);
  const whole = JSON.stringify(await digest(at.url));
  await at.sql(`DELETE FROM customers WHERE id = 3; UPDATE customers SET name = 'changed' WHERE id = 4`);
  const changed = JSON.stringify(await digest(at.url));
  const end = ['--yes', '--database', at.url];
  const TAKE = ['take-back', 'shop.ark', 'customers', '3', '4', '--with-children', ...end];
  const UNDO = ['undo', ...end];
  const free = () =>
    until('the lock of the dead job is free', () =>
      host.database.lock(newJobId()).then(
        async (lock) => {
          await lock.release();
          return true;
        },
        () => undefined,
      ),
    );

  const quiet = await killedArk(program, data.folder, TAKE, 'writing rows');
  expect(quiet).toMatchObject({ code: 0 });
  expect(JSON.stringify({ ...(await digest(at.url)) })).not.toBe(changed);
  const back = await killedArk(program, data.folder, UNDO, 'swapping back');
  expect(back).toMatchObject({ code: 0 });
  expect(JSON.stringify(await digest(at.url))).toBe(changed);

  const random = randomFrom(SEED);
  const ended = { same: 0, done: 0, unharmed: 0 };
  let taken = false;
  let before = await listTakeBacks(host);
  // As many as wanted, and of both kinds.
  for (let turn = 0; ended.same + ended.done < WANTED || ended.same * ended.done === 0; turn += 1) {
    if (turn > WANTED * 5) throw new Error(`too many runs ended alike: ${JSON.stringify(ended)}`);
    const [args, word, known] = taken ? [UNDO, 'swapping back', back] : [TAKE, 'writing rows', quiet];
    // Before, about and right after the commit.
    const isWritten = async () => (await host.database.keptRows())[0]?.job !== before[0]?.job;
    const [when, most] = (
      [
        ['word', known.sinceMs],
        [isWritten, 40],
        ['start', known.ms * 1.1],
      ] as const
    )[turn % 3]!;
    const after = Math.floor(random() * most);
    const run = await killedArk(program, data.folder, args, word, { after, at: when });
    const moment = `seed ${SEED}, turn ${turn}, ${word}, ${after} ms`;
    if (!run.killed) expect({ moment, code: run.code }).toEqual({ moment, code: 0 });
    await free();
    const now = JSON.stringify(await digest(at.url));
    expect({ moment, known: now === changed || now === whole }).toEqual({ moment, known: true });
    const isTaken = now === whole;
    const kept = await listTakeBacks(host);
    const happened = isTaken !== taken;
    // A way back of the job that has written what is there now, in the place of the one that it has undone.
    expect({ moment, kept: kept.length }).toEqual({
      moment,
      kept: before.length + (happened && !taken ? 1 : 0),
    });
    expect({ moment, new: kept[0]?.job !== before[0]?.job }).toEqual({ moment, new: happened });
    ended[run.killed ? (happened ? 'done' : 'same') : 'unharmed'] += 1;
    [taken, before] = [isTaken, kept];
    await startClean(host);
    const [record] = (await host.jobs.list()).filter(({ kind }) => kind === 'takeBack' || kind === 'undo');
    expect({ moment, state: record?.state }).not.toEqual({ moment, state: 'running' });
    if (happened)
      expect({ moment, id: record?.id, state: record?.state }).toEqual({
        moment,
        id: kept[0]?.job,
        state: 'done',
      });
  }
  console.info(`taking back killed, seed ${SEED}, ${quiet.sinceMs} ms of writing: ${JSON.stringify(ended)}`);
}, 600_000);
