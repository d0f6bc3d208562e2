import type { Client } from 'pg';
import { rows } from '../connection/connection';
import type { Fingerprint } from '../catalog/fingerprint';

/**
 * What the server looks up now, and not as of the snapshot, when it turns a stored row or a definition into text. If
 * it is not what it was, a value would be read under another column's name, or an enum's under another label.
 */

/** Everything that was there is as it was; what has come since is nobody's who looks at then. */
export const unaltered = (then: Fingerprint, now: Fingerprint): boolean =>
  [...then].every(([oid, digest]) => now.get(oid) === digest);

/** Labels of enums, and parts of composite types: nothing can be locked that would keep others from changing these. */
export async function typeShapes(client: Client): Promise<string> {
  const [row] = await rows<{ shape: string }>(
    client,
    `SELECT md5(coalesce(string_agg(x.shape, ',' ORDER BY x.shape COLLATE "C"), '')) AS shape FROM (
       SELECT format('%s %L', oid, enumlabel) AS shape FROM pg_enum
       UNION ALL SELECT format('%s %s %L %s %s', a.attrelid, a.attnum, a.attname, a.atttypid, a.attisdropped)
       FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE c.relkind = 'c' AND a.attnum > 0 AND c.oid >= 16384
     ) x`,
  );
  return row?.shape ?? '';
}
