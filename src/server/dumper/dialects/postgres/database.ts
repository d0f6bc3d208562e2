import type { Database } from '../../dialect';
import { connect, type PostgresSettings } from './connection';
import { describeSchema } from './describe';
import { readFacts } from './facts';
import { takeLock } from './lock';
import { previewRestore } from './preview';
import { openSnapshot } from './snapshot';
import { readUndos } from './undos';

export function postgresDatabase(settings: PostgresSettings): Database {
  const look = async <T>(work: (client: Awaited<ReturnType<typeof connect>>) => Promise<T>): Promise<T> => {
    const client = await connect(settings, 'look');
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  };
  return {
    dialect: 'postgres',
    label: settings.label,
    facts: (app) =>
      look(async (client) =>
        readFacts(client, settings.schema, await describeSchema(client, settings.schema), app),
      ),
    snapshot: (options) => openSnapshot(settings, options),
    preview: (plan) => look((client) => previewRestore(client, settings, plan)),
    lock: (job) => takeLock(settings, job),
    undos: () => look(readUndos),
  };
}
