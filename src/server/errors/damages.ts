import * as z from 'zod';
import { inEnglish, unionOf, type Entry, type Told } from './told';

const name = z.string();
const count = z.number();
const entry = z.string();

/** What is wrong with an archive; each completes "The archive is damaged: …". The page has it in each language, as `damage.CODE`. */
export const DAMAGES = {
  'cut-off': { fields: {} },
  'cut-within': { fields: { at: count } },
  'no-end': { fields: {} },
  end: { fields: {} },
  'directory-place': { fields: {} },
  directory: { fields: {} },
  record: { fields: { entry } },
  header: { fields: { entry } },
  packing: { fields: { entry } },
  name: { fields: { entry } },
  overlap: { fields: { entry } },
  stray: { fields: {} },
  twice: { fields: { entry } },
  missing: { fields: { entry } },
  'missing-of': { fields: { entry, collection: name } },
  'structure-only': { fields: { collection: name } },
  unlisted: { fields: { entry } },
  unowned: { fields: {} },
  order: { fields: {} },
  size: { fields: { entry } },
  'file-size': { fields: { file: name, size: count, listed: count } },
  both: { fields: { path: name } },
  shape: { fields: { entry, where: name, why: name } },
  unread: { fields: { entry } },
  unpacked: { fields: { entry } },
  undecipherable: { fields: { entry } },
  unfit: { fields: { where: name, why: name } },
  line: { fields: { entry } },
  differs: { fields: { entry, by: name } },
  checksum: { fields: { entry } },
  long: { fields: { entry } },
  summary: { fields: { entry, by: name, field: name } },
  'signature-other': { fields: { entry } },
  'signature-new': { fields: { entry } },
  'signature-lost': { fields: { entry } },
  'signature-wrong': { fields: { entry } },
  'chunk-rows': { fields: { entry, rows: count, announced: count } },
  'collection-rows': { fields: { collection: name, rows: count, announced: count } },
  'own-table': { fields: { table: name } },
  // Of an old .nbdump.
  descriptions: { fields: {} },
  describes: { fields: { entry, collection: name } },
  listed: { fields: { entry } },
  'not-listed': { fields: { table: name } },
  values: { fields: { line: count, collection: name } },
  rows: { fields: { collection: name, rows: count, announced: count } },
  parent: { fields: { parent: name, collection: name } },
  // Of a dump of pg_dump.
  'cut-part': { fields: { part: name } },
  'rows-after': { fields: { collection: name } },
  'rows-cut': { fields: { collection: name } },
  'row-values': { fields: { collection: name, values: count, columns: count } },
  'rows-missing': { fields: { collection: name } },
  'rows-twice': { fields: { collection: name } },
  'rows-columns': { fields: { collection: name } },
  'dump-directory': { fields: {} },
  'dump-data': { fields: {} },
  // Of a dump of mysqldump.
  'dump-incomplete': { fields: {} },
  'dump-rows': { fields: { collection: name } },
} as const satisfies Readonly<Record<string, Entry>>;

type Table = typeof DAMAGES;
export type Damage = Told<Table>;
export const Damage = unionOf(DAMAGES);

/** For people who read English. */
export function damageText(damage: Damage): string {
  const values: Readonly<Record<string, string | number>> = { ...damage };
  return inEnglish(`damage.${damage.code}`, (field) => values[field]?.toString());
}
