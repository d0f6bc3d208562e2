import { setTimeout as sleep } from 'node:timers/promises';
import type { Hold, NodeSession, NodeState } from '../../../dialect';
import { holdLock, isOurs, nodeLock, partOf } from '../sql/names';
import { connect, end, rows, type Client, type MysqlSettings } from './connection';
import { databaseError } from './failure';
import { freeLock, isHeld, tryLock } from './locks';

/**
 * The nodes of an app know of each other by named locks: everybody who is connected may ask whether one is held and by
 * which session, nobody can hold somebody else's, and each is gone with its process. A node has one of so many places,
 * and shows its state by which of the place's two locks it holds. Nothing can be sent, so everybody looks now and then.
 */
const PLACES = 32;
const LOOK_MS = 500;
/** Longer than a node waits for the requests that it is at. */
const PATIENCE_MS = 8_000;

export async function joinNodes(
  settings: MysqlSettings,
  _label: string,
  first: NodeState,
  on: { word(): void; lost(): void },
): Promise<NodeSession> {
  const client = await connect(settings);
  const { database } = client;
  let ended = false;
  const looks: { timer?: NodeJS.Timeout } = {};
  const lost = () => {
    clearInterval(looks.timer);
    if (!ended) on.lost();
    ended = true;
  };
  client.connection.on('error', lost);
  client.connection.on('end', lost);
  let shown: string | undefined;
  const place = await freePlace(client);
  const show = async (state: NodeState): Promise<void> => {
    const next = state === 'leads' ? undefined : nodeLock(database, place, state);
    if (next === shown) return;
    // The new one first: in between a node would be nowhere, and nobody would wait for it.
    if (next !== undefined) await tryLock(client, next);
    if (shown !== undefined) await freeLock(client, shown);
    shown = next;
  };
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      // A session that nobody answers on is none, and the others must not take it for a node.
      client.connection.destroy();
      lost();
      throw databaseError(error);
    }
  };
  await guarded(() => show(first));
  let held = await guarded(() => isHeld(client));
  let looking = false;
  looks.timer = setInterval(() => {
    if (looking || ended) return;
    looking = true;
    isHeld(client)
      .then(
        (now) => {
          if (now !== held) on.word();
          held = now;
        },
        () => lost(),
      )
      .finally(() => (looking = false));
  }, LOOK_MS).unref();
  return {
    held: () => guarded(() => isHeld(client)),
    show: (state) => guarded(() => show(state)),
    tables: () =>
      guarded(async () => {
        const tables = await rows<{ name: string }>(
          client,
          "SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_TYPE = 'BASE TABLE'",
          [database],
        );
        const names = tables.map(({ name }) => name);
        const swaps = swapsSeen(settings, names);
        return new Map(names.filter((name) => !isOurs(name)).map((name) => [name, swaps]));
      }),
    async end() {
      ended = true;
      clearInterval(looks.timer);
      await end(client);
    },
  };
}

/**
 * No number of a table's own can be asked for, and its time of creation changes whenever somebody alters it. But each
 * swap leaves its journal: one that was not there before means that tables have changed places.
 */
const seen = new WeakMap<MysqlSettings, { readonly jobs: Set<string>; swaps: number }>();

function swapsSeen(settings: MysqlSettings, names: readonly string[]): number {
  const jobs = names.flatMap((name) => {
    const part = partOf(name);
    return part?.part === 'done' ? [part.job] : [];
  });
  const before = seen.get(settings) ?? { jobs: new Set(jobs), swaps: 0 };
  seen.set(settings, before);
  if (jobs.some((job) => !before.jobs.has(job))) before.swaps += 1;
  for (const job of jobs) before.jobs.add(job);
  return before.swaps;
}

async function freePlace(client: Client): Promise<number> {
  for (let place = 0; place < PLACES; place += 1) {
    const name = placeLock(client.database, place);
    if (await tryLock(client, name)) return place;
  }
  throw new Error(`more than ${PLACES} processes run this app`);
}
const placeLock = (database: string, place: number): string => `${holdLock(database)}:${place}`;

/** It is seen from the moment that it has its lock on: a node that opens after that looks first, and stays closed. */
export async function holdNodes(settings: MysqlSettings): Promise<Hold> {
  const client = await connect(settings);
  try {
    await tryLock(client, holdLock(client.database));
    const until = Date.now() + PATIENCE_MS;
    for (;;) {
      const nodes = await nodesOf(client);
      const silent = nodes.filter(({ open }) => open).map(({ from }) => from);
      if (silent.length === 0 || Date.now() >= until)
        return { closed: nodes.length - silent.length, silent, release: () => end(client) };
      await sleep(50);
    }
  } catch (error) {
    await end(client);
    throw databaseError(error);
  }
}

/** Of each node its state, and the machine that it is on, as far as this account may see its session. */
async function nodesOf(client: Client): Promise<{ open: boolean; from: string }[]> {
  const places = Array.from({ length: PLACES }, (_, place) => place);
  const locks = places.flatMap((place) =>
    (['open', 'closed'] as const).map((state) => ({ state, name: nodeLock(client.database, place, state) })),
  );
  const [row = {}] = await rows<Record<string, string | null>>(
    client,
    `SELECT ${locks.map((_, at) => `IS_USED_LOCK(?) AS n${at}`).join(', ')}`,
    locks.map(({ name }) => name),
  );
  const held = locks.flatMap(({ state }, at) => {
    const id = row[`n${at}`];
    return id === null || id === undefined ? [] : [{ open: state === 'open', id }];
  });
  if (held.length === 0) return [];
  const sessions = await rows<{ id: string; host: string }>(
    client,
    'SELECT ID AS id, HOST AS host FROM information_schema.PROCESSLIST WHERE ID IN (?)',
    [held.map(({ id }) => Number(id))],
  );
  const hosts = new Map(sessions.map(({ id, host }) => [id, host]));
  return held.map(({ open, id }) => ({ open, from: hosts.get(id) ?? id }));
}
