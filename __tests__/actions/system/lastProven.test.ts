import { join } from 'node:path';
import { catalog } from '../../../src/server/actions/backups/catalog';
import { createBackup } from '../../../src/server/actions/backups/createBackup';
import { rememberProof } from '../../../src/server/actions/backups/proofs';
import { safetyOf } from '../../../src/server/actions/system/safety';
import { hostOf } from '../../helpers/ark';
import { ownPlace } from '../../helpers/place';

/** The newest backup is often the least proven: of the older ones the best proven is named beside it. */
const { data, database } = ownPlace();

it('names the best proven older backup as long as the newest is less proven', async () => {
  const { url } = await database('CREATE TABLE orders (id int); INSERT INTO orders VALUES (1);');
  const folder = join(data.folder, 'ark');
  const host = hostOf(url, folder);
  const known = catalog(join(folder, 'cache.json'));
  const look = async () => {
    const { lastGood, lastProven } = await safetyOf(host, known, new Date());
    return { lastGood: lastGood?.name, lastProven: lastProven?.name, proof: lastProven?.proof };
  };
  const make = async (name: string) => createBackup(host, { selection: {}, to: { storage: 'local', name } });
  const sha = async (name: string) => {
    const { items } = await known.list(host, 'local');
    const item = items.find((candidate) => candidate.name === `${name}.ark`);
    return { manifestSha256: item!.manifestSha256! };
  };
  const at = new Date().toISOString();
  const prove = async (name: string, proof: Parameters<typeof rememberProof>[2]) =>
    rememberProof(host, await sha(name), proof);

  await make('first');
  await make('second');
  await make('third');
  expect(await look()).toEqual({ lastGood: 'third.ark', lastProven: undefined, proof: undefined });
  await prove('second', { verifiedAt: at });
  expect(await look()).toMatchObject({ lastProven: 'second.ark', proof: undefined });
  // More is proven of the older one.
  await prove('first', { rehearsedAt: at, proof: 'staging' });
  expect(await look()).toMatchObject({ lastProven: 'first.ark', proof: 'staging' });
  await prove('second', { rehearsedAt: at, proof: 'database' });
  expect(await look()).toMatchObject({ lastProven: 'second.ark', proof: 'database' });
  await prove('third', { rehearsedAt: at, proof: 'staging' });
  expect(await look()).toMatchObject({ lastProven: 'second.ark', proof: 'database' });
  await prove('third', { rehearsedAt: at, proof: 'database' });
  expect(await look()).toEqual({ lastGood: 'third.ark', lastProven: undefined, proof: undefined });
});
