import { Client } from 'pg';
import { previewBackup } from '../../src/server/actions/restore/previewBackup';
import { rehearseBackup } from '../../src/server/actions/restore/rehearse';
import { applyUndo, findUndo } from '../../src/server/actions/restore/undos';
import { backUp, hostOf, restoreAll } from '../helpers/ark';
import { digest } from '../helpers/digest';
import { ownPlace } from '../helpers/place';
import type { TestDatabase } from '../helpers/postgres';
import { refusedThrough } from '../suites/pooled';
import { startService } from './service';

const { data, database } = ownPlace();

const APP = `
  CREATE TABLE t (id integer PRIMARY KEY, x float8); INSERT INTO t SELECT i, 1.4142135623730951 FROM generate_series(1, 3000) i;
  CREATE TABLE bare (x integer); INSERT INTO bare SELECT generate_series(1, 1000);
  CREATE TABLE its_bank (id integer PRIMARY KEY, sum integer); INSERT INTO its_bank SELECT i, 100 FROM generate_series(1, 10) i;
  CREATE TABLE its_log (id text, at integer);`;

const SUM = 'SELECT sum(sum)::int AS sum FROM its_bank';

/** An app on the pool: moves that leave the sum as it is, and a line for each that was acknowledged. */
async function appOn(url: string, mode: string): Promise<{ end(): Promise<number> }> {
  let [done, ending] = [0, false];
  const write = async (id: number) => {
    const client = new Client({ connectionString: url });
    await client.connect();
    try {
      for (let at = 0; !ending; at += 1) {
        // One statement each: a pool may give the next one another session. All lock their rows in one order.
        await client.query(
          `WITH mine AS (SELECT id FROM its_bank WHERE id IN (1, ${2 + (at % 9)}) ORDER BY id FOR UPDATE)
           UPDATE its_bank SET sum = sum + CASE its_bank.id WHEN 1 THEN -1 ELSE 1 END FROM mine WHERE its_bank.id = mine.id`,
        );
        await client.query(`INSERT INTO its_log VALUES ('${id}', ${at})`);
        done += 1;
      }
    } finally {
      await client.end();
    }
  };
  // In session mode each keeps a connection of the pool's four, and one is left for Ark.
  const writers = (mode === 'session' ? [1, 2, 3] : [1, 2, 3, 4, 5, 6]).map(write);
  for (const writer of writers) writer.catch(() => (ending = true));
  while (done < 20 && !ending) await new Promise((go) => setTimeout(go, 10));
  return {
    async end() {
      ending = true;
      await Promise.all(writers);
      return done;
    },
  };
}

describe.each(['session', 'transaction', 'statement'])('PgBouncer in %s mode', (mode) => {
  const pooledApp = async (work: (pool: string, app: TestDatabase) => Promise<void>) => {
    const app = await database(APP);
    const service = await startService('pgbouncer', [mode, app.url]);
    const through = new URL(app.url);
    through.port = String(service.port);
    try {
      await work(through.toString(), app);
      expect(await app.query(`SELECT 1 FROM pg_locks WHERE locktype = 'advisory'`)).toEqual([]);
    } finally {
      await service.stop();
    }
  };

  it('nothing is done through it, and the sessions of an app on the same pool stay as they were', () =>
    pooledApp(async (pool, app) => {
      const user = new Client({ connectionString: pool });
      await user.connect();
      const look = async () =>
        (
          await user.query(
            `SELECT current_setting('search_path') AS path, current_setting('row_security') AS rls,
             current_setting('synchronous_commit') AS sync, current_setting('lock_timeout') AS wait, (SELECT min(x) FROM t) AS x`,
          )
        ).rows as unknown[];
      try {
        const before = await look();
        await refusedThrough(pool, app, await database(), data.folder);
        for (let again = 0; again < 8; again += 1) expect(await look()).toEqual(before);
      } finally {
        await user.end();
      }
    }));

  it('nothing is done through it while an app writes through it, and the app loses nothing', () =>
    pooledApp(async (pool, app) => {
      const writing = await appOn(pool, mode);
      try {
        await refusedThrough(pool, app, await database(), data.folder);
      } finally {
        const done = await writing.end();
        expect(await app.query('SELECT count(*)::int AS n FROM its_log')).toEqual([{ n: done }]);
      }
      expect(await app.query(SUM)).toEqual([{ sum: 1000 }]);
    }));

  it('by the own address of the server all is right while an app writes through the pool', () =>
    pooledApp(async (pool, app) => {
      const host = hostOf(app.url, data.folder);
      const fresh = await database();
      const before = await digest(app.url);
      const writing = await appOn(pool, mode);
      let [archive, done] = [undefined as Awaited<ReturnType<typeof backUp>> | undefined, 0];
      try {
        archive = await backUp(host, `${mode}-${Date.now()}`);
        await previewBackup(host, archive, {});
        await rehearseBackup(host, archive, 'test.ark', { allowCode: true });
        await app.sql('DELETE FROM t WHERE id > 10; DELETE FROM bare');
        const changed = await digest(app.url);
        const only = { collections: ['t', 'bare', 'its_bank'] };
        await restoreAll(host, archive, only);
        const { tables } = await digest(app.url);
        expect([tables.t, tables.bare]).toEqual([before.tables.t, before.tables.bare]);
        await applyUndo(host, await findUndo(host), { allowBreaks: false });
        const { tables: back } = await digest(app.url);
        expect([back.t, back.bare]).toEqual([changed.tables.t, changed.tables.bare]);
      } finally {
        done = await writing.end();
      }
      expect(await app.query('SELECT count(*)::int AS n FROM its_log')).toEqual([{ n: done }]);
      expect(await app.query(SUM)).toEqual([{ sum: 1000 }]);
      // One moment of it all, whatever was written meanwhile.
      await restoreAll(hostOf(fresh.url, data.folder), archive);
      expect(await fresh.query(SUM)).toEqual([{ sum: 1000 }]);
      expect((await digest(fresh.url)).tables).toMatchObject({
        t: before.tables.t,
        bare: before.tables.bare,
      });
    }));
});

it('a pool of sessions that are all taken is told as one, and does not keep anybody waiting', async () => {
  const app = await database(APP);
  const service = await startService('pgbouncer', ['session', app.url]);
  const through = new URL(app.url);
  through.port = String(service.port);
  const users = [1, 2, 3, 4].map(() => new Client({ connectionString: through.toString() }));
  try {
    for (const user of users) {
      await user.connect();
      await user.query('SELECT 1');
    }
    const before = await digest(app.url);
    const since = Date.now();
    await expect(backUp(hostOf(through.toString(), data.folder), 'full')).rejects.toMatchObject({
      code: 'DATABASE_POOLED',
    });
    expect(Date.now() - since).toBeLessThan(60_000);
    expect(await digest(app.url)).toEqual(before);
  } finally {
    for (const user of users) await user.end();
    await service.stop();
  }
});
