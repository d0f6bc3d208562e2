import type { Host } from '../host';
import type { RunningJobs } from '../jobs/running';
import type { Catalog } from './backups/catalog';

/** What the actions work on. Each door builds one: the console, NocoBase, a test. */
export interface Ark {
  readonly host: Host;
  readonly running: RunningJobs;
  readonly catalog: Catalog;
  readonly dataFolder: string;
  /** Bytes of the largest file that may be uploaded. */
  readonly uploadLimit: number;
  /** The database is the one that Ark brings along, filled with a demo. */
  readonly demo: boolean;
}
