import { Client } from 'pg';
import { ownPlace } from '../helpers/place';
import { refusedThrough } from '../suites/pooled';
import { startService } from './service';

const { data, database } = ownPlace();

describe.each(['session', 'transaction', 'statement'])('through PgBouncer in %s mode', (mode) => {
  it('nothing is done, and the sessions of an app on the same pool stay as they were', async () => {
    const app = await database(
      'CREATE TABLE t (id integer, x float8); INSERT INTO t VALUES (1, 1.4142135623730951)',
    );
    const service = await startService('pgbouncer', [mode, app.url]);
    const through = new URL(app.url);
    through.port = String(service.port);
    const user = new Client({ connectionString: through.toString() });
    await user.connect();
    const look = async () =>
      (
        await user.query(
          `SELECT current_setting('search_path') AS path, current_setting('row_security') AS rls,
             current_setting('synchronous_commit') AS sync, current_setting('lock_timeout') AS wait, (SELECT x FROM t) AS x`,
        )
      ).rows as unknown[];
    try {
      const before = await look();
      await refusedThrough(through.toString(), app, data.folder);
      for (let again = 0; again < 8; again += 1) expect(await look()).toEqual(before);
      expect(await app.query(`SELECT 1 FROM pg_locks WHERE locktype = 'advisory'`)).toEqual([]);
    } finally {
      await user.end();
      await service.stop();
    }
  });
});
