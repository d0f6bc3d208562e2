import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '../../jobs/scheduler';

/** Who has signed in with a browser. They are nowhere but in memory: a start of the console signs everybody out. */
export interface Sessions {
  /** Begins one, and tells the secret that stands for it. */
  begin(): string;
  /** The signal fires when the session ends. Undefined: there is none, or it is over. */
  find(secret: string): AbortSignal | undefined;
  end(secret: string): void;
  endAll(): void;
}

const LIFE_MS = 7 * 24 * 3_600_000;
/** More than there are people; whoever signs in again and again costs no memory. */
const MOST = 100;

export function newSessions(clock: Clock): Sessions {
  // By a digest: how long it takes to find none tells nothing about those that there are.
  const sessions = new Map<string, { readonly ended: AbortController; readonly forget: () => void }>();
  const endOne = (key: string | undefined): void => {
    const session = sessions.get(key ?? '');
    if (key === undefined || !session) return;
    sessions.delete(key);
    session.forget();
    session.ended.abort();
  };
  return {
    begin() {
      const secret = randomBytes(32).toString('base64url');
      const key = digest(secret);
      if (sessions.size >= MOST) endOne(sessions.keys().next().value);
      sessions.set(key, { ended: new AbortController(), forget: clock.wait(LIFE_MS, () => endOne(key)) });
      return secret;
    },
    find: (secret) => sessions.get(digest(secret))?.ended.signal,
    end: (secret) => endOne(digest(secret)),
    endAll() {
      for (const key of [...sessions.keys()]) endOne(key);
    },
  };
}

const digest = (secret: string): string => createHash('sha256').update(secret).digest('base64');
