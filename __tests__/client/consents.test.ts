import type { Preview } from '../../src/client/api/api';
import { asksConsent, isUnanswered } from '../../src/client/restore/consents';
import { WARNINGS } from '../../src/server/dumper/app/warning';

const KINDS = [...new Set(Object.values(WARNINGS).map(({ kind }) => kind))];
const previewOf = (...kinds: typeof KINDS) =>
  ({ warnings: kinds.map((kind) => ({ kind })) }) as unknown as Preview;

it('what a restore is refused for is asked about, and nothing else', () => {
  expect(KINDS.filter((kind) => asksConsent(kind) !== undefined).sort()).toEqual(['breaks', 'changes']);
});

it.each(KINDS)('a preview that warns of %s waits for its answer, and for no other', (kind) => {
  const asks = asksConsent(kind) !== undefined;
  expect(isUnanswered(previewOf(kind), new Set())).toBe(asks);
  const others = (['breaks', 'changes'] as const).filter((other) => other !== kind);
  expect(isUnanswered(previewOf(kind), new Set(others))).toBe(asks);
  expect(isUnanswered(previewOf(kind), new Set(['breaks', 'changes'] as const))).toBe(false);
});

it('each is asked by itself', () => {
  expect(isUnanswered(previewOf('breaks', 'changes'), new Set(['breaks'] as const))).toBe(true);
  expect(isUnanswered(previewOf(), new Set())).toBe(false);
});
