import { previewBackup } from '../../src/server/actions/restore/previewBackup';
import { applyUndo } from '../../src/server/actions/restore/undos';
import { backUp, hostOf, restoreAll } from '../helpers/ark';
import { digest } from '../helpers/digest';
import { ownPlace } from '../helpers/place';

/** Names that every object of JavaScript answers to, and that a database may give to anything. */
const NAMES = [
  ...['constructor', 'toString', 'valueOf', '__proto__', 'hasOwnProperty', 'isPrototypeOf'],
  ...[
    'toLocaleString',
    'propertyIsEnumerable',
    '__defineGetter__',
    '__lookupSetter__',
    'prototype',
    'length',
  ],
];
const place = ownPlace();

const sqlOf = (name: string): string => `
  CREATE TYPE "${name}_kind" AS ENUM ('${name}');
  CREATE TYPE "t_${name}" AS ("${name}" integer);
  CREATE DOMAIN "d_${name}" AS text CONSTRAINT "${name}" CHECK (VALUE <> '');
  CREATE SEQUENCE "s_${name}";
  CREATE FUNCTION "${name}"("${name}" integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT $1';
  CREATE FUNCTION "${name}"() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
  CREATE TABLE "${name}" (id bigserial PRIMARY KEY, "${name}" text DEFAULT '${name}', k "${name}_kind",
    CONSTRAINT "c_${name}" CHECK ("${name}"(1) = 1));
  CREATE INDEX "i_${name}" ON "${name}" ("${name}");
  CREATE TRIGGER "${name}" BEFORE INSERT ON "${name}" FOR EACH ROW EXECUTE FUNCTION "${name}"();
  CREATE POLICY "${name}" ON "${name}" USING ("${name}" <> '');
  CREATE VIEW "v_${name}" AS SELECT "${name}" FROM "${name}";
  CREATE TABLE "child_${name}" (parent bigint REFERENCES "${name}") INHERITS ("${name}");
  CREATE TABLE "p_${name}" ("${name}" integer) PARTITION BY LIST ("${name}");
  CREATE TABLE "p1_${name}" PARTITION OF "p_${name}" FOR VALUES IN (1);
  INSERT INTO "${name}" ("${name}", k) VALUES ('${name}', '${name}');
  INSERT INTO "p_${name}" VALUES (1);`;

it.each(NAMES)('%s goes round as the name of anything', async (name) => {
  const source = await place.database(sqlOf(name));
  const before = await digest(source.url);
  const here = hostOf(source.url, place.data.folder);
  const archive = await backUp(here, `of ${name}`);
  await archive.verify({ unpack: true });

  const empty = await place.database();
  const there = hostOf(empty.url, place.data.folder);
  expect(
    (await previewBackup(there, archive, { all: true })).collections.map((collection) => collection.name),
  ).toContain(name);
  await restoreAll(there, archive);
  expect(await digest(empty.url)).toEqual(before);

  // Over the living one, and back again; and that table alone.
  await source.sql(
    `UPDATE "${name}" SET "${name}" = 'changed'; CREATE TABLE "x_${name}" ("${name}" integer)`,
  );
  const changed = await digest(source.url);
  expect(
    (await previewBackup(here, archive, { all: true })).collections.map((collection) => collection.name),
  ).toContain(name);
  const { undo } = await restoreAll(here, archive);
  expect((await digest(source.url)).tables[name]).toBe(before.tables[name]);
  await applyUndo(here, undo, { allowBreaks: false });
  expect((await digest(source.url)).tables).toEqual(changed.tables);
  await restoreAll(here, archive, { collections: [name] });
  expect((await digest(source.url)).tables[name]).toBe(before.tables[name]);
});

it('all of them at once, and each alone', async () => {
  const source = await place.database(NAMES.map(sqlOf).join('\n'));
  const archive = await backUp(hostOf(source.url, place.data.folder), 'all');
  const empty = await place.database();
  await restoreAll(hostOf(empty.url, place.data.folder), archive);
  expect(await digest(empty.url)).toEqual(await digest(source.url));
});
