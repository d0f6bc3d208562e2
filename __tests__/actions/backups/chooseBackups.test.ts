import { badgesOf } from '../../../src/server/actions/backups/badges';
import { BADGES } from '../../../src/server/api/badges';
import { chooseBackups, type Choice } from '../../../src/server/actions/backups/chooseBackups';
import english from '../../../src/locale/en-US.json';

/** Newest first, as the catalog has them. */
const all = [
  { name: 'e', createdAt: '2026-11-05T10:00:00.000Z', instance: 'shop', id: '5', badges: ['damaged'] },
  { name: 'd', createdAt: '2026-11-04T10:00:00.000Z', instance: 'shop', id: '4', badges: ['proven'] },
  { name: 'd copy', createdAt: '2026-11-04T10:00:00.000Z', instance: 'shop', id: '4', badges: ['ready'] },
  {
    name: 'c',
    createdAt: '2026-11-03T10:00:00.000Z',
    instance: 'crm',
    id: '3',
    badges: ['verified', 'encrypted'],
  },
  { name: 'b', createdAt: '2026-11-02T10:00:00.000Z', instance: 'shop', id: '2', badges: ['encrypted'] },
  { name: 'a', createdAt: '2026-11-01T10:00:00.000Z', badges: ['ready'] },
] as const;

const CHOICES: [what: string, choice: Choice, names: string][] = [
  ['nothing', {}, 'e,d,d copy,c,b,a'],
  ['an instance', { instance: 'crm' }, 'c'],
  ['an instance that is not there', { instance: 'SHOP' }, ''],
  ['a state', { states: ['encrypted'] }, 'c,b'],
  ['several states', { states: ['damaged', 'verified'] }, 'e,c'],
  ['what is good', { states: ['good'] }, 'd,d copy,c,b,a'],
  ['from a moment on, itself too', { since: new Date('2026-11-04T10:00:00.000Z') }, 'e,d,d copy'],
  ['up to a moment, itself too', { until: new Date('2026-11-02T10:00:00.000Z') }, 'b,a'],
  ['the newest of each, with its copies', { latest: 1, states: ['good'] }, 'd,d copy,c,a'],
  ['two of each', { latest: 2 }, 'e,d,d copy,c,a'],
  ['the newest of what fits besides', { latest: 1, instance: 'shop', until: new Date('2026-11-03') }, 'b'],
];
it.each(CHOICES)('a list narrowed by %s', (_, choice, names) => {
  expect(
    chooseBackups(all, choice)
      .map(({ name }) => name)
      .join(','),
  ).toBe(names);
});

it('every badge has its word, and every state of a backup one at least', () => {
  for (const badge of BADGES) expect(english).toHaveProperty([`state.${badge}`]);
  const seen = new Set<string>();
  for (const state of ['ok', 'locked', 'damaged'] as const)
    for (const verifiedAt of [undefined, '2026-11-01T10:00:00.000Z'])
      for (const rehearsedAt of [undefined, '2026-11-01T10:00:00.000Z'])
        for (const proof of ['database', 'staging'] as const)
          for (const encrypted of [false, true])
            for (const suddenlyPlain of [false, true])
              for (const maker of [{ kind: 'own' }, { kind: 'unknown' }] as const)
                for (const format of ['ark', 'nbdump', 'nbdata'] as const) {
                  const badges = badgesOf({
                    state,
                    encrypted,
                    suddenlyPlain,
                    format,
                    maker,
                    ...(verifiedAt !== undefined && { verifiedAt }),
                    ...(rehearsedAt !== undefined && { rehearsedAt, proof }),
                  });
                  expect(badges.length).toBeGreaterThan(0);
                  expect(badges.includes('damaged')).toBe(state === 'damaged');
                  // What is damaged is not sound, whatever was found once.
                  if (state === 'damaged') expect(badges).not.toContain('verified');
                  for (const badge of badges) seen.add(badge);
                }
  expect([...seen].sort()).toEqual([...BADGES].sort());
});
