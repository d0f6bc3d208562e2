import type { Application } from '@nocobase/server';
import { OWN } from '../../dumper/app/groups';

/**
 * No backup has Ark's own tables. An app that comes back on a new server knows of the plugin and has not installed it
 * there: what is missing is made before anybody asks for it. What is there is left as it is.
 */
export async function makeOwnTables({ db }: Pick<Application, 'db'>): Promise<void> {
  for (const name of OWN) {
    const collection = db.collections.get(name);
    if (!collection || (await collection.existsInDb())) continue;
    await collection.sync().catch(async (error: unknown) => {
      // Another node may have made it in the same moment.
      if (!(await collection.existsInDb())) throw error;
    });
  }
}
