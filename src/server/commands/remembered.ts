import { join } from 'node:path';
import { catalog, type Catalog } from '../actions/backups/catalog';
import { dataFolder } from '../environment';
import { settings } from './command';
import type { Options } from './options';

/** What is known of the backups already, so that a list opens only what is new. */
export const remembered = (options: Options): Catalog =>
  catalog(join(dataFolder(settings(options)), 'cache', 'backups.json'));
