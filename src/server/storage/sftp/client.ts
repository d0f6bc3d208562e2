import type { Socket } from 'node:net';
import type { SFTPWrapper } from 'ssh2';
import { networkFailure, stalled } from '../failure';
import { cut } from './failure';
import { addressOf, signIn, type SshSettings } from './signIn';

type Done<T> = (error: Error | null | undefined, value?: T) => void;

/** One connection that is signed in. */
export interface Session {
  readonly sftp: SFTPWrapper;
  /** One question; a server that says nothing at all for too long ends the connection. */
  readonly ask: <T = void>(signal: AbortSignal | undefined, question: (done: Done<T>) => void) => Promise<T>;
}

export interface SshClient {
  readonly address: string;
  /** The connection, made when first needed and shared; whoever is done with it says so by `end`. */
  begin(signal: AbortSignal | undefined): Promise<Session>;
  end(): void;
}

/** A connection that nobody uses is kept for the next who comes soon. */
const REST_MS = 5_000;

export function sshClient(name: string, settings: SshSettings, idleMs: number): SshClient {
  const address = addressOf(settings);
  /** The kind of the key by which the server was recognized: it is asked for first from then on. */
  let keyType: string | undefined;
  let opening: Promise<Session & { readonly socket: Socket; close(): void }> | undefined;
  let users = 0;
  let rest: NodeJS.Timeout | undefined;

  const open = async () => {
    const { client, sftp, socket, shown } = await signIn(name, settings, idleMs, keyType);
    keyType = shown;
    const waiting = new Set<(error: Error) => void>();
    let gone: Error | undefined;
    let silence: NodeJS.Timeout | undefined;
    const close = (error: Error = cut(name, address)) => {
      gone ??= error;
      opening = undefined;
      clearTimeout(silence);
      for (const fail of [...waiting]) fail(gone);
      client.destroy();
      socket.destroy();
    };
    const watch = () => {
      clearTimeout(silence);
      if (waiting.size > 0) silence = setTimeout(() => close(stalled(name, address, idleMs)), idleMs);
    };
    client.on('error', (error) => close(networkFailure(name, address, error)));
    client.on('close', () => close());
    sftp.on('error', (error: Error) => close(networkFailure(name, address, error)));
    sftp.on('close', () => close());
    return {
      sftp,
      socket,
      close: () => close(),
      ask: <T>(signal: AbortSignal | undefined, question: (done: Done<T>) => void) =>
        new Promise<T>((resolve, reject) => {
          const settle = () => {
            waiting.delete(fail);
            if (signal) forget(signal, stop);
            watch();
          };
          const fail = (error: Error) => {
            settle();
            reject(error);
          };
          const stop = () => fail(signal?.reason as Error);
          if (signal?.aborted) {
            stop();
            return;
          }
          if (gone) {
            fail(gone);
            return;
          }
          waiting.add(fail);
          if (signal) listen(signal, stop);
          watch();
          try {
            question((error, value) => {
              // What the library says of a connection that broke has no number.
              if (error && typeof (error as { code?: unknown }).code !== 'number')
                fail(gone ?? cut(name, address, error));
              else if (error) fail(error);
              else {
                settle();
                resolve(value as T);
              }
            });
          } catch (error) {
            fail(error as Error);
          }
        }),
    };
  };

  const end = () => {
    users -= 1;
    if (users > 0) return;
    void opening?.then(
      (session) => {
        if (users > 0) return;
        // It must not keep a command from ending.
        session.socket.unref();
        clearTimeout(rest);
        rest = setTimeout(() => users === 0 && session.close(), REST_MS).unref();
      },
      () => undefined,
    );
  };

  return {
    address,
    async begin(signal) {
      signal?.throwIfAborted();
      users += 1;
      try {
        opening ??= open().catch((error: unknown) => {
          opening = undefined;
          throw error;
        });
        const session = await abortable(opening, signal);
        session.socket.ref();
        return session;
      } catch (error) {
        end();
        throw error;
      }
    },
    end,
  };
}

/** Of many questions on one signal one listens for all. */
const listening = new WeakMap<AbortSignal, Set<() => void>>();

function listen(signal: AbortSignal, stop: () => void): void {
  let stops = listening.get(signal);
  if (!stops) {
    const all = new Set<() => void>();
    signal.addEventListener('abort', () => [...all].forEach((each) => each()), { once: true });
    listening.set(signal, all);
    stops = all;
  }
  stops.add(stop);
}

const forget = (signal: AbortSignal, stop: () => void): void => {
  listening.get(signal)?.delete(stop);
};

function abortable<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason as Error);
    if (signal.aborted) {
      stop();
      return;
    }
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
