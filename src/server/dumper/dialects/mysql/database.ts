import type { Database, Looks } from '../../dialect';
import { describe } from './catalog/describe';
import { readApp, readSizes, readTables } from './catalog/facts';
import type { Client, MysqlSettings } from './connection/connection';
import { readAccount, readId, readStart } from './connection/identity';
import { jobHolder } from './connection/locks';
import { looker } from './connection/looker';
import { holdNodes, joinNodes } from './connection/nodes';
import { liveOf, planRestore } from './plan/plan';
import { previewAside } from './restore/aside';
import { takeLock } from './restore/lock';
import { previewRestore, previewUndo } from './restore/preview';
import { alsoRows } from './rows/committed';
import { readKept } from './rows/keptRows';
import { rowsBy } from './rows/rowsBy';
import { readCommitted, readUndos } from './restore/undos';
import { describeNow, openSnapshot } from './snapshot/snapshot';
import { readPrepared } from './restore/readPrepared';
import { readLeftovers } from './swap/leftovers';
import { readWaiting } from './swap/prepared';

export function mysqlDatabase(settings: MysqlSettings): Database {
  const look = looker(settings);
  const { name: dialect, label } = settings;
  const looksAt = (client: Client): Looks => ({
    dialect,
    label,
    app: (hints) => readApp(client, hints),
    structure: async () => (await describe(client)).schema,
    tables: () => readTables(client),
    preview: async (plan) => previewRestore(client, await plan),
  });
  return {
    dialect,
    label,
    id: () => look(readId),
    startedAt: () => look(readStart),
    snapshot: (options) => openSnapshot(settings, options),
    nativeForm: () => Promise.resolve(undefined),
    describe: (app) => look((client) => describeNow(client, app)),
    sizes: (app) => look((client) => readSizes(client, app)),
    app: (hints) => look((client) => readApp(client, hints)),
    once: (work) => look((client) => work(looksAt(client))),
    structure: () => look((client) => looksAt(client).structure()),
    tables: () => look(readTables),
    preview: (plan) => look((client) => previewRestore(client, plan)),
    previewAside: (plan, into) => look((client) => previewAside(client, plan, into)),
    previewUndo: (job) => look((client) => previewUndo(client, settings, job)),
    code: (plan) => look(async (client) => planRestore(plan, liveOf(await describe(client))).code),
    account: () => look(readAccount),
    join: (label, state, on) => joinNodes(settings, label, state, on),
    hold: () => holdNodes(settings),
    lock: (job) => takeLock(settings, job, mysqlDatabase),
    busy: () => look((client) => jobHolder(client, settings)),
    undos: () => look((client) => readUndos(client, settings)),
    prepared: () => look((client) => readWaiting(client, settings)),
    readPrepared: (job, relations, use) => readPrepared(settings, job, relations, use),
    rowsBy: (asked) => look((client) => rowsBy(client, asked)),
    keptRows: () => look(readKept),
    committed: () => look(async (client) => alsoRows(client, await readCommitted(client, settings))),
    leftovers: () => look((client) => readLeftovers(client, settings)),
  };
}
