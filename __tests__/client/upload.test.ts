import { randomBytes } from 'node:crypto';
import { crc32 as zlibCrc32 } from 'node:zlib';
import {
  ApiError,
  OFFLINE,
  type BackupItem,
  type UploadItem,
  type UploadPiece,
} from '../../src/client/api/api';
import { announced } from '../../src/client/upload/announced';
import { crc32 } from '../../src/client/upload/crc32';
import { newPace } from '../../src/client/upload/pace';
import { newSender, PROXY_REFUSES, SMALLEST_PIECE, type Sending } from '../../src/client/upload/sender';
import { BeginBody } from '../../src/server/api/input';

const MB = 1024 * 1024;
const bytes = randomBytes(3 * MB + 123);
const ITEM: UploadItem = {
  id: 'a'.repeat(32),
  name: 'shop.ark',
  file: 'shop.ark',
  storage: 'local',
  size: bytes.length,
  offset: 0,
  piece: MB,
  beganAt: '2026-11-29T10:00:00.000Z',
  until: '2026-11-30T10:00:00.000Z',
};
const BACKUP = { name: 'shop.ark' } as BackupItem;

/** A server that keeps what it is sent, and fails as it is told: by the count of the piece, from 1. */
function server(fail: (count: number, piece: UploadPiece) => ApiError | undefined = () => undefined) {
  let kept: Buffer = Buffer.alloc(0);
  const sizes: number[] = [];
  const names: (string | undefined)[] = [];
  const taken = new Set<string>();
  return {
    sizes,
    names,
    taken,
    kept: () => kept,
    put: (start: Buffer) => void (kept = start),
    api: {
      async appendPiece(_id: string, piece: UploadPiece, { signal }: { signal: AbortSignal }) {
        const sent = Buffer.from(await piece.body.arrayBuffer());
        sizes.push(sent.length);
        if (signal.aborted) throw new ApiError('JOB_CANCELLED', '', 0);
        const error = fail(sizes.length, piece);
        if (error) throw error;
        expect(zlibCrc32(sent).toString(16).padStart(8, '0')).toBe(piece.crc);
        if (piece.offset !== kept.length)
          throw new ApiError('UPLOAD_OFFSET', '', 409, { code: 'upload-offset', offset: kept.length });
        kept = Buffer.concat([kept, sent]);
        return { ...ITEM, offset: kept.length };
      },
      finishUpload(_id: string, { name }: { name: string | undefined }) {
        names.push(name);
        if (taken.has(name ?? ITEM.name)) return Promise.reject(new ApiError('BACKUP_EXISTS', '', 409));
        return Promise.resolve({ ...BACKUP, name: name ?? ITEM.name });
      },
    },
  };
}
type Server = ReturnType<typeof server>;

function sending(
  to: Server,
  more: { upload?: UploadItem; now?: () => number; onChange?: (now: Sending) => void } = {},
) {
  const waits: number[] = [];
  const states: Sending[] = [];
  const sender = newSender({
    api: to.api,
    file: new Blob([bytes]),
    upload: ITEM,
    taken: ['shop-2.ark'],
    wait: (ms) => Promise.resolve(void waits.push(ms)),
    ...more,
    onChange: (now) => {
      states.push(now);
      more.onChange?.(now);
    },
  });
  return { sender, waits, states };
}
const offline = () => new ApiError(OFFLINE, '', 0);

