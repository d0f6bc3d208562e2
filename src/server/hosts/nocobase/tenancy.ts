import { join } from 'node:path';
import type { StoragesPlace } from '../../actions/storages/storages';
import { dataFolder, type Settings } from '../../environment';

/**
 * What is one app's own of a server that has several. An app's administrators see its storages and folders, and
 * nothing of those of the others: whoever keeps the environment keeps the server, so what it names is the main app's.
 */
export function tenancy(
  app: string,
  env: Settings,
): Pick<StoragesPlace, 'environment' | 'roots' | 'dataFolder'> {
  const data = dataFolder(env);
  const apps = (root: string) => join(root, 'apps');
  if (app === 'main') {
    return {
      environment: env,
      dataFolder: data,
      roots: { below: [data, ...env.ARK_LOCAL_ROOTS], never: [data, ...env.ARK_LOCAL_ROOTS].map(apps) },
    };
  }
  const own = (root: string) => join(apps(root), asName(app));
  return {
    environment: { ...env, storages: [] },
    dataFolder: own(data),
    roots: { below: [data, ...env.ARK_LOCAL_ROOTS].map(own), never: [] },
  };
}

/** One name of a folder, whatever an app is called. */
const asName = (app: string): string =>
  encodeURIComponent(app).replace(/^\.+$/, (dots) => dots.replaceAll('.', '%2E'));
