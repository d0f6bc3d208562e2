import { refusedThrough } from '../suites/pooled';
import { pooler } from '../helpers/pooler';
import { ownPlace } from '../helpers/place';

const { data, database } = ownPlace();

it('a connection that is not the server itself is refused for everything', async () => {
  const app = await database('CREATE TABLE t (id integer); INSERT INTO t VALUES (1)');
  const between = await pooler(app.url);
  try {
    await refusedThrough(between.url, app, await database(), data.folder);
  } finally {
    await between.close();
  }
});
