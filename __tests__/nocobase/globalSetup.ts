import startPostgres from '../helpers/globalSetup';
import { installNocoBase } from './install';

/** A NocoBase with the plugin, and a PostgreSQL. */
export default async function setup(): Promise<void> {
  installNocoBase();
  await startPostgres();
}
