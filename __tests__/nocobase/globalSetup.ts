import startPostgres from '../helpers/globalSetup';
import { installOnce } from './app';
import { installNocoBase } from './install';

/** A NocoBase with the plugin, a PostgreSQL, and an app to be copied. */
export default async function setup(): Promise<void> {
  installNocoBase();
  await startPostgres();
  await installOnce(process.env.ARK_TEST_FOLDER ?? '');
}
