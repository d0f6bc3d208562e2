import { previewBackup } from '../../src/server/actions/restore/previewBackup';
import { restoreBackup } from '../../src/server/actions/restore/restoreBackup';
import { lossesOf } from '../../src/server/dumper/app/lost';
import { backUp, hostOf } from '../helpers/ark';
import { ownPlace } from '../helpers/place';
import { record } from '../helpers/statements';

/** A question to the server costs the same whether an app has ten tables or a thousand: they do not grow with them. */
const { data, database } = ownPlace();

const tables = (n: number): string =>
  Array.from(
    { length: n },
    (_, i) =>
      `CREATE TABLE t${i} (id bigserial PRIMARY KEY, "createdAt" timestamptz, "updatedAt" timestamp); INSERT INTO t${i} ("createdAt") VALUES (now());`,
  ).join('\n');

async function asked(work: () => Promise<unknown>): Promise<string[]> {
  const recording = await record();
  try {
    await work();
  } finally {
    recording.stop();
  }
  return recording.sent.map((one) => one.text);
}

/** Only a description asks for that. */
const descriptions = (texts: readonly string[]): number =>
  texts.filter((text) => text.includes('relreplident')).length / 5;

it('a preview asks as much of a few tables as of many, describes them once, and so does a restore', async () => {
  const counts: Record<'preview' | 'described' | 'restore described', number>[] = [];
  for (const n of [10, 150]) {
    const at = await database(tables(n));
    const host = hostOf(at.url, data.folder);
    const archive = await backUp(host, `tables-${n}`);
    const previewed = await asked(() => previewBackup(host, archive, { all: true }));
    const preview = await previewBackup(host, archive, { all: true });
    const restored = await asked(() =>
      restoreBackup(host, archive, 'tables.ark', {
        selection: { all: true },
        allowBreaks: false,
        allowCode: true,
        acceptLost: lossesOf(preview.collections),
      }),
    );
    counts.push({
      preview: previewed.length,
      described: descriptions(previewed),
      'restore described': descriptions(restored),
    });
  }
  const [few, many] = counts;
  expect(many).toEqual({
    ...few,
    preview: expect.any(Number) as number,
    described: 1,
    'restore described': 1,
  });
  // A hundred tables are counted at a time, between setting a limit and taking it away.
  expect((many?.preview ?? 0) - (few?.preview ?? 0)).toBeLessThanOrEqual(3);
});
