import { DatabaseError } from 'pg';
import { ConnectionLost, databaseError } from '../../src/server/dumper/dialects/postgres/connection/failure';
import { connect, cut } from '../../src/server/dumper/dialects/postgres/connection/connection';
import { refused } from '../../src/server/errors/errors';
import { hostOf } from '../helpers/ark';
import { ownPlace } from '../helpers/place';

/** What the server says is told apart by its SQLSTATE, and never by a sentence, which may be in any language. */
const answer = (code: string, hint?: string): DatabaseError => {
  const error = new DatabaseError(
    'the connection was terminated, ended, closed: shared memory, ECONNRESET',
    0,
    'error',
  );
  error.code = code;
  error.hint = hint;
  return error;
};

const { data, database } = ownPlace();

it.each([
  ['57P01', 'DATABASE_LOST'],
  ['57P02', 'DATABASE_LOST'],
  ['57P03', 'DATABASE_LOST'],
  ['57P05', 'DATABASE_LOST'],
  ['25P03', 'DATABASE_LOST'],
  ['25P04', 'DATABASE_LOST'],
  ['08P01', 'VALUE_UNFIT'],
  ['22021', 'VALUE_UNFIT'],
  ['22P05', 'VALUE_UNFIT'],
  ['08006', 'DATABASE_REFUSED'],
  ['08001', 'DATABASE_REFUSED'],
  ['57014', 'DATABASE_REFUSED'],
  ['42P01', 'DATABASE_REFUSED'],
  ['53200', 'DATABASE_REFUSED'],
  ['53100', 'DATABASE_FULL'],
  ['55P03', 'TABLE_LOCKED'],
  ['40P01', 'TABLE_LOCKED'],
])('SQLSTATE %s is %s, whatever the sentence says', (code, expected) => {
  expect(databaseError(answer(code), 'testing').code).toBe(expected);
});

it('knows locks from other memory by the setting that the hint names', () => {
  expect(databaseError(answer('53200', 'Erhöhen Sie max_locks_per_transaction.'), 'testing').code).toBe(
    'TOO_MANY_LOCKS',
  );
});

it('keeps what is no answer of the server apart from a lost connection', () => {
  expect(databaseError(new ConnectionLost('x'), 'testing').code).toBe('DATABASE_LOST');
  expect(databaseError(new TypeError('the connection was closed'), 'testing').code).toBe('INTERNAL');
  expect(databaseError(new Error('terminated'), 'testing').code).toBe('INTERNAL');
  const own = refused('job-running', {});
  expect(databaseError(own, 'testing')).toBe(own);
});

it('tells every query of a broken connection that it is lost, and none of a sound one', async () => {
  const at = await database();
  const settings = {
    connection: { connectionString: at.url },
    label: at.name,
    schema: 'public',
    patienceMs: 1000,
  };
  const client = await connect(settings, 'look');
  await expect(client.query('SELECT nonsense')).rejects.not.toBeInstanceOf(ConnectionLost);
  await expect(client.query("SELECT 'a\0b'")).rejects.toMatchObject({ code: '08P01' });
  const running = client.query('SELECT pg_sleep(60)');
  cut(client);
  await expect(running).rejects.toBeInstanceOf(ConnectionLost);
  await expect(client.query('SELECT 1')).rejects.toBeInstanceOf(ConnectionLost);
  await client.end().catch(() => undefined);
});

it.each(['a\0b', 'a\nb', '\u{1F4A3}', "'; --"])(
  'an undo named %j is unknown, and nothing else',
  async (name) => {
    const at = await database();
    const lock = await hostOf(at.url, data.folder).database.lock('20260101_000000_aaaaaa');
    try {
      await expect(lock.dropUndo(name)).rejects.toMatchObject({ code: 'UNDO_UNKNOWN' });
    } finally {
      await lock.release();
    }
  },
);
