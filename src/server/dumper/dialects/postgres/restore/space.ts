import { readFile, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from 'pg';
import { formatBytes } from '../../../../bytes';
import { refused } from '../../../../errors/errors';
import type { RehearsalSpace, RowSource } from '../../../dialect';
import type { Relation } from '../structure/structure';
import { rows, type PostgresSettings } from '../connection/connection';

/** Rows take more room in a table than in CSV, and indexes come on top. */
const ROOM_PER_BYTE = 2;
const ROOM_PER_TABLE = 64 * 1024;
/** Kept free on the server's disk: a full one stops the app. */
const MARGIN = 256 * 1024 * 1024;

/** Rejects with DATABASE_FULL where it can be seen that there is too little. */
export async function checkSpace(
  client: Client,
  settings: PostgresSettings,
  tables: readonly Relation[],
  source: RowSource,
): Promise<RehearsalSpace> {
  const needed = tables.reduce(
    (sum, table) => sum + source.bytes(table.name) * ROOM_PER_BYTE + ROOM_PER_TABLE,
    0,
  );
  const free = await freeHere(client);
  if (free === undefined) return { needed };
  if (free < needed + MARGIN) {
    throw refused('database-no-room', {
      needed: formatBytes(needed),
      database: settings.label,
      free: formatBytes(free),
      margin: formatBytes(MARGIN),
    });
  }
  return { needed, free };
}

/** SQL does not tell of the server's disk. It can be looked at where the server's folder is one of this machine. */
async function freeHere(client: Client): Promise<number | undefined> {
  try {
    const [server] = await rows<{ folder: string; began: string }>(
      client,
      `SELECT current_setting('data_directory') AS folder, extract(epoch FROM pg_postmaster_start_time())::bigint::text AS began`,
    );
    if (!server) return undefined;
    // A folder of that name may be another server's, as with one in a container: its process file tells.
    const lines = (await readFile(join(server.folder, 'postmaster.pid'), 'utf8')).split('\n');
    if (Math.abs(Number(lines[2]) - Number(server.began)) > 2) return undefined;
    const { bavail, bsize } = await statfs(server.folder);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}
