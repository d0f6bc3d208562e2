import { findArchive } from '../../src/server/actions/backups/findBackup';
import { takeBack } from '../../src/server/actions/takeBack/takeBack';
import { hostOf, restoreAll } from '../helpers/ark';
import { digest } from '../helpers/digest';
import { sample } from '../helpers/nbdump';
import { ownPlace } from '../helpers/place';

const { data, database } = ownPlace();

it("rows come back from NocoBase's own backup as a restore of it brought them", async () => {
  const at = await database();
  const host = hostOf(at.url, data.folder);
  const archive = await findArchive(host, sample('all'));
  await restoreAll(host, archive);
  const before = await digest(at.url);
  for (const name of ['d_types', 'd_tree', 'd_tags']) {
    const keys = await at.query<{ id: string }>(`SELECT id::text FROM "${name}" ORDER BY id LIMIT 300`);
    expect(keys.length).toBeGreaterThan(0);
    await at.sql(
      `SET session_replication_role = replica; DELETE FROM "${name}" WHERE id IN (${keys.map(({ id }) => id).join(',')})`,
    );
    const asked = { collection: name, keys: keys.map(({ id }) => id), parents: true, children: false };
    const { result } = await takeBack(host, archive, 'old.nbdump', { asked, overwrite: false });
    expect([name, result.inserted]).toEqual([name, keys.length]);
    expect([name, (await digest(at.url)).tables]).toEqual([name, before.tables]);
  }
});
