import type { Socket } from 'node:net';
import {
  Client,
  type AuthenticationType,
  type AuthHandlerMiddleware,
  type ServerHostKeyAlgorithm,
  type SFTPWrapper,
} from 'ssh2';
import { BackupError, refused } from '../../errors/errors';
import type { Door } from '../../outgoing';
import { networkFailure, storageFailure } from '../failure';
import { cut, loginFailure } from './failure';
import { ALGORITHMS, fingerprintOf, typeOf, typesFrom, UnknownHostKey } from './hostKey';

export interface SshSettings {
  readonly host: string;
  readonly port?: number | undefined;
  readonly user: string;
  readonly password?: string | undefined;
  readonly privateKey?: string | undefined;
  readonly passphrase?: string | undefined;
  /** By what the server is recognized; without it nobody signs in. */
  readonly hostKey?: string | undefined;
  readonly door: Door;
}

export interface SignedIn {
  readonly client: Client;
  readonly sftp: SFTPWrapper;
  readonly socket: Socket;
  /** The kind of the key that the server has shown. */
  readonly shown: string | undefined;
}

const CONNECT_MS = 20_000;

export const addressOf = ({ host, port = 22 }: SshSettings): string =>
  `${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port}`;

/**
 * A server may have keys of several kinds and shows one of those that it is asked for. Nothing but a fingerprint is
 * known of the right one, so it is asked for each kind in turn before it is said to have changed: one that gains a
 * key of another kind is still the same server.
 */
export async function signIn(
  name: string,
  settings: SshSettings,
  idleMs: number,
  first?: string,
): Promise<SignedIn> {
  let changed: BackupError | undefined;
  for (let types = typesFrom(first); ;) {
    let shown: string | undefined;
    const verify = (key: Buffer): BackupError | undefined => {
      shown = typeOf(key);
      const is = fingerprintOf(key);
      const was = settings.hostKey;
      if (was === undefined) return new UnknownHostKey(name, addressOf(settings), is);
      return is === was ? undefined : otherKey(name, addressOf(settings), was, is);
    };
    try {
      const asked = types.flatMap((type) => ALGORITHMS[type] ?? []);
      return { ...(await attempt(name, settings, idleMs, asked, verify)), shown };
    } catch (error) {
      if (changed && hasNoOther(error)) throw changed;
      if (!(error instanceof BackupError) || error.code !== 'HOST_KEY_CHANGED') throw error;
      changed ??= error;
      const others = types.filter((type) => type !== shown);
      if (others.length === 0 || others.length === types.length) throw changed;
      types = others;
    }
  }
}

const hasNoOther = (error: unknown): boolean =>
  error instanceof BackupError &&
  /no matching host key/.test(String((error.cause as Error | undefined)?.message));

const dial = (name: string, settings: SshSettings): Promise<Socket> =>
  settings.door
    .connect(settings.host.replace(/^\[|\]$/g, ''), settings.port ?? 22, CONNECT_MS)
    .catch((error: unknown) => {
      throw networkFailure(name, addressOf(settings), error);
    });

async function attempt(
  name: string,
  settings: SshSettings,
  idleMs: number,
  serverHostKey: ServerHostKeyAlgorithm[],
  verify: (key: Buffer) => BackupError | undefined,
): Promise<{ client: Client; sftp: SFTPWrapper; socket: Socket }> {
  const { user, password, privateKey, passphrase } = settings;
  const address = addressOf(settings);
  const waitMs = Math.min(idleMs, CONNECT_MS);
  const socket = await dial(name, settings);
  // Small questions must not wait for one another.
  socket.setNoDelay(true);
  const client = new Client();
  let refused: BackupError | undefined;
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => {
      client.destroy();
      socket.destroy();
      reject(refused ?? loginFailure(name, address, error, waitMs));
    };
    client.on('error', fail);
    client.on('close', () => fail(cut(name, address)));
    client.on('ready', () => {
      client.sftp((error, sftp) => {
        if (error)
          fail(storageFailure({ code: 'storage-no-sftp', storage: name, address }, { cause: error }));
        else resolve({ client, sftp, socket });
      });
    });
    // Many servers ask for the password in this way only.
    client.on('keyboard-interactive', (_name, _text, _language, prompts, answer) =>
      answer(prompts.map(({ echo }) => (echo ? '' : (password ?? '')))),
    );
    try {
      client.connect({
        sock: socket,
        username: user,
        password,
        privateKey,
        passphrase,
        authHandler: waysIn(settings),
        tryKeyboard: password !== undefined,
        readyTimeout: waitMs,
        algorithms: { serverHostKey },
        hostVerifier: (key: Buffer) => {
          refused = verify(key);
          return refused === undefined;
        },
      });
    } catch (error) {
      fail(error);
    }
  });
}

/** What the server offers, each way once; a password goes once, in whichever way it is wanted. */
function waysIn({ password, privateKey }: SshSettings): AuthHandlerMiddleware {
  const left = new Set<AuthenticationType>([
    ...(privateKey === undefined ? [] : (['publickey'] as const)),
    ...(password === undefined ? [] : (['password', 'keyboard-interactive'] as const)),
  ]);
  // Nothing is known of the offer before the first question.
  return (offered: AuthenticationType[] | null) => {
    if (offered === null) return 'none';
    const way = [...left].find((way) => offered.includes(way));
    if (way === undefined) return false;
    for (const method of way === 'publickey' ? [way] : (['password', 'keyboard-interactive'] as const))
      left.delete(method);
    return way;
  };
}

const otherKey = (name: string, address: string, was: string, is: string): BackupError =>
  refused('host-key-changed', { storage: name, address, shown: is, known: was });
