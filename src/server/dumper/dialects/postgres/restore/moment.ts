import type { Client } from 'pg';
import type { AppHints, Looks } from '../../../dialect';
import type { PostgresSettings } from '../connection/connection';
import { readLive, readTables, type Live } from '../catalog/live';
import { previewRestore } from './preview';
import { toNeutral } from '../neutral/neutral';
import { parser } from '../sql/parser';
import { appNow } from '../snapshot/snapshot';
import { wantedOf } from '../neutral/wanted';

/** Looks over one connection, one after the other, that ask for nothing twice. */
export function oneMoment(client: Client, settings: PostgresSettings): Looks {
  const { schema } = settings;
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const next = last.then(work);
    last = next.catch(() => undefined);
    return next;
  };
  let reading: Promise<Live> | undefined;
  const live = () => (reading ??= readLive(client, schema).then((read) => read.live));
  const apps = new Map<AppHints, ReturnType<Looks['app']>>();
  const app = async (hints: AppHints) => {
    try {
      return await appNow(client, schema, hints);
    } finally {
      await client.query('ROLLBACK');
    }
  };
  return {
    dialect: 'postgres',
    label: settings.label,
    structure: () => inTurn(async () => toNeutral(await live(), await parser())),
    tables: () => inTurn(() => readTables(client, schema)),
    app(hints) {
      const known = apps.get(hints) ?? inTurn(() => app(hints));
      apps.set(hints, known);
      return known;
    },
    preview: (making) =>
      inTurn(async () => {
        const [plan, now] = await Promise.all([making, live()]);
        return previewRestore(client, settings, wantedOf(plan), now);
      }),
  };
}
