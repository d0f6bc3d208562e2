import { giveTicket, takeTicket, type Part } from '../../src/server/routes/tickets';
import { sealWith } from '../../src/server/secrets/seal';

const seal = sealWith('a key for tests only');
const app = { host: { seal, user: 'eve' }, dataFolder: '/data' };
const place = { name: 'a.ark', storage: 'local' };
const start = new Date('2026-01-01T00:00:00Z');
const later = (ms: number) => new Date(start.getTime() + ms);
const take = (ticket: string, part: Part = 'whole', at = start) => takeTicket(app, ticket, place, part, at);

it('is good for one whole download, and for the rest of one that broke', () => {
  const ticket = giveTicket(app, place, start);
  expect(take(ticket, 'rest')).toBe(false);
  expect(take(ticket, 'headers')).toBe(true);
  expect(take(ticket)).toBe(true);
  expect(take(ticket)).toBe(false);
  expect(take(ticket, 'rest', later(200_000))).toBe(true);
});

it('is good for five minutes', () => {
  const ticket = giveTicket(app, place, start);
  expect(take(ticket, 'whole', later(300_001))).toBe(false);
  expect(take(ticket, 'headers', later(300_001))).toBe(false);
  expect(take(ticket, 'whole', later(299_999))).toBe(true);
  expect(take(ticket, 'rest', later(300_001))).toBe(false);
});

it('is good for nothing else', () => {
  const ticket = giveTicket(app, place, start);
  const others = [
    [{ ...app, dataFolder: '/data/apps/other' }, place],
    [app, { ...place, name: 'b.ark' }],
    [app, { ...place, storage: 'cloud' }],
    [{ ...app, host: { seal: sealWith('another key, and a long one'), user: 'eve' } }, place],
  ] as const;
  for (const [where, what] of others) {
    for (const part of ['headers', 'whole', 'rest'] as const) {
      expect(takeTicket(where, ticket, what, part, start)).toBe(false);
    }
  }
  for (const forged of ['', 'x', seal.close('{}'), seal.close('x'), `${ticket.slice(0, -2)}AA`]) {
    expect(take(forged)).toBe(false);
  }
  expect(take(ticket)).toBe(true);
});
