import { readLeftovers } from './swap/leftovers';
import type { Database } from '../../dialect';
import { readAccount } from './connection/account';
import type { PostgresSettings } from './connection/connection';
import { databaseError } from './connection/failure';
import { readStart } from './connection/identity';
import { describeLive, readLive, readTables, readTarget } from './catalog/live';
import { previewAside } from './restore/aside';
import { lockHolder, takeLock } from './restore/lock';
import { knownId, looker } from './connection/looker';
import { lookAgain } from './connection/locks';
import { oneMoment } from './restore/moment';
import { holdNodes, joinNodes } from './connection/nodes';
import { planCode } from './plan/planCode';
import { previewRestore, previewUndo } from './restore/preview';
import { readForm } from './snapshot/native';
import { appNow, describeNow, openSnapshot, sizesNow } from './snapshot/snapshot';
import { committed } from './rows/committed';
import { readKept } from './rows/keptRows';
import { rowsBy } from './rows/rowsBy';
import { readPrepared } from './restore/staged';
import { readWaiting } from './swap/prepared';
import { readUndos } from './swap/undos';
import { undoSchema } from './sql/names';
import { toNeutral } from './neutral/neutral';
import { parser } from './sql/parser';
import { wantedOf } from './neutral/wanted';

export function postgresDatabase(settings: PostgresSettings): Database {
  const look = looker(settings);
  return {
    dialect: 'postgres',
    label: settings.label,
    id: () => knownId(settings, look),
    startedAt: () => look(readStart),
    snapshot: (options) => lookAgain(() => openSnapshot(settings, options)),
    nativeForm: () => look(readForm),
    describe: (app) => look((client) => describeNow(client, settings.schema, app)),
    sizes: (app) => look((client) => sizesNow(client, settings.schema, app)),
    app: (hints, undo) =>
      look((client) => appNow(client, undo === undefined ? settings.schema : undoSchema(undo), hints)),
    once: (work) => look((client) => work(oneMoment(client, settings))),
    structure: () =>
      look(async (client) => toNeutral(await describeLive(client, settings.schema), await parser())),
    tables: () => look((client) => readTables(client, settings.schema)),
    preview: (plan) => look((client) => previewRestore(client, settings, wantedOf(plan))),
    previewAside: (plan, into) => look((client) => previewAside(client, settings, wantedOf(plan), into)),
    previewUndo: (job) =>
      look((client) => previewUndo(client, settings, job)).catch((error: unknown) => {
        throw databaseError(error, 'looking at the undo');
      }),
    code: (plan, rehearsal) =>
      look(async (client) => {
        const { live } = await readLive(client, settings.schema);
        return (await planCode(wantedOf(plan), live, await readTarget(client), rehearsal)).code;
      }),
    account: () => look(readAccount),
    join: (label, state, on) => joinNodes(settings, label, state, on),
    hold: (job) => holdNodes(settings, job),
    lock: (job) => takeLock(settings, job, postgresDatabase),
    busy: () => look((client) => lockHolder(client, settings)),
    undos: () => look(readUndos),
    prepared: () => look(readWaiting),
    readPrepared: (job, relations, use) => readPrepared(settings, job, relations, use),
    rowsBy: (asked) => look((client) => rowsBy(client, settings.schema, asked)),
    keptRows: () => look(readKept),
    committed: () => look(committed),
    leftovers: () => look(readLeftovers),
  };
}
