import { createHash } from 'node:crypto';
import type { Bytes } from '../../src/server/bytes';
import type { ErrorCode } from '../../src/server/errors/errors';
import { BackupError } from '../../src/server/errors/errors';
import type { Storage, StoredObject } from '../../src/server/storage/storage';

/** A storage of its own for one run of the suite, empty at the start. */
export interface StorageUnderTest {
  readonly storage: Storage;
  /** A second door to the same place, as another process has; default: the same object. */
  readonly other?: Storage;
  /** Everything that lies in the place, unfinished things too: nothing may be left behind. */
  leftovers?(): Promise<string[]>;
  /** Puts small objects there, faster than by `put`. */
  seed?(keys: readonly string[]): Promise<void>;
  /** Puts an object of zeros there that takes no space. */
  sparse?(key: string, size: number): Promise<void>;
  /** The storage is out of reach from now on, or again within reach. */
  reachable?(yes: boolean): void;
  close(): Promise<void>;
}

export interface SuiteOptions {
  /** Names of tests that cannot hold here, each with its reason, which shows in the report. */
  readonly skip?: Readonly<Record<string, string>>;
}

export const HUGE = '5 GiB and a little: its size, and ranges far into it';
export const MIDDLE =
  'in the middle of a put: an error that says so, nothing left, and all is well afterwards';

export async function* bytesOf(...pieces: (string | Uint8Array)[]): Bytes {
  for (const piece of pieces) {
    await Promise.resolve();
    yield typeof piece === 'string' ? Buffer.from(piece) : piece;
  }
}

export async function readAll(body: Bytes): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

/** The code it fails with; `done` if it does not. */
export async function codeOf(work: Promise<unknown>): Promise<ErrorCode | 'done' | 'unforeseen'> {
  try {
    await work;
    return 'done';
  } catch (error) {
    return error instanceof BackupError ? error.code : 'unforeseen';
  }
}

/** A body that waits half way until it is told how to go on. */
export function gated(first: string, rest: string) {
  let reached: () => void = () => undefined;
  let go: (failure?: Error) => void = () => undefined;
  const halfWay = new Promise<void>((resolve) => (reached = resolve));
  const gate = new Promise<void>((resolve, reject) => {
    go = (failure) => {
      if (failure) reject(failure);
      else resolve();
    };
  });
  gate.catch(() => undefined);
  async function* body(): Bytes {
    yield Buffer.from(first);
    reached();
    await gate;
    yield Buffer.from(rest);
  }
  return { body: body(), halfWay, go: (failure?: Error) => go(failure) };
}

/** Bytes that look random and are the same each time, in pieces of uneven sizes. */
export async function* pseudoRandom(size: number): Bytes {
  let state = 0x9e3779b9;
  let left = size;
  for (let n = 0; left > 0; n += 1) {
    const piece = Buffer.alloc(Math.min(left, 65_536 + (n % 7) * 10_007));
    for (let at = 0; at + 4 <= piece.length; at += 4) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      piece.writeInt32LE(state | 0, at);
    }
    left -= piece.length;
    await Promise.resolve();
    yield piece;
  }
}

const objectOf = ({ key, size, modifiedAt }: StoredObject): StoredObject => ({ key, size, modifiedAt });

async function digestOf(body: Bytes): Promise<{ size: number; sha256: string }> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const piece of body) {
    hash.update(piece);
    size += piece.length;
  }
  return { size, sha256: hash.digest('hex') };
}

