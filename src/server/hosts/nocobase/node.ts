import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database, NodeSession, NodeState } from '../../dumper/dialect';
import { asBackupError } from '../../errors/errors';
import type { Gate } from './gate';
import { MINUTE } from '../../durations';

/** This process among those that run the same app on the same database. */
export interface Node {
  /** From here on the app is there for people. */
  join(): Promise<void>;
  /** The app is about to read its tables. */
  reads(): Promise<void>;
  /** Around a swap of this process's own, which sees to the app itself. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  leave(): Promise<void>;
}

export interface NodeOptions {
  readonly database: Pick<Database, 'join'>;
  readonly gate: Pick<Gate, 'close' | 'open'>;
  /** Makes the app read its tables anew, and calls `reads` before it does. */
  readonly reload: () => Promise<void>;
  readonly say: (line: string) => void;
}

/** How often it looks when it has heard nothing, and while it waits for the end of a swap. */
const IDLE_MS = 15_000;
const WAITING_MS = 500;
/** Whoever says much is not looked at more often. */
const WORD_MS = 100;
/** Between two tries to reach the database: at first, and in the end. */
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = MINUTE;
/** A closed node that cannot learn whether it may open does so after a while. */
const GIVE_UP_MS = MINUTE;
const JOIN_MS = 5_000;
const RELOADS = 3;
const RELOAD_MS = 5_000;

type Tables = ReadonlyMap<string, number>;

/** A name that stands for another table now. Only a swap does that, or somebody who drops a table and makes it again. */
const haveChangedPlaces = (before: Tables, now: Tables): boolean =>
  [...before].some(([name, oid]) => (now.get(name) ?? oid) !== oid);

/**
 * Closes the gate while another process swaps the app's tables, and opens it when that one has finished or is dead. If
 * tables have changed places since the app read them, whoever did it, the app is started again first. What is decided
 * is decided by what the database says now; a word, a lost connection and the time only make it look.
 */
export function newNode({ database, gate, reload, say }: NodeOptions): Node {
  const label = `${hostname()}:${process.pid}`;
  let session: NodeSession | undefined;
  let shown: NodeState | undefined;
  /** What the app has read. */
  let read: Tables | undefined;
  /** Whether tables may have changed places since the last look. */
  let doubt = true;
  let [joined, leads, closed] = [false, false, false];
  let retryMs = FIRST_RETRY_MS;
  let seenAt = Date.now();
  let said = '';
  let timer: NodeJS.Timeout | undefined;
  let due = Infinity;
  let last: Promise<void> = Promise.resolve();

  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const mine = last.then(work);
    last = mine.catch(() => undefined);
    return mine;
  };

  /** Never later than was meant before: whoever says much must not keep it from looking. */
  function lookIn(ms: number): void {
    const at = Date.now() + ms;
    if (!joined || at >= due) return;
    due = at;
    clearTimeout(timer);
    timer = setTimeout(() => {
      void inTurn(() => {
        due = Infinity;
        return look();
      });
    }, ms);
  }

  const isJoined = (): boolean => joined;

  async function here(): Promise<NodeSession> {
    if (session) return session;
    doubt = true;
    // A gate that is open says so before it looks, so that nobody takes it for closed meanwhile.
    shown = closed ? 'closed' : 'open';
    session = await database.join(label, shown, {
      word() {
        doubt = true;
        lookIn(WORD_MS);
      },
      lost() {
        session = undefined;
        lookIn(FIRST_RETRY_MS);
      },
    });
    return session;
  }

  async function show(at: NodeSession, state: NodeState): Promise<void> {
    if (shown === state) return;
    await at.show(state);
    shown = state;
  }

  async function close(): Promise<void> {
    if (closed) return;
    closed = true;
    await gate.close();
  }

  function open(): void {
    if (!closed) return;
    closed = false;
    gate.open();
    say('the app is open again');
  }

  /** What fails is the connection; the next look makes another. */
  async function look(): Promise<void> {
    if (!joined || leads) return;
    try {
      const at = await here();
      // It may have left while it was connecting.
      if (isJoined()) lookIn(await follow(at));
      else await leave();
      [retryMs, seenAt, said] = [FIRST_RETRY_MS, Date.now(), ''];
    } catch (error) {
      await session?.end();
      session = undefined;
      const { message } = asBackupError(error);
      if (message !== said) say(`this node does not hear of restores by others: ${message}`);
      said = message;
      if (Date.now() - seenAt > GIVE_UP_MS) open();
      lookIn(retryMs);
      retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
    }
  }

  /** Does what the database asks for, and returns when to look again. */
  async function follow(at: NodeSession): Promise<number> {
    if (await at.held()) {
      doubt = true;
      if (!closed) say('another process restores this app, which waits');
      await close();
      await show(at, 'closed');
      return WAITING_MS;
    }
    if (doubt) {
      doubt = false;
      const now = await at.tables();
      read ??= now;
      if (haveChangedPlaces(read, now)) {
        await close();
        await show(at, 'closed');
        await startAgain(at);
        doubt = true;
        return 0;
      }
    }
    if (shown !== 'open') {
      await show(at, 'open');
      // Whoever began in between takes us for closed.
      if (await at.held()) return 0;
    }
    open();
    return IDLE_MS;
  }

  async function startAgain(at: NodeSession): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      say('another process has restored tables: the app starts again');
      const refused = await reload().then(
        () => undefined,
        (error: unknown) => asBackupError(error).message,
      );
      const now = await at.tables();
      if (refused === undefined && read && !haveChangedPlaces(read, now)) return;
      say(`the app did not start again: ${refused ?? 'it was busy with something else'}`);
      if (tries === RELOADS) {
        say('the app has to be started by hand');
        read = now;
        return;
      }
      await sleep(RELOAD_MS);
    }
  }

  async function leave(): Promise<void> {
    joined = false;
    due = Infinity;
    clearTimeout(timer);
    const left = session;
    session = undefined;
    await left?.end();
  }

  return {
    async join() {
      if (joined) return;
      joined = true;
      // A database that does not answer keeps no app from starting.
      await Promise.race([inTurn(look), sleep(JOIN_MS, undefined, { ref: false })]);
    },
    // Not in turn: a look may be waiting for it. What cannot be asked stays in doubt.
    async reads() {
      read = (await session?.tables().catch(() => undefined)) ?? read;
    },
    pause: () =>
      inTurn(async () => {
        leads = true;
        await close();
        if (session) await show(session, 'leads').catch(() => undefined);
      }),
    resume: () =>
      inTurn(async () => {
        [leads, doubt] = [false, true];
        if (session) await look();
        else open();
      }),
    leave,
  };
}
