import type { StagedRows } from '../../../dialect';
import type { Relation } from '../../../schema/structure';
import { whole } from '../../../rows/workers';
import { connect, end, type Client, type MysqlSettings } from '../connection/connection';
import { databaseError } from '../connection/failure';
import { readRows } from '../snapshot/readRows';
import { codingsOf, selectOf } from '../snapshot/snapshot';
import { waitingStage } from '../swap/prepared';

const CHUNK_BYTES = 1024 * 1024;

/** Each table over a connection of its own for as long as it is read, so that several can be at once. */
export async function readPrepared<T>(
  settings: MysqlSettings,
  job: string,
  relations: readonly Relation[],
  use: (staged: StagedRows) => Promise<T>,
): Promise<T> {
  const open: Client[] = [];
  const idle: Client[] = [];
  const take = async (): Promise<Client> => {
    const before = idle.pop();
    if (before) return before;
    const client = await connect(settings);
    open.push(client);
    return client;
  };
  try {
    const first = await take();
    const { waiting } = await waitingStage(first, settings, job);
    const places = new Map(waiting);
    idle.push(first);
    return await use(async function* (name) {
      const relation = relations.find((each) => each.name === name);
      const place = places.get(name);
      if (!relation || place === undefined) throw new Error(`${name} is not prepared`);
      const client = await take();
      yield* whole(readRows(client, selectOf(relation, place), codingsOf(relation), CHUNK_BYTES), name);
      // One that was left in the middle is not asked for anything else.
      idle.push(client);
    });
  } catch (error) {
    throw databaseError(error);
  } finally {
    await Promise.all(open.map((client) => end(client)));
  }
}
