'use strict';
/**
 * node classify.cjs: which group NocoBase itself puts each of its live collections into, as JSON { table: group }.
 * In a process of its own: the classification is that of the app as it has loaded everything.
 */
const { boot, nocobaseRequire } = require('./boot.cjs');

async function main() {
  const { app, close } = await boot();
  const { CollectionGroupManager } = nocobaseRequire('@nocobase/database');
  const groups = {};
  for (const collection of app.db.collections.values()) {
    const rules = CollectionGroupManager.unifyDumpRules(collection.options.dumpRules);
    const table = collection.model.getTableName();
    const name = collection.options.viewName ?? (typeof table === 'string' ? table : table.tableName);
    groups[name] = rules?.group ?? 'unknown';
  }
  process.stdout.write(`GROUPS ${JSON.stringify(groups)}\n`);
  await close();
  process.exit(0);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
