import { randomBytes } from 'node:crypto';
import type { Client } from 'pg';
import { objectKey } from '../../../schema/structure';
import type { SchemaObject } from '../structure/structure';
import { quote } from '../sql/quote';
import { createRecord, wholeText } from '../structure/records';
import { run, sql } from '../sql/sql';

/**
 * Collations that this server cannot have, by key, with what it says: only the server knows which locales it has, so
 * it is told to make them, in a transaction that is rolled back. Where nothing can be made at all, nothing is known.
 */
export async function refusedCollations(
  client: Client,
  objects: readonly SchemaObject[],
  here: readonly SchemaObject[],
): Promise<Map<string, string>> {
  const known = new Set(here.map(wholeText));
  const asked = objects.filter((object) => object.collation && !known.has(wholeText(object)));
  const refused = new Map<string, string>();
  if (asked.length === 0) return refused;
  const schema = `ark_stage_${randomBytes(8).toString('hex')}`;
  await client.query('BEGIN READ WRITE');
  try {
    await run(client, [sql`CREATE SCHEMA ${quote(schema)}`]);
    for (const object of asked) {
      await client.query('SAVEPOINT one');
      try {
        await run(client, createRecord(object, { schema, made: new Set() }));
      } catch (error) {
        refused.set(objectKey(object), error instanceof Error ? error.message : String(error));
      }
      await client.query('ROLLBACK TO SAVEPOINT one');
    }
  } catch {
    // Whatever is restored here will say so.
  } finally {
    await client.query('ROLLBACK');
  }
  return refused;
}

/** In its place: it sorts bytes, which every server can. */
export const standIn = (object: SchemaObject): SchemaObject => ({
  ...object,
  collation: { provider: 'libc', collate: 'C', ctype: 'C', deterministic: true },
});
