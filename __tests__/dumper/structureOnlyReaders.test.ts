import { compareBackup, compareBackups } from '../../src/server/actions/compare/compareBackup';
import { previewTakeBack } from '../../src/server/actions/takeBack/previewTakeBack';
import type { TakeBackAsked } from '../../src/server/dumper/takeBack/plan';
import { backUp, hostOf } from '../helpers/ark';
import { ownPlace } from '../helpers/place';

/** Whoever reads rows of a backup takes a table whose rows were left out for no empty one. */
const { data, database } = ownPlace();

const asked = (collection: string, more: Partial<TakeBackAsked> = {}): TakeBackAsked => ({
  collection,
  keys: ['1'],
  parents: true,
  children: true,
  ...more,
});
const NO_ROWS = { code: 'COLLECTION_UNKNOWN', details: { code: 'collection-no-rows', collection: 'middle' } };

async function shop() {
  const at = await database(
    `CREATE TABLE top (id int PRIMARY KEY); CREATE TABLE middle (id int PRIMARY KEY, top int REFERENCES top);
     CREATE TABLE below (id int PRIMARY KEY, middle int);
     INSERT INTO top VALUES (1); INSERT INTO middle VALUES (1, 1), (2, 1); INSERT INTO below VALUES (1, 1)`,
  );
  const host = hostOf(at.url, data.folder);
  const whole = await backUp(host, `whole-${Date.now()}`, { all: true });
  const bare = await backUp(host, `bare-${Date.now()}`, { all: true, noRows: ['middle'] });
  return { at, host, whole, bare };
}

test('taking back', async () => {
  const { at, host, bare } = await shop();
  await expect(previewTakeBack(host, bare, asked('middle'))).rejects.toMatchObject(NO_ROWS);
  await at.sql(
    `ALTER TABLE below ADD FOREIGN KEY (middle) REFERENCES middle; DELETE FROM below; DELETE FROM middle; DELETE FROM top`,
  );
  // Nothing of it comes as a parent or a child, and what needs it is refused.
  const above = await previewTakeBack(host, bare, asked('top'));
  expect([above.rows.map(({ collection }) => collection), above.refusals]).toEqual([['top'], []]);
  const below = await previewTakeBack(host, bare, asked('below'));
  expect(below.refusals).toMatchObject([{ details: { code: 'row-parent', parent: 'middle' } }]);
});

test('comparing, on whichever side it is', async () => {
  const { host, whole, bare } = await shop();
  const how = { selection: { all: true }, examples: 3, folder: data.folder };
  const expected = [
    { name: 'below', by: 'key', equal: 1 },
    { name: 'middle', by: 'structure', equal: 0, onlyHere: 0, onlyThere: 0 },
    { name: 'top', by: 'key', equal: 1 },
  ];
  const sides = { whole: { name: 'whole', archive: whole }, bare: { name: 'bare', archive: bare } };
  for (const comparison of [
    await compareBackup(host, bare, how),
    await compareBackups(sides.whole, sides.bare, { ...how, workers: 2 }),
    await compareBackups(sides.bare, sides.whole, { ...how, workers: 2 }),
  ]) {
    const collections = [...comparison.collections].sort((a, b) => (a.name < b.name ? -1 : 1));
    expect(collections).toMatchObject(expected);
  }
});
