import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RealConsole } from './realConsole';

/** A customer of the demo with exactly three orders and a file of his own. */
export interface Customer {
  readonly id: string;
  readonly name: string;
  /** Where the file lies. */
  readonly contract: string;
  /** The record goes, and with it all that belongs to it, the file too. */
  remove(): Promise<void>;
}

/** `app`: the app's storage folder, with a folder `uploads`. */
export async function customerWithPapers({ sql }: RealConsole, app: string): Promise<Customer> {
  await sql.query(
    `CREATE TABLE "customersPapers" ("customerId" bigint, "paperId" bigint, PRIMARY KEY ("customerId", "paperId"))`,
  );
  await sql.query(
    `INSERT INTO fields (key, name, type, interface, "collectionName", options) VALUES ('papers', 'papers', 'belongsToMany', 'attachment', 'customers', $1)`,
    [
      JSON.stringify({
        target: 'attachments',
        through: 'customersPapers',
        foreignKey: 'customerId',
        otherKey: 'paperId',
        sourceKey: 'id',
        targetKey: 'id',
      }),
    ],
  );
  const { rows: next } = await sql.query<{ id: string }>(`SELECT nextval('attachments_id_seq')::text AS id`);
  const paper = next[0]!.id;
  await sql.query(
    `INSERT INTO attachments (id, "createdAt", "updatedAt", title, filename, path, "storageId") SELECT $1, now(), now(), 'contract', 'contract.txt', '', id FROM storages WHERE name = 'local'`,
    [paper],
  );
  const { rows } = await sql.query<{ id: string; name: string }>(
    `SELECT c.id::text AS id, c.name FROM customers c JOIN orders o ON o."customerId" = c.id GROUP BY c.id, c.name HAVING count(*) = 3 ORDER BY c.id LIMIT 1`,
  );
  const { id, name } = rows[0]!;
  await sql.query(`INSERT INTO "customersPapers" VALUES ($1, $2)`, [id, paper]);
  const contract = join(app, 'uploads', 'contract.txt');
  await writeFile(contract, 'signed');
  return {
    id,
    name,
    contract,
    async remove() {
      await sql.query('SET session_replication_role = replica');
      await sql.query('DELETE FROM customers WHERE id = $1', [id]);
      await sql.query('DELETE FROM orders WHERE "customerId" = $1', [id]);
      await sql.query('DELETE FROM "customersPapers" WHERE "customerId" = $1', [id]);
      await sql.query('DELETE FROM attachments WHERE id = $1', [paper]);
      await sql.query('RESET session_replication_role');
      await rm(contract);
    },
  };
}
