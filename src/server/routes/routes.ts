import type { Action } from './call';
import { arkAlarms } from './resources/alarms';
import { arkBackups } from './resources/backups';
import { arkCollections } from './resources/collections';
import { arkJobs } from './resources/jobs';
import { arkPrepared } from './resources/prepared';
import { arkSchedules } from './resources/schedules';
import { arkStorages } from './resources/storages';
import { arkSystem } from './resources/system';
import { arkTakeBacks } from './resources/takeBacks';
import { arkTrust } from './resources/trust';
import { arkUndos } from './resources/undos';
import { arkUploads } from './resources/uploads';

/** Everything the API can do, whichever door it is mounted on: `/api/<resource>:<action>`. */
export const routes = {
  arkBackups,
  arkUploads,
  arkCollections,
  arkJobs,
  arkUndos,
  arkPrepared,
  arkTakeBacks,
  arkStorages,
  arkSchedules,
  arkAlarms,
  arkTrust,
  arkSystem,
};

export const allRoutes: readonly { resource: string; name: string; path: string; action: Action }[] =
  Object.entries(routes).flatMap(([resource, actions]) =>
    Object.entries(actions).map(([name, action]) => ({
      resource,
      name,
      path: `/api/${resource}:${name}`,
      action,
    })),
  );
