import { crc32 } from 'node:zlib';
import type { Bytes } from '../../bytes';
import { BackupError, refused } from '../../errors/errors';
import { writeAt } from '../../storage/files';
import { bytesPath, findUpload, saveUpload, type Unfinished } from './unfinished';
import { inUploadTurn, type UploadTurn } from './uploadTurn';

/** The bytes of the largest piece, and of the piece that is asked for. */
export const PIECE = 8 * 1024 * 1024;

export interface Piece {
  readonly id: string;
  readonly owner: string | undefined;
  /** Where it belongs in the file. */
  readonly offset: number;
  readonly length: number | undefined;
  /** CRC-32 of its bytes. */
  readonly crc: number;
  readonly body: Bytes;
  readonly signal: AbortSignal;
}

/**
 * Adds a piece to what is here, on disk when this resolves. One that does not arrive as it was sent, or belongs
 * elsewhere, does not count: all is as it was before.
 */
export function appendPiece(folder: string, piece: Piece, now: () => Date): Promise<Unfinished> {
  const file = bytesPath(folder, piece.id);
  return inUploadTurn(file, async (turn) => {
    const upload = await findUpload(folder, piece.id, piece.owner, now());
    checkPlace(upload, piece);
    const sums = { length: 0, crc: 0 };
    const signal = AbortSignal.any([turn.signal, piece.signal]);
    await writeAt(file, upload.offset, summed(piece, sums, turn), signal).catch((error: unknown) => {
      throw piece.signal.aborted && !(error instanceof BackupError) ? cut(error) : error;
    });
    if (sums.length !== piece.length || sums.crc !== piece.crc) throw cut();
    // Not before: after a power cut the bytes that the note counts have to be there.
    const longer = { ...upload, offset: upload.offset + sums.length, heardAt: now().toISOString() };
    await saveUpload(folder, longer);
    return longer;
  });
}

function checkPlace({ size, offset, key }: Unfinished, piece: Piece): void {
  if (piece.offset !== offset || key !== undefined) throw refused('upload-offset', { offset });
  const { length } = piece;
  if (length === undefined) {
    throw new BackupError(
      'LENGTH_MISSING',
      'A piece has to say how large it is: send the header Content-Length.',
    );
  }
  const most = Math.min(PIECE, size - offset);
  if (length >= 1 && length <= most) return;
  throw new BackupError('UPLOAD_PIECE_WRONG', `The piece has ${length} bytes; it may have 1 to ${most}.`);
}

async function* summed(
  { body, length = 0 }: Piece,
  sums: { length: number; crc: number },
  turn: UploadTurn,
): Bytes {
  const pieces = body[Symbol.asyncIterator]();
  for (;;) {
    const next = await pieces.next().catch((cause: unknown) => {
      throw cut(cause);
    });
    if (next.done) return;
    turn.heard();
    sums.length += next.value.length;
    // Nothing is written behind the end of a piece.
    if (sums.length > length) return;
    sums.crc = crc32(next.value, sums.crc);
    yield next.value;
  }
}

const cut = (cause?: unknown): BackupError =>
  new BackupError(
    'UPLOAD_PIECE_WRONG',
    'The piece did not arrive as it was sent, and does not count. Send it again.',
    { cause },
  );
