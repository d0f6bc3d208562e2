import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { z } from 'zod';
import { Manifest } from '../../src/server/dumper/archive/manifest';
import { OldManifest, upgraded } from '../../src/server/dumper/archive/oldManifest';
import { Misshapen, parsing, shaping } from '../../src/server/json';
import { inTurns, type Steps } from '../../src/server/turns';
import { zipEntries } from '../helpers/zipEntries';

/** JSON in pieces is the same JSON, and others have their turn between any two pieces. */
function run<T>(steps: Steps<T>): { readonly value: T; readonly steps: number } {
  for (let count = 1; ; count += 1) {
    const step = steps.next();
    if (step.done) return { value: step.value, steps: count };
  }
}
const outcome = (work: () => unknown): unknown => {
  try {
    return work();
  } catch {
    return 'refused';
  }
};
const inPieces = (text: string, piece: number) => run(parsing(Buffer.from(text), undefined, piece)).value;

it('whatever the pieces, it is what JSON.parse makes of it', () => {
  fc.assert(
    fc.property(
      fc.json({ maxDepth: 5 }),
      fc.constantFrom(undefined, 1, '\t'),
      fc.integer({ min: 4, max: 200 }),
      (json, indent, piece) => {
        const text = JSON.stringify(JSON.parse(json), undefined, indent);
        expect(inPieces(text, piece)).toStrictEqual(JSON.parse(text));
      },
    ),
    { numRuns: 2000 },
  );
});

it('and where JSON.parse refuses it, it is refused', () => {
  fc.assert(
    fc.property(
      fc.json({ maxDepth: 3 }),
      fc.nat(),
      fc.constantFrom('', ',', '"', '[', ']', '{', '}', ':', '\\', 'x', '1', ' '),
      fc.integer({ min: 4, max: 60 }),
      (json, where, other, piece) => {
        const at = where % (json.length + 1);
        const text = `${json.slice(0, at)}${other}${json.slice(at + 1)}`;
        const whole = outcome(() => JSON.parse(text));
        const parts = outcome(() => inPieces(text, piece));
        expect([text, parts]).toStrictEqual([text, whole]);
      },
    ),
    { numRuns: 5000 },
  );
});

it('names that mean something to JavaScript are names', () => {
  const text = `{"__proto__": {"a": [1, 2]}, "constructor": [${'1,'.repeat(100)}1]}`;
  const found = inPieces(text, 16) as Record<string, unknown>;
  expect(Object.keys(found)).toEqual(['__proto__', 'constructor']);
  expect(Object.getPrototypeOf(found)).toBe(Object.prototype);
  expect(JSON.stringify(found)).toBe(JSON.stringify(JSON.parse(text)));
});

it('a step is a piece at most', () => {
  const chunk = { entry: 'data/notes/00001.csv.gz', rows: 1, bytes: 1, size: 1, sha256: '0'.repeat(64) };
  const text = Buffer.from(JSON.stringify({ chunks: Array.from({ length: 20_000 }, () => chunk) }));
  expect(run(parsing(text)).steps).toBeGreaterThan(text.length / (64 * 1024));
  const shape = z.object({ chunks: z.array(z.record(z.string(), z.unknown())) });
  expect(run(shaping(shape, JSON.parse(text.toString()))).steps).toBeGreaterThan((20_000 * 6) / 1000);
});

describe('a shape in parts', () => {
  let manifest: Record<string, unknown>;
  beforeAll(async () => {
    const demo = readFileSync(join(__dirname, '..', '..', 'assets', 'demo.ark'));
    const written: unknown = JSON.parse(String((await zipEntries(demo))['ark.json']));
    // The demo's is of an older format, as many archives are.
    manifest = JSON.parse(JSON.stringify(upgraded(OldManifest.parse(written)))) as Record<string, unknown>;
  });

  it('makes of a manifest what zod makes of it', () => {
    expect(run(shaping(Manifest, manifest)).value).toStrictEqual(Manifest.parse(manifest));
  });

  it('refuses what zod refuses, at the same place', () => {
    const places: [Record<string, unknown>, string][] = [];
    const walk = (one: unknown): void => {
      if (typeof one !== 'object' || one === null) return;
      for (const key of Object.keys(one)) {
        places.push([one as Record<string, unknown>, key]);
        walk((one as Record<string, unknown>)[key]);
      }
    };
    walk(manifest);
    // Prime, so that all kinds of places come.
    for (let i = 0; i < places.length; i += 997) {
      const [held, key] = places[i] ?? [{}, ''];
      const old = held[key];
      for (const odd of [null, 1.5, {}, []]) {
        held[key] = odd;
        const [issue] = Manifest.safeParse(manifest).error?.issues ?? [];
        const found = outcome(() => run(shaping(Manifest, manifest)).value);
        expect([i, odd, found === 'refused']).toEqual([i, odd, issue !== undefined]);
        if (issue)
          expect(() => run(shaping(Manifest, manifest))).toThrow(new Misshapen(issue.path, issue.message));
      }
      held[key] = old;
    }
  });
});

it('many short works after each other are a long one: others have their turn', async () => {
  let turns = 0;
  const other = setInterval(() => (turns += 1), 1);
  function* short(): Steps<void> {
    for (const until = performance.now() + 5; performance.now() < until;);
    yield;
  }
  for (let i = 0; i < 40; i += 1) await inTurns(short());
  clearInterval(other);
  expect(turns).toBeGreaterThan(3);
});
