import { setTimeout as sleep } from 'node:timers/promises';
import { refused } from '../errors/errors';
import type { Host } from '../host';

const WAIT_MS = 50;
const PATIENCE_MS = 15_000;

type Where = Pick<Host, 'exclusive' | 'settings'>;

/** The last of each name in this process, by the settings that they change. */
const last = new WeakMap<Where['settings'], Map<string, Promise<unknown>>>();

/**
 * One at a time in all processes and nodes of an instance. What is done in its turn takes moments, so others wait:
 * those of this process in the order they came, so that many do not keep each other from it.
 */
export function inTurn<T>(host: Where, name: string, use: () => Promise<T>): Promise<T> {
  const names = last.get(host.settings) ?? new Map<string, Promise<unknown>>();
  last.set(host.settings, names);
  const before = names.get(name) ?? Promise.resolve();
  const mine = before.then(() => patiently(host, name, use));
  names.set(
    name,
    mine.catch(() => undefined),
  );
  return mine;
}

async function patiently<T>(host: Where, name: string, use: () => Promise<T>): Promise<T> {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end;) {
    const got = await host.exclusive(name, use);
    if (got) return got.value;
    await sleep(WAIT_MS);
  }
  throw refused('job-changes', { what: name });
}
