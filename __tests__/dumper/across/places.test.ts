import { NoPlace } from '../../../src/server/dumper/across/converting';
import { placeInMysql, placeInPostgres } from '../../../src/server/dumper/across/places';
import { jsonToArray } from '../../../src/server/dumper/across/shapes';
import type { Column } from '../../../src/server/dumper/schema/structure';

/** services/acrossValues.test.ts asks the servers; here is what an app's fields make of columns, and MySQL's own. */

const STAYS = Symbol('stays');
const becomes = (convert: ((text: string) => string) | undefined, text: string) => {
  try {
    const made = convert?.(text) ?? text;
    return made === text ? STAYS : made;
  } catch (error) {
    if (error instanceof NoPlace) return error.near;
    throw error;
  }
};
const column = (type: Column['type'], more: Partial<Column> = {}): Column => ({
  name: 'x',
  nullable: true,
  type,
  ...more,
});

it.each([
  ['12:30:00', STAYS],
  ['12:30:00.000001', '12:30:00'],
  ['24:00:00', STAYS],
])('a time of an app’s field has whole seconds: %s', (text, expected) => {
  expect(becomes(placeInMysql(column('time', { precision: 0 }), 'time', true), text)).toBe(expected);
  expect(becomes(placeInMysql(column('time'), 'time(6)', true), text)).toBe(STAYS);
});

it('a text that is in a key has so many characters, not bytes nor halves of pairs', () => {
  const place = placeInMysql(column('text'), 'varchar(255)', true);
  expect(becomes(place, '𝄞'.repeat(255))).toBe(STAYS);
  expect(becomes(place, '𝄞'.repeat(256))).toBeUndefined();
  expect(becomes(place, 'x'.repeat(256))).toBeUndefined();
  // What had the length already needs no look, nor what has no end.
  expect(placeInMysql(column('text', { length: 40 }), 'varchar(40)', true)).toBeUndefined();
  expect(placeInMysql(column('text'), 'longtext', true)).toBeUndefined();
});

it.each([
  [true, 31],
  [false, 100],
])('JSON lies as deep as the server takes it (MariaDB: %s)', (isMariadb, most) => {
  const place = placeInMysql(column('json'), isMariadb ? 'longtext' : 'json', isMariadb);
  const nested = (depth: number) => `${'['.repeat(depth - 1)}{"a":"[[["}${']'.repeat(depth - 1)}`;
  expect(becomes(place, nested(most))).toBe(STAYS);
  expect(becomes(place, nested(most + 1))).toBeNull();
  expect(becomes(place, `"${'\\"['.repeat(200)}"`)).toBe(STAYS);
});

it.each([
  ['{"a": "\\u0000"}', null],
  ['{"\\u0000": 1}', null],
  ['"\\ud834\\udd1e"', STAYS],
  ['"\\ud834"', null],
  ['"\\\\ud834"', STAYS],
  ['1e999999', null],
  ['"e999999"', STAYS],
  ['{', null],
  ['{"a":1.10}', STAYS],
])('jsonb takes %s or not', (text, expected) => {
  expect(becomes(placeInPostgres({ type: 'json', native: 'jsonb' }), text)).toBe(expected);
});

it.each([
  ['int32', '[1, 2147483647]', '{1,2147483647}'],
  ['int32', '[2147483648]', null],
  ['int32', '[1.5]', null],
  ['int64', '[9223372036854775807, null]', '{9223372036854775807,NULL}'],
  ['int64', '[9223372036854775808]', null],
  ['float64', '[1.5e300]', '{1.5e300}'],
] as const)('a list of %s takes %s or not', (element, text, expected) => {
  expect(becomes(jsonToArray(element), text)).toBe(expected);
});

it.each(['int16', 'int32', 'int64', 'binary', 'boolean', 'uuid'] as const)(
  '%s always has a place',
  (type) => {
    expect(placeInMysql(column(type), 'longtext', true)).toBeUndefined();
  },
);