describe('what is sent in pieces', () => {
  it('arrives whole, piece by piece', async () => {
    const to = server();
    const { sender, waits, states } = sending(to);
    expect(await sender.done).toMatchObject({ name: 'shop.ark' });
    expect(to.kept().equals(bytes)).toBe(true);
    expect([to.sizes, waits]).toEqual([[MB, MB, MB, 123], []]);
    expect(states.at(-1)).toEqual({ state: 'checking', sent: bytes.length });
  });

  it('goes on where the server is, whatever it was thought to be', async () => {
    const to = server();
    to.put(bytes.subarray(0, 2 * MB));
    const { sender, waits } = sending(to, { upload: { ...ITEM, offset: MB } });
    await sender.done;
    expect(to.kept().equals(bytes)).toBe(true);
    expect(waits).toEqual([]);
  });

  it('waits longer and longer while the line is broken, sends less at once, and recovers', async () => {
    const to = server((count) => (count >= 2 && count <= 8 ? offline() : undefined));
    const { sender, waits, states } = sending(to);
    await sender.done;
    expect(to.kept().equals(bytes)).toBe(true);
    expect(waits).toEqual([1_000, 2_000, 5_000, 10_000, 30_000, 30_000, 30_000]);
    expect(to.sizes.slice(1, 9)).toEqual([MB, MB / 2, MB / 4, MB / 4, MB / 4, MB / 4, MB / 4, MB / 4]);
    expect(to.sizes.slice(9, 11)).toEqual([MB / 2, MB]);
    expect(states.find(({ state }) => state === 'waiting')).toMatchObject({ sent: MB });
  });

  it.each(['UPLOAD_BUSY', 'UPLOAD_PIECE_WRONG', 'CONSOLE_STOPPING'])('tries again after %s', async (code) => {
    const to = server((count) => (count === 1 ? new ApiError(code, '', 409) : undefined));
    const { sender, waits } = sending(to);
    await sender.done;
    expect([to.kept().equals(bytes), waits]).toEqual([true, [1_000]]);
  });

  it('goes in pieces as small as a proxy takes, and in none larger again', async () => {
    const to = server((_count, { body }) =>
      body.size > 300_000 ? new ApiError('INTERNAL', '', 413) : undefined,
    );
    const { sender, waits } = sending(to);
    await sender.done;
    expect(to.kept().equals(bytes)).toBe(true);
    expect(to.sizes.slice(0, 3)).toEqual([MB, MB / 2, MB / 4]);
    expect(to.sizes.slice(2).every((size) => size <= SMALLEST_PIECE)).toBe(true);
    expect(waits).toEqual([]);
  });

  it('goes in pieces no larger than a slow line sends soon', async () => {
    let time = 0;
    const to = server((count) => (count === 1 ? offline() : ((time += 11_000), undefined)));
    const { sender } = sending(to, { now: () => time });
    await sender.done;
    expect(to.kept().equals(bytes)).toBe(true);
    expect(new Set(to.sizes.slice(1, -1))).toEqual(new Set([MB / 2]));
  });

  it('stops where a proxy takes not even the smallest', async () => {
    const to = server(() => new ApiError('INTERNAL', '', 413));
    await expect(sending(to).sender.done).rejects.toMatchObject({ code: PROXY_REFUSES });
    expect(to.sizes).toEqual([MB, MB / 2, MB / 4]);
  });

  it('stops at what does not pass by itself', async () => {
    const to = server((count) => (count === 2 ? new ApiError('STORAGE_FULL', '', 507) : undefined));
    await expect(sending(to).sender.done).rejects.toMatchObject({ code: 'STORAGE_FULL' });
    expect(to.sizes).toHaveLength(2);
  });

  it('gets another name where that is taken by now', async () => {
    const to = server();
    to.taken.add('shop.ark').add('shop-3.ark');
    expect(await sending(to).sender.done).toMatchObject({ name: 'shop-4.ark' });
    expect(to.names).toEqual([undefined, 'shop-3.ark', 'shop-4.ark']);
  });

  it('pauses and goes on, and ends when it is stopped', async () => {
    const to = server();
    let asked = false;
    const { sender, states } = sending(to, {
      onChange(now) {
        if (now.state === 'sending' && now.sent === MB && !asked) {
          asked = true;
          sender.pause();
        }
        if (now.state === 'paused') setTimeout(() => sender.goOn(), 10);
      },
    });
    await sender.done;
    expect(to.kept().equals(bytes)).toBe(true);
    expect(states.filter(({ state }) => state === 'paused')).toEqual([{ state: 'paused', sent: MB }]);

    const other = sending(server(), { onChange: ({ sent }) => sent === MB && other.sender.stop() });
    await expect(other.sender.done).rejects.toMatchObject({ code: 'JOB_CANCELLED' });
  });
});

it('what is announced is what the server takes', async () => {
  for (const size of [1, 511, 513, 65_557, 65_558, 200_000]) {
    const file = new File([bytes.subarray(0, size)], 'shop.ark');
    const { begin, end } = BeginBody.parse({ ...(await announced(file)), name: 'shop' });
    expect(begin.equals(bytes.subarray(0, Math.min(size, 512)))).toBe(true);
    expect(end.equals(bytes.subarray(Math.max(0, size - 65_557), size))).toBe(true);
  }
});

it('CRC-32 is that of zlib', () => {
  for (const part of [Buffer.alloc(0), Buffer.from('123456789'), bytes])
    expect(crc32(part)).toBe(zlibCrc32(part).toString(16).padStart(8, '0'));
});

it('the pace is that of the last moments', () => {
  const pace = newPace();
  pace.add(0, 0);
  expect(pace.rate()).toBeUndefined();
  pace.add(10_000, 10_000);
  expect(pace.rate()).toBe(1_000);
  pace.add(90_000, 20_000);
  pace.add(170_000, 30_000);
  expect(pace.rate()).toBe(8_000);
  pace.clear();
  expect(pace.rate()).toBeUndefined();
});
