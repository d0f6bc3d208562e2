import { mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { uploadsIn, type Upload } from '../../src/server/storage/s3/uploads';

/** What is written down of uploads in parts, so that a machine gives up its own and nobody else's. */
let folder: string;
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'ark-uploads-')), 'spool', 'uploads');
});
afterEach(() => rm(join(folder, '..', '..'), { recursive: true, force: true }));

const UPLOAD: Upload = { address: 'https://s3.example', bucket: 'b', key: 'p/a.ark', uploadId: 'id"1' };

/** As a writer of this machine would have left it whose process is gone. */
async function die(): Promise<void> {
  for (const name of await readdir(folder))
    await rename(join(folder, name), join(folder, name.replace(`.${process.pid}.`, '.999999999.')));
}

test('one that runs is nobody else’s business, one whose writer is gone is, until it is crossed out', async () => {
  const uploads = uploadsIn(folder);
  expect(await uploads.abandoned()).toEqual([]);
  const crossOut = await uploads.begin(UPLOAD);
  expect(await uploads.abandoned()).toEqual([]);
  await crossOut();
  expect(await readdir(folder)).toEqual([]);
  await uploads.begin(UPLOAD);
  await uploads.begin({ ...UPLOAD, key: 'p/b.ark' });
  await die();
  const left = await uploads.abandoned();
  expect(left.map(({ address, bucket, key, uploadId }) => ({ address, bucket, key, uploadId }))).toEqual(
    expect.arrayContaining([UPLOAD, { ...UPLOAD, key: 'p/b.ark' }]),
  );
  for (const one of left) await one.crossOut();
  expect(await uploads.abandoned()).toEqual([]);
  expect(await readdir(folder)).toEqual([]);
});

test.each(['', '{', '{"address":"x"}', '[]', 'null', '{"address":1,"bucket":"b","key":"k","uploadId":"u"}'])(
  'what was left half written is no order: %j',
  async (text) => {
    const uploads = uploadsIn(folder);
    await uploads.begin(UPLOAD);
    for (const name of await readdir(folder)) await writeFile(join(folder, name), text);
    await die();
    expect(await uploads.abandoned()).toEqual([]);
    expect(await readdir(folder)).toEqual([]);
  },
);