/** Rejects if it takes longer, so that a hang fails with a reason and not by the clock of the whole run. */
export async function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${ms} ms`)), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/**
 * Names as they come. `refused`: not the name of one file, so NAME_INVALID on every storage. The others may be
 * refused as well, where a place cannot keep them, but what is taken must come back under exactly that name.
 */
export const HOSTILE_NAMES: readonly (readonly [
  what: string,
  key: string,
  must: 'be refused' | 'be exact',
])[] = [
  ['nothing', '', 'be refused'],
  ['a dot', '.', 'be refused'],
  ['two dots', '..', 'be refused'],
  ['out of the folder', '../evil.ark', 'be refused'],
  ['out of the folder, further in', 'a/../../evil.ark', 'be refused'],
  ['out of the folder, the other slash', '..\\evil.ark', 'be refused'],
  ['absolute', '/tmp/evil.ark', 'be refused'],
  ['a drive', 'C:evil.ark', 'be refused'],
  ['a folder', 'a/b.ark', 'be refused'],
  ['a slash at the end', 'a.ark/', 'be refused'],
  ['NUL', 'a\0b.ark', 'be refused'],
  ['a line break', 'a\nb.ark', 'be refused'],
  ['an escape', 'a\u001b[31m.ark', 'be refused'],
  ['a leading dot', '.hidden.ark', 'be refused'],
  ['half a character', '\ud800.ark', 'be refused'],
  ['255 bytes', `${'n'.repeat(251)}.ark`, 'be exact'],
  ['256 bytes', `${'n'.repeat(252)}.ark`, 'be exact'],
  ['5,000 bytes', `${'n'.repeat(5000)}.ark`, 'be exact'],
  ['200 bytes', `${'n'.repeat(196)}.ark`, 'be exact'],
  ['200 bytes of unicode', `${'ü'.repeat(98)}.ark`, 'be exact'],
  ['spaces', ' a  b .ark', 'be exact'],
  ['quotes', `it's "quoted" \`so\`.ark`, 'be exact'],
  ['a single quote', "o'clock.ark", 'be exact'],
  ['per cent', '100%.ark', 'be exact'],
  ['an escaped slash', 'a%2Fb.ark', 'be exact'],
  ['an escaped dot', '%2e%2e.ark', 'be exact'],
  ['a hash', 'a#b.ark', 'be exact'],
  ['a question mark', 'a?b.ark', 'be exact'],
  ['a query', 'a?versionId=1&x=2.ark', 'be exact'],
  ['an ampersand and a plus', 'a&b+c=d.ark', 'be exact'],
  ['XML', '<Key>a</Key>.ark', 'be exact'],
  ['entities', '&lt;&amp;.ark', 'be exact'],
  ['brackets', 'a[1]{2}(3).ark', 'be exact'],
  ['a shell', '$(rm -rf ~);`id`.ark', 'be exact'],
  ['an option', '--output=x.ark', 'be exact'],
  ['accents, composed', 'caf\u00e9.ark', 'be exact'],
  ['accents, decomposed', 'cafe\u0301.ark', 'be exact'],
  ['Chinese', '备份-订单.ark', 'be exact'],
  ['right to left', 'נסיון.ark', 'be exact'],
  ['emoji', '👩‍👩‍👧‍👦.ark', 'be exact'],
  ['a soft hyphen and a zero-width space', 'a\u00adb\u200bc.ark', 'be exact'],
  ['a non-character', 'a\ufffdb.ark', 'be exact'],
  ['a trailing dot', 'a.ark.', 'be exact'],
  ['a trailing space', 'a.ark ', 'be exact'],
  ['a device of Windows', 'CON.ark', 'be exact'],
  ['no ending', 'backup', 'be exact'],
  ['upper case', 'UPPER.ARK', 'be exact'],
  ['the name of an unfinished file', 'x.ark.part.ark', 'be exact'],
  ['a property of every object', '__proto__.ark', 'be exact'],
  ['digits', '0.ark', 'be exact'],
];

