import { connect, end, type Client, type MysqlSettings } from './connection';
import { databaseError } from './failure';

export type Look = <T>(work: (client: Client) => Promise<T>) => Promise<T>;

/** Looks at a database that leave nothing behind. */
export function looker(settings: MysqlSettings): Look {
  return async (work) => {
    const client = await connect(settings);
    try {
      return await work(client);
    } catch (error) {
      throw databaseError(error);
    } finally {
      await end(client);
    }
  };
}
