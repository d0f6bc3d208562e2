import { BackupError } from '../../errors/errors';

/** A piece that has said nothing for so long may be of a line that is broken. */
const SILENT_MS = 5_000;

/** What is being done with an upload. */
export interface UploadTurn {
  /** Fires when another has its turn. */
  readonly signal: AbortSignal;
  /** A byte came. */
  heard(): void;
}

interface Holder {
  readonly ended: Promise<void>;
  /** Has it end, where it can; undefined where it has to come to its own end. */
  readonly end: (() => void) | undefined;
  heardAt: number;
}

const holders = new Map<string, Holder>();

interface TurnOptions {
  /** Which piece that is under way gives way: one that is silent, or any. */
  readonly over?: 'silent' | 'any';
  /** It is not to be ended half way. */
  readonly whole?: boolean;
}

/**
 * One request at a time works on an upload. A second one is refused (UPLOAD_BUSY), unless what the first still waits
 * for does not come any more: a line that broke is noticed here long after it was noticed at the other end.
 */
export async function inUploadTurn<T>(
  file: string,
  use: (turn: UploadTurn) => Promise<T>,
  { over = 'silent', whole = false }: TurnOptions = {},
): Promise<T> {
  for (let holder = holders.get(file); holder; holder = holders.get(file)) {
    const gives = over === 'any' || Date.now() - holder.heardAt > SILENT_MS;
    if (!holder.end || !gives) throw busy();
    holder.end();
    await holder.ended;
  }
  const controller = new AbortController();
  let leave: () => void = () => undefined;
  const holder: Holder = {
    ended: new Promise((resolve) => (leave = resolve)),
    end: whole ? undefined : () => controller.abort(busy()),
    heardAt: Date.now(),
  };
  holders.set(file, holder);
  try {
    return await use({ signal: controller.signal, heard: () => (holder.heardAt = Date.now()) });
  } finally {
    holders.delete(file);
    leave();
  }
}

const busy = (): BackupError =>
  new BackupError('UPLOAD_BUSY', 'Another request is sending this upload. Wait a moment and try again.');