/** The guarantees of storage.ts, for any storage and any wrapper around one. */
export function storageSuite(
  name: string,
  make: () => Promise<StorageUnderTest>,
  options: SuiteOptions = {},
): void {
  describe(`storage: ${name}`, () => {
    let place: StorageUnderTest;
    let storage: Storage;
    let other: Storage;
    beforeEach(async () => {
      place = await make();
      storage = place.storage;
      other = place.other ?? place.storage;
    });
    afterEach(() => place.close());

    const test = (what: string, work: () => Promise<void>): void => {
      const reason = options.skip?.[what];
      if (reason === undefined) it(what, work);
      else it.skip(`${what} (skipped: ${reason})`, work);
    };
    const keys = async (): Promise<string[]> => (await other.list()).map((object) => object.key).sort();
    const nothingLeft = async (...but: string[]): Promise<void> => {
      expect(await keys()).toEqual([...but].sort());
      if (place.leftovers) expect((await place.leftovers()).sort()).toEqual([...but].sort());
    };
    const absent = async (key: string): Promise<void> => {
      expect(await codeOf(other.stat(key))).toBe('BACKUP_UNKNOWN');
      expect(await codeOf(readAll(other.get(key)))).toBe('BACKUP_UNKNOWN');
      expect(await keys()).not.toContain(key);
    };

    describe('read after write', () => {
      test('what was put is got, listed and known', async () => {
        const before = Date.now();
        const put = await storage.put('a.ark', bytesOf('hello ', new Uint8Array(0), 'world'));
        const stored = objectOf(put);
        expect(put).toMatchObject({ key: 'a.ark', size: 11 });
        expect((await readAll(other.get('a.ark'))).toString()).toBe('hello world');
        expect(await other.stat('a.ark')).toEqual(stored);
        expect(await other.list()).toEqual([stored]);
        // Clocks of servers differ, but not by a day.
        expect(Math.abs(stored.modifiedAt.getTime() - before)).toBeLessThan(24 * 60 * 60 * 1000);
        await nothingLeft('a.ark');
      });

      test('0 bytes', async () => {
        expect((await storage.put('empty.ark', bytesOf())).size).toBe(0);
        expect(await readAll(other.get('empty.ark'))).toHaveLength(0);
        expect(await readAll(other.get('empty.ark', { start: 0, end: 1 }))).toHaveLength(0);
        expect((await other.stat('empty.ark')).size).toBe(0);
        expect(await keys()).toEqual(['empty.ark']);
      });

      test('32 MiB, by digest', async () => {
        const size = 32 * 1024 * 1024;
        const sent = await digestOf(pseudoRandom(size));
        expect(sent.size).toBe(size);
        expect((await storage.put('large.ark', pseudoRandom(size))).size).toBe(size);
        expect(await digestOf(other.get('large.ark'))).toEqual(sent);
      });

      test('many small pieces', async () => {
        const pieces = Array.from({ length: 5000 }, (_, i) => `${i};`);
        await storage.put('pieces.ark', bytesOf(...pieces));
        expect((await readAll(other.get('pieces.ark'))).toString()).toBe(pieces.join(''));
      });

      test('the body is asked for one piece at a time', async () => {
        let made = 0;
        let most = 0;
        let taken = 0;
        async function* body(): Bytes {
          for (let i = 0; i < 64; i += 1) {
            made += 1;
            most = Math.max(most, made - taken);
            yield Buffer.alloc(1 << 20, i);
            taken += 1;
            await Promise.resolve();
          }
        }
        await storage.put('slow.ark', body());
        expect(most).toBe(1);
      });
    });

    describe('ranges', () => {
      test('every border', async () => {
        const whole = Buffer.from('0123456789');
        await storage.put('r.ark', bytesOf(whole));
        for (let start = 0; start <= 12; start += 1) {
          for (let end = 0; end <= 13; end += 1) {
            const found = (await readAll(other.get('r.ark', { start, end }))).toString();
            expect([start, end, found]).toEqual([
              start,
              end,
              whole.subarray(start, Math.max(start, end)).toString(),
            ]);
          }
        }
      });

      test('across the pieces it was written in, and far into a large one', async () => {
        const size = 3 * 1024 * 1024 + 17;
        const whole = await readAll(pseudoRandom(size));
        await storage.put('l.ark', bytesOf(whole.subarray(0, 1_000_000), whole.subarray(1_000_000)));
        for (const [start, end] of [
          [999_999, 1_000_001],
          [0, 1],
          [size - 1, size],
          [size - 1, size + 1000],
          [1 << 20, (1 << 20) + 1],
          [(1 << 20) - 1, (2 << 20) + 1],
          [0, size],
        ] as const) {
          const found = await readAll(other.get('l.ark', { start, end }));
          expect(found.equals(whole.subarray(start, end))).toBe(true);
        }
      });

      test('several at once', async () => {
        await storage.put('m.ark', bytesOf('abcdefghijklmnopqrstuvwxyz'));
        const found = await Promise.all(
          Array.from({ length: 26 }, (_, i) => readAll(other.get('m.ark', { start: i, end: i + 1 }))),
        );
        expect(Buffer.concat(found).toString()).toBe('abcdefghijklmnopqrstuvwxyz');
      });

      test('a reader that stops early', async () => {
        await storage.put('big.ark', pseudoRandom(8 * 1024 * 1024));
        for await (const piece of other.get('big.ark')) {
          expect(piece.length).toBeGreaterThan(0);
          break;
        }
        await storage.remove('big.ark');
        await absent('big.ark');
      });
    });

    describe('whole or not at all', () => {
      test('while it is put nobody sees it', async () => {
        const { body, halfWay, go } = gated('first half, ', 'second half');
        const putting = storage.put('a.ark', body);
        await halfWay;
        await absent('a.ark');
        go();
        await putting;
        expect((await readAll(other.get('a.ark'))).toString()).toBe('first half, second half');
        await nothingLeft('a.ark');
      });

      test('a body that fails at once, half way or at its end leaves nothing', async () => {
        const failing = async function* (after: number): Bytes {
          for (let i = 0; i < after; i += 1) yield Buffer.alloc(100_000, i);
          await Promise.resolve();
          throw new Error('the body broke');
        };
        for (const after of [0, 1, 2, 80]) {
          await expect(storage.put('broken.ark', failing(after))).rejects.toThrow('the body broke');
          await absent('broken.ark');
          await nothingLeft();
        }
        await storage.put('broken.ark', bytesOf('whole'));
        expect((await readAll(other.get('broken.ark'))).toString()).toBe('whole');
      });

      test('a body that fails leaves an older object untouched', async () => {
        const older = objectOf(await storage.put('a.ark', bytesOf('the older one')));
        const { body, go } = gated('new', 'er');
        const putting = codeOf(storage.put('a.ark', body));
        go(new Error('broke'));
        expect(await putting).not.toBe('done');
        expect((await readAll(other.get('a.ark'))).toString()).toBe('the older one');
        expect(await other.stat('a.ark')).toEqual(older);
        await nothingLeft('a.ark');
      });

      test('aborted before, while and after the body comes', async () => {
        await expect(storage.put('a.ark', bytesOf('x'), AbortSignal.abort())).rejects.toThrow();
        await absent('a.ark');
        const half = gated('x', 'y');
        const abort = new AbortController();
        const putting = codeOf(storage.put('b.ark', half.body, abort.signal));
        await half.halfWay;
        abort.abort();
        half.go();
        expect(await putting).not.toBe('done');
        await absent('b.ark');
        await nothingLeft();
        const late = new AbortController();
        await storage.put('c.ark', bytesOf('z'), late.signal);
        late.abort();
        expect((await readAll(other.get('c.ark'))).toString()).toBe('z');
        await nothingLeft('c.ark');
      });

      test('aborted while the body stalls', async () => {
        const { body, halfWay } = gated('x', 'never comes');
        const abort = new AbortController();
        const putting = codeOf(storage.put('stalled.ark', body, abort.signal));
        await halfWay;
        abort.abort();
        expect(await within(5000, 'the abort of a put whose body stalls', putting)).not.toBe('done');
        await absent('stalled.ark');
        await nothingLeft();
      });

      test('a get that is aborted ends with an error, not as if that were all', async () => {
        await storage.put('g.ark', pseudoRandom(8 * 1024 * 1024));
        const abort = new AbortController();
        const reading = (async () => {
          let size = 0;
          for await (const piece of other.get('g.ark', undefined, abort.signal)) {
            size += piece.length;
            abort.abort();
          }
          return size;
        })();
        await expect(within(5000, 'the abort of a get', reading)).rejects.toThrow(/abort/i);
      });
    });

    describe('no overwriting', () => {
      test('a key that exists is refused, its object untouched', async () => {
        const first = objectOf(await storage.put('a.ark', bytesOf('one')));
        expect(await codeOf(storage.put('a.ark', bytesOf('another')))).toBe('BACKUP_EXISTS');
        expect(await codeOf(other.put('a.ark', bytesOf()))).toBe('BACKUP_EXISTS');
        expect((await readAll(other.get('a.ark'))).toString()).toBe('one');
        expect(await other.stat('a.ark')).toEqual(first);
        await nothingLeft('a.ark');
      });

      test('a key that comes to exist meanwhile is refused', async () => {
        const { body, halfWay, go } = gated('slow', ' one');
        const putting = codeOf(storage.put('a.ark', body));
        await halfWay;
        await other.put('a.ark', bytesOf('quick'));
        go();
        expect(await putting).toBe('BACKUP_EXISTS');
        expect((await readAll(other.get('a.ark'))).toString()).toBe('quick');
        await nothingLeft('a.ark');
      });

      test('of many at once for one key exactly one wins, whole', async () => {
        const outcomes = await Promise.all(
          Array.from({ length: 12 }, async (_, i) => {
            const text = String.fromCharCode(97 + i).repeat(200_000);
            const by = i % 2 === 0 ? storage : other;
            const half = text.length / 2;
            return [
              text,
              await codeOf(by.put('one.ark', bytesOf(text.slice(0, half), text.slice(half)))),
            ] as const;
          }),
        );
        const winners = outcomes.filter(([, code]) => code === 'done');
        expect(winners).toHaveLength(1);
        expect(outcomes.filter(([, code]) => code === 'BACKUP_EXISTS')).toHaveLength(11);
        expect((await readAll(other.get('one.ark'))).toString()).toBe(winners[0]?.[0]);
        await nothingLeft('one.ark');
      });
    });

    describe('many', () => {
      test('of different keys at once', async () => {
        const names = Array.from({ length: 24 }, (_, i) => `n-${i}.ark`);
        await Promise.all(names.map((key) => storage.put(key, bytesOf(key, '-', 'x'.repeat(50_000)))));
        const found = await Promise.all(names.map(async (key) => (await readAll(other.get(key))).toString()));
        expect(found).toEqual(names.map((key) => `${key}-${'x'.repeat(50_000)}`));
        await nothingLeft(...names);
      });

      test('60 are listed, newest first', async () => {
        const names = Array.from(
          { length: 60 },
          (_, i) => `b-${String((i * 7919) % 60).padStart(3, '0')}.ark`,
        );
        for (let at = 0; at < names.length; at += 10)
          await Promise.all(names.slice(at, at + 10).map((key) => storage.put(key, bytesOf(key))));
        const listed = await other.list();
        expect(listed.map((object) => object.key).sort()).toEqual([...names].sort());
        const times = listed.map((object) => object.modifiedAt.getTime());
        expect(times).toEqual([...times].sort((a, b) => b - a));
        expect(listed.every((object) => object.size === Buffer.byteLength(object.key))).toBe(true);
      });

      test('3,000 are listed', async () => {
        const names = Array.from({ length: 3000 }, (_, i) => `many-${String(i).padStart(4, '0')}.ark`);
        if (place.seed) await place.seed(names);
        else {
          for (let at = 0; at < names.length; at += 50)
            await Promise.all(names.slice(at, at + 50).map((key) => storage.put(key, bytesOf('x'))));
        }
        expect(await keys()).toEqual(names);
        await storage.remove('many-1500.ark');
        expect(await keys()).toEqual(names.filter((name) => name !== 'many-1500.ark'));
      });

      test(HUGE, async () => {
        const size = 5 * 1024 ** 3 + 17;
        await place.sparse!('huge.ark', size);
        expect((await other.stat('huge.ark')).size).toBe(size);
        expect((await other.list()).map((object) => [object.key, object.size])).toEqual([['huge.ark', size]]);
        for (const start of [0, 2 ** 31 - 3, 2 ** 32 - 3, 4 * 1024 ** 3 + 5, size - 7]) {
          const found = await readAll(other.get('huge.ark', { start, end: start + 7 }));
          expect([start, found.length, found.every((one) => one === 0)]).toEqual([start, 7, true]);
        }
        expect(await readAll(other.get('huge.ark', { start: size, end: size + 7 }))).toHaveLength(0);
        await storage.remove('huge.ark');
        await nothingLeft();
      });

      test('nothing is listed at the start', async () => {
        expect(await other.list()).toEqual([]);
        expect(await storage.clean()).toBe(0);
        await absent('a.ark');
      });
    });

    describe('out of reach', () => {
      test(MIDDLE, async () => {
        await storage.put('good.ark', bytesOf('good'));
        const { body, halfWay, go } = gated('first', 'second');
        const putting = codeOf(storage.put('a.ark', body));
        await halfWay;
        place.reachable!(false);
        go();
        expect(await within(60_000, 'a put without a storage', putting)).toBe('STORAGE_UNAVAILABLE');
        expect(await codeOf(storage.list())).toBe('STORAGE_UNAVAILABLE');
        expect(await codeOf(storage.stat('good.ark'))).toBe('STORAGE_UNAVAILABLE');
        expect(await codeOf(readAll(storage.get('good.ark')))).toBe('STORAGE_UNAVAILABLE');
        expect(await codeOf(storage.remove('good.ark'))).toBe('STORAGE_UNAVAILABLE');
        place.reachable!(true);
        await nothingLeft('good.ark');
        await storage.put('a.ark', bytesOf('now'));
        expect((await readAll(storage.get('a.ark'))).toString()).toBe('now');
      });
    });

    describe('remove', () => {
      test('once, twice, and what never was', async () => {
        await storage.put('a.ark', bytesOf('x'));
        await storage.put('b.ark', bytesOf('y'));
        await storage.remove('a.ark');
        await absent('a.ark');
        await storage.remove('a.ark');
        await storage.remove('never-was.ark');
        expect(await keys()).toEqual(['b.ark']);
        await storage.put('a.ark', bytesOf('a new one'));
        expect((await readAll(other.get('a.ark'))).toString()).toBe('a new one');
      });

      test('by two at once', async () => {
        await storage.put('a.ark', bytesOf('x'));
        await Promise.all([storage.remove('a.ark'), other.remove('a.ark'), storage.remove('a.ark')]);
        await absent('a.ark');
        await nothingLeft();
      });
    });

    describe('names', () => {
      for (const [what, key, must] of HOSTILE_NAMES) {
        test(`${what}: ${JSON.stringify(key.length > 40 ? `${key.slice(0, 20)}…` : key)}`, async () => {
          const put = await codeOf(storage.put(key, bytesOf('content')));
          if (must === 'be refused') expect(put).toBe('NAME_INVALID');
          else expect(['done', 'NAME_INVALID']).toContain(put);
          if (put === 'done') {
            expect((await readAll(other.get(key))).toString()).toBe('content');
            expect((await other.stat(key)).key).toBe(key);
            await nothingLeft(key);
            await storage.remove(key);
            await absent(key);
          } else {
            expect(await codeOf(storage.stat(key))).toBe('NAME_INVALID');
            expect(await codeOf(readAll(storage.get(key)))).toBe('NAME_INVALID');
            expect(await codeOf(storage.remove(key))).toBe('NAME_INVALID');
          }
          await nothingLeft();
        });
      }

      test('names that look alike stay apart', async () => {
        const alike = ['a b.ark', 'a%20b.ark', 'a+b.ark', 'A b.ark', 'caf\u00e9.ark', 'cafe\u0301.ark'];
        for (const key of alike) await storage.put(key, bytesOf(key));
        for (const key of alike) expect((await readAll(other.get(key))).toString()).toBe(key);
        await nothingLeft(...alike);
      });
    });

    describe('an end', () => {
      test('whoever has given up is answered with the reason, whatever was asked, and nothing is done', async () => {
        await storage.put('a.ark', bytesOf('x'));
        const reason = new Error('given up');
        const gone = AbortSignal.abort(reason);
        const asked: Record<string, (signal: AbortSignal) => Promise<unknown>> = {
          put: (abortSignal) => storage.put('b.ark', bytesOf('y'), abortSignal),
          get: (abortSignal) => readAll(storage.get('a.ark', undefined, abortSignal)),
          'get of a range': (abortSignal) => readAll(storage.get('a.ark', { start: 0, end: 1 }, abortSignal)),
          stat: (abortSignal) => storage.stat('a.ark', abortSignal),
          list: (abortSignal) => storage.list(abortSignal),
          remove: (abortSignal) => storage.remove('a.ark', abortSignal),
          clean: (abortSignal) => storage.clean(abortSignal),
        };
        for (const [what, ask] of Object.entries(asked)) {
          const answer = await within(
            5000,
            what,
            ask(gone).then(
              () => 'done',
              (error: unknown) => error,
            ),
          );
          expect([what, answer instanceof Error && answer.message]).toEqual([
            what,
            expect.stringMatching(/given up|abort/),
          ]);
        }
        await nothingLeft('a.ark');
      });
    });

    describe('an end at any moment', () => {
      const reason = new Error('given up');
      const seed = (key: string) => storage.put(key, bytesOf('x'.repeat(3000)));
      const calls: Record<string, (key: string, signal: AbortSignal) => Promise<unknown>> = {
        put: (key, signal) => storage.put(`new-${key}`, bytesOf('y'.repeat(3000)), signal),
        get: (key, signal) => readAll(storage.get(key, undefined, signal)),
        'get of a range': (key, signal) => readAll(storage.get(key, { start: 5, end: 2000 }, signal)),
        stat: (key, signal) => storage.stat(key, signal),
        list: (_key, signal) => storage.list(signal),
        remove: (key, signal) => storage.remove(key, signal),
        clean: (_key, signal) => storage.clean(signal),
      };
      for (const [what, call] of Object.entries(calls)) {
        // An error that nobody hears would end the process; here it fails the test.
        test(`${what}: the reason or all of it, and nothing half`, async () => {
          let turns = 0;
          for (let number = 0, ended = false; !ended; number += 1, turns = Math.ceil(turns * 1.2) + 1) {
            const key = `moment-${number}.ark`;
            await seed(key);
            const giving = new AbortController();
            const asked = within(
              5000,
              what,
              call(key, giving.signal).then(
                () => 'done',
                (error: unknown) => error,
              ),
            );
            for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate);
            const inTime = await Promise.race([asked.then(() => true), new Promise(setImmediate)]);
            giving.abort(reason);
            const answer = await asked;
            ended = inTime === true;
            if (answer !== 'done') {
              expect([what, (answer as Error).message]).toEqual([
                what,
                expect.stringMatching(/given up|abort/),
              ]);
            }
            const left = (await keys()).filter((one) => one.endsWith(key));
            const whole = {
              put: answer === 'done' ? [key, `new-${key}`].sort() : [key],
              remove: answer === 'done' ? [] : left,
            }[what] ?? [key];
            expect({ what, left }).toEqual({ what, left: whole });
            for (const one of left) {
              const size = await readAll(other.get(one)).then(
                (body) => body.length,
                (error: unknown) => error,
              );
              // A server may go on with what it was told to remove.
              if (what === 'remove' && size instanceof BackupError) expect(size.code).toBe('BACKUP_UNKNOWN');
              else expect(size).toBe(3000);
              await storage.remove(one);
            }
          }
          await nothingLeft();
        });
      }
    });

    describe('clean', () => {
      test('takes nothing from a put that is under way', async () => {
        const { body, halfWay, go } = gated('first, ', 'second');
        const putting = storage.put('alive.ark', body);
        await halfWay;
        await other.clean();
        await storage.clean();
        go();
        await putting;
        expect((await readAll(other.get('alive.ark'))).toString()).toBe('first, second');
      });

      test('takes nothing that is whole', async () => {
        await storage.put('a.ark', bytesOf('x'));
        expect(await storage.clean()).toBe(0);
        expect(await keys()).toEqual(['a.ark']);
      });
    });
  });
}
