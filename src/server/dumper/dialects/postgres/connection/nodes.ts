import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import * as z from 'zod';
import type { Hold, NodeSession, NodeState } from '../../../dialect';
import { connect, cut, rows, type PostgresSettings } from './connection';
import { databaseError } from './failure';

/**
 * The nodes of an app know of each other by the names of their sessions (docs/adr/0008): whoever is connected may read
 * those of everybody, nobody can keep somebody else from having one, and each is gone with its process. A session
 * counts only if it signed in as somebody who may act as this account anyway. What is sent on the channel can come from
 * anybody, so it has no content, and says no more than that it is worth looking.
 */
const appKey = (schema: string): string => createHash('sha256').update(schema).digest('hex').slice(0, 8);
const channel = (schema: string): string => `ark_${appKey(schema)}`;
const nodeName = (schema: string, state: NodeState, label: string): string =>
  `node ${appKey(schema)} ${state} ${label}`;

/** Longer than a node waits for the requests that it is at. */
const PATIENCE_MS = 8_000;
/** A server that is there has answered by then. */
const ANSWER_MS = 15_000;

const Flag = z.tuple([z.object({ held: z.boolean() })]);
const Tables = z.array(z.object({ name: z.string(), oid: z.number().int() }));
const NodeName = z
  .string()
  .transform((name) => /^ark node [0-9a-f]{8} (open|closed) ([\x20-\x7e]*)$/.exec(name))
  .transform((match) => (match ? { open: match[1] === 'open', label: match[2] ?? '' } : undefined));
const Nodes = z.array(z.object({ name: NodeName }));

/** With the commit, if it is said in a transaction. */
export async function tellNodes(client: Client, schema: string): Promise<void> {
  await client.query(`SELECT pg_catalog.pg_notify($1, '')`, [channel(schema)]);
}

export async function joinNodes(
  settings: PostgresSettings,
  label: string,
  first: NodeState,
  on: { word(): void; lost(): void },
): Promise<NodeSession> {
  const { schema } = settings;
  const client = await connect(settings, nodeName(schema, first, label));
  let ended = false;
  const lost = () => {
    if (!ended) on.lost();
    ended = true;
  };
  client.on('notification', () => on.word());
  client.on('end', lost);
  client.on('error', lost);
  const ask = async (text: string, values: unknown[] = []): Promise<unknown[]> => {
    const question = { text, values, query_timeout: ANSWER_MS };
    try {
      return (await client.query<Record<string, unknown>>(question)).rows;
    } catch (error) {
      // A connection that nobody answers on is none, and the others must not take it for a node.
      cut(client);
      throw databaseError(error, 'looking for a restore of the app');
    }
  };
  await ask(`LISTEN ${channel(schema)}`);
  return {
    async held() {
      const [{ held }] = Flag.parse(
        await ask(
          `SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_stat_activity a WHERE a.datname = pg_catalog.current_database()
             AND a.application_name LIKE $1 AND pg_catalog.pg_has_role(a.usesysid, session_user, 'MEMBER')) AS held`,
          [`ark ${holdName(schema, '%')}`],
        ),
      );
      return held;
    },
    async show(state) {
      await ask(`SELECT pg_catalog.set_config('application_name', $1, false)`, [
        `ark ${nodeName(schema, state, label)}`,
      ]);
    },
    async tables() {
      const tables = Tables.parse(
        await ask(
          `SELECT c.relname AS name, c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
           WHERE n.nspname = $1 AND c.relkind IN ('r','p')`,
          [schema],
        ),
      );
      return new Map(tables.map(({ name, oid }) => [name, oid]));
    },
    async end() {
      ended = true;
      await client.end().catch(() => undefined);
    },
  };
}

const holdName = (schema: string, job: string): string => `hold ${appKey(schema)} ${job}`;

/** It is seen from the moment of its connection on: a node that opens after that looks first, and stays closed. */
export async function holdNodes(settings: PostgresSettings, job: string): Promise<Hold> {
  const { schema } = settings;
  const client = await connect(settings, holdName(schema, job));
  try {
    await tellNodes(client, schema);
    const until = Date.now() + PATIENCE_MS;
    for (;;) {
      const there = await nodesOf(client, schema);
      const silent = there.filter((node) => node.open).map((node) => node.label);
      if (silent.length === 0 || Date.now() >= until) {
        return {
          closed: there.length - silent.length,
          silent,
          release: () => client.end().catch(() => undefined),
        };
      }
      await sleep(50);
    }
  } catch (error) {
    await client.end().catch(() => undefined);
    throw databaseError(error, "asking the app's other nodes to wait");
  }
}

async function nodesOf(client: Client, schema: string): Promise<{ open: boolean; label: string }[]> {
  const sessions = await rows(
    client,
    `SELECT a.application_name AS name FROM pg_catalog.pg_stat_activity a
     WHERE a.datname = pg_catalog.current_database() AND a.application_name LIKE $1
       AND pg_catalog.pg_has_role(session_user, a.usesysid, 'MEMBER') ORDER BY a.backend_start`,
    [`ark node ${appKey(schema)} %`],
  );
  return Nodes.parse(sessions).flatMap(({ name }) => name ?? []);
}
