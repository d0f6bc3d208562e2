import { takeBack } from '../../src/server/actions/takeBack/takeBack';
import type { TestDatabase } from '../helpers/postgres';
import { backUp, hostOf, offlineTestHost, restoreAll } from '../helpers/ark';
import { digest } from '../helpers/digest';
import { ownPlace } from '../helpers/place';
import { ownMysql } from './mysql';
import { whole } from './mysqlState';

const { data, database } = ownPlace();
const place = ownMysql();
const asked = (collection: string, keys: string[]) => ({ collection, keys, parents: true, children: true });

it('rows of a backup from another kind of database come back as a restore of it brought them, both ways', async () => {
  const from: TestDatabase = await database(`
    CREATE TABLE people (id bigint PRIMARY KEY, name varchar(80), ok boolean, seen timestamptz, wall timestamp, sum numeric(12,2), tags jsonb, bytes bytea, uid uuid, real double precision);
    INSERT INTO people VALUES (1, 'Ann', true, '2026-11-20 10:15:00.123456+00', '1999-01-01', 10.50, '{"b": 1, "a": [1, null, "ü"]}', '\\x00ff', '123e4567-e89b-12d3-a456-426655440000', 0.1),
      (9007199254740993, NULL, false, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
    CREATE TABLE orders (id int PRIMARY KEY, person bigint REFERENCES people ON DELETE CASCADE);
    INSERT INTO orders VALUES (1, 1), (2, 9007199254740993);`);
  const postgres = hostOf(from.url, data.folder);
  const archive = await backUp(postgres, 'from-postgres');
  const to = await place();
  const host = offlineTestHost(to.database, data.folder);
  await restoreAll(host, archive);
  const before = await whole(to);
  await to.sql('DELETE FROM people');
  const there = { asked: asked('people', ['1', '9007199254740993']), overwrite: false };
  expect((await takeBack(host, archive, 'x.ark', there)).result.inserted).toBe(4);
  expect(await whole(to)).toEqual(before);

  const back = await backUp(host, 'from-mariadb');
  await restoreAll(postgres, back);
  const restored = await digest(from.url);
  await from.sql('DELETE FROM people');
  expect((await takeBack(postgres, back, 'x.ark', there)).result.inserted).toBe(4);
  expect(await digest(from.url)).toEqual(restored);
});
