import { byInstance } from '../../../src/server/actions/backups/instances';

type Backup = Parameters<typeof byInstance>[0][number];
const NOW = new Date('2026-11-29T12:00:00.000Z');
const hoursAgo = (hours: number) => new Date(NOW.getTime() - hours * 3_600_000).toISOString();

const TRUSTED = { kind: 'trusted', fingerprint: 't', name: 'shop' } as const;
const STRANGER = { kind: 'stranger', fingerprint: 's' } as const;
const backup = (hours: number, more: Partial<Backup> = {}): Backup => ({
  name: `${hours}.ark`,
  storage: 'local',
  size: 10,
  createdAt: hoursAgo(hours),
  instance: 'shop',
  state: 'ok',
  maker: STRANGER,
  encrypted: false,
  ...more,
});
const only = (...all: Backup[]) => byInstance(all, NOW)[0]!;

it('each instance has its newest good backup, with its age in seconds and where copies are', () => {
  const states = byInstance(
    [
      backup(5),
      backup(2),
      backup(2, { storage: 'off-site' }),
      backup(3, { instance: 'crm' }),
      backup(1, { instance: undefined, state: 'locked', encrypted: true }),
    ],
    NOW,
  );
  expect(states.map(({ instance }) => instance)).toEqual(['crm', 'shop', undefined]);
  expect(states[1]).toEqual({
    instance: 'shop',
    lastGood: {
      key: '2.ark',
      createdAt: hoursAgo(2),
      size: 10,
      storages: ['local', 'off-site'],
      badges: ['ready'],
      proof: 0,
    },
    age: 7200,
    backups: 3,
    bytes: 30,
    storages: ['local', 'off-site'],
    problems: [],
  });
});

it.each([
  [{}, 0],
  [{ verifiedAt: hoursAgo(1) }, 1],
  [{ verifiedAt: hoursAgo(1), rehearsedAt: hoursAgo(1), proof: 'staging' }, 2],
  [{ rehearsedAt: hoursAgo(1), proof: 'database' }, 3],
] as const)('proof of %j is %d', (more, proof) => {
  expect(only(backup(1, more)).lastGood?.proof).toBe(proof);
});

describe('what a backup says of itself makes nothing fresh', () => {
  it('one by a stranger does not count beside those of whoever is known', () => {
    const state = only(backup(1), backup(50, { maker: TRUSTED }), backup(40, { maker: { kind: 'own' } }));
    expect(state).toMatchObject({ lastGood: { key: '40.ark' }, problems: ['stranger'] });
    expect(only(backup(1, { maker: { kind: 'unknown' } }), backup(50))).toMatchObject({
      lastGood: { key: '50.ark' },
      problems: ['stranger'],
    });
  });

  it('where nobody is known the newest counts', () => {
    expect(only(backup(1), backup(2))).toMatchObject({ lastGood: { key: '1.ark' }, problems: [] });
  });

  it('one of the future does not count, however it is signed; a clock that is a little ahead is none', () => {
    expect(only(backup(-1, { maker: TRUSTED }), backup(30))).toMatchObject({
      lastGood: { key: '30.ark' },
      problems: ['future'],
    });
    expect(only(backup(-0.05))).toMatchObject({ age: 0, problems: [] });
  });

  it('a damaged one is told of while it is the newest', () => {
    const damaged = { state: 'damaged', maker: { kind: 'unknown' } } as const;
    expect(only(backup(1, damaged), backup(2))).toMatchObject({
      lastGood: { key: '2.ark' },
      problems: ['damaged'],
    });
    expect(only(backup(3, damaged), backup(2)).problems).toEqual([]);
    const none = only(backup(1, damaged));
    expect(none.problems).toEqual(['damaged', 'none']);
    expect(none).not.toHaveProperty('age');
  });
});

describe('a name is no identity', () => {
  const of = (number: string) => ({ origin: { instance: number } });

  it('two apps of one name are two, however fresh the other is', () => {
    const states = byInstance([backup(1, of('a')), backup(90, of('b')), backup(2, of('a'))], NOW);
    expect(states.map(({ instance, id, age, backups }) => [instance, id, age, backups])).toEqual([
      ['shop', 'a', 3600, 2],
      ['shop', 'b', 90 * 3600, 1],
    ]);
  });

  it('backups of before there were numbers are those of the only app of the name, or of nobody', () => {
    expect(byInstance([backup(1, of('a')), backup(300)], NOW)).toMatchObject([{ id: 'a', backups: 2 }]);
    const three = byInstance([backup(1, of('a')), backup(2, of('b')), backup(300)], NOW);
    expect(three.map(({ id, backups }) => [id, backups])).toEqual([
      ['a', 1],
      ['b', 1],
      [undefined, 1],
    ]);
  });
});

describe('the next backup', () => {
  const due = (hours: number) => ({ origin: { instance: 'a', schedule: 'nightly', next: hoursAgo(hours) } });

  it('is what the last one by schedule says, and is late when it is not there an hour after it was due', () => {
    expect(
      only(backup(3, { origin: { instance: 'a' } }), backup(20, due(-4)), backup(44, due(20))),
    ).toMatchObject({
      next: hoursAgo(-4),
      problems: [],
    });
    expect(only(backup(25, due(0.9)))).toMatchObject({ problems: [] });
    // One that was made by hand since then does not make the schedule run again.
    expect(only(backup(3, { origin: { instance: 'a' } }), backup(25, due(1.1)))).toMatchObject({
      lastGood: { key: '3.ark' },
      next: hoursAgo(1.1),
      problems: ['late'],
    });
  });

  it('is believed of nobody who is not known, where somebody is', () => {
    const state = only(
      backup(1, { ...due(-500), maker: STRANGER }),
      backup(30, { ...due(6), maker: TRUSTED }),
    );
    expect(state).toMatchObject({ next: hoursAgo(6), problems: ['stranger', 'late'] });
  });
});
