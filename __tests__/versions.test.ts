import { compareVersions } from '../src/server/versions';

/** Oldest first. */
const ORDER = [
  '1.9.9',
  '2',
  '2.0.1-alpha',
  '2.0.1',
  '2.2.9',
  '2.2.10-beta.2',
  '2.2.10-beta.10',
  '2.2.10-rc',
  '2.2.10',
  '10.6.0',
  '10.11.19',
];

it('versions are compared by their numbers, and what comes before a version is older than it', () => {
  for (const [a, older] of ORDER.entries())
    for (const [b, other] of ORDER.entries())
      expect([older, other, Math.sign(compareVersions(older, other))]).toEqual([
        older,
        other,
        Math.sign(a - b),
      ]);
});
