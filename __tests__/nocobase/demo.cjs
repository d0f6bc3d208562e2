'use strict';
/**
 * node demo.cjs: boots a NocoBase with all its plugins on an empty PostgreSQL database, fills it through its HTTP API
 * with the data of a small trading company (about 12,000 rows), and stops it again. One to three minutes.
 * The environment variables are those of environment.cjs and boot.cjs, mostly NB_NODE_MODULES, NB_HOME, DB_PORT and
 * DB_DATABASE; DEMO_SEED (1) changes the data. The same seed gives the same rows, except for ids and time stamps.
 *
 * fillDemo() does the same for a NocoBase that runs already.
 */
const { boot, connect } = require('./boot.cjs');
const { collections, lateFields, views, VIEW_SQL } = require('./demo-collections.cjs');
const { createAutomation, createSettings, createStaff } = require('./demo-company.cjs');
const { createRandom } = require('./demo-data.cjs');
const { createPages } = require('./demo-pages.cjs');
const { createRows } = require('./demo-rows.cjs');
const { samples } = require('./demo-samples.cjs');

const RELATIONS = new Set(['m2o', 'o2m', 'm2m', 'mbm', 'oho', 'obo', 'attachment', 'chinaRegion']);

/**
 * @param {object} options
 * @param {ReturnType<typeof connect>} options.admin   signed in as an administrator
 * @param {(sql: string) => Promise<unknown>} options.sql   runs a statement, for what the HTTP API cannot make
 */
async function fillDemo({ admin, sql, seed = 1, log = () => {} }) {
  const { api } = admin;
  const random = createRandom(seed);
  const users = await createStaff(api, random);
  log(`${users.length} users`);

  // Collections.
  const categories = await api('collectionCategories:create', [
    { name: 'Trade', color: 'green' },
    { name: 'Staff', color: 'purple' },
  ]);
  for (const definition of [...collections, samples]) {
    const category = ['people', 'employees', 'contractors', 'badges'].includes(definition.name)
      ? categories[1]
      : categories[0];
    // Relations come after the plain fields, as in the user interface: only then NocoBase adds the foreign keys.
    const later = definition.fields.filter(
      (field) => RELATIONS.has(field.interface) && !field.treeParent && !field.treeChildren,
    );
    const fields = definition.fields.filter((field) => !later.includes(field));
    await api('collections:create', { ...definition, fields, category: [category.id] });
    for (const field of later) await api(`collections/${definition.name}/fields:create`, field);
  }
  for (const [collection, field] of lateFields) await api(`collections/${collection}/fields:create`, field);
  await sql(VIEW_SQL);
  for (const view of views) await api('collections:create', view);
  await api('roles/sales/dataSourceResources:create', {
    dataSourceKey: 'main',
    name: 'orders',
    usingActionsConfig: true,
    actions: [
      { name: 'view', fields: ['number', 'status', 'customer', 'total'] },
      { name: 'create', fields: [] },
    ],
  });
  log(`${collections.length + 1 + views.length} collections`);

  const customers = await createRows({ api, sql, random, users, log });
  await createSettings(api, users);
  await createAutomation(admin, random, customers);
  await createPages(api, random);
  log('settings, a workflow with executions, pages');
}

async function main() {
  const started = Date.now();
  const log = (text) => console.log(`demo: ${((Date.now() - started) / 1000).toFixed(1)} s  ${text}`);
  const nocobase = await boot({ enable: '*', port: 0 });
  log('NocoBase runs');
  try {
    await fillDemo({
      admin: await connect(nocobase.url).signIn(),
      sql: (statement) => nocobase.app.db.sequelize.query(statement),
      seed: Number(process.env.DEMO_SEED ?? 1),
      log,
    });
  } finally {
    await nocobase.close();
  }
  log('done');
}

if (require.main === module) {
  main().then(
    () => process.exit(0),
    (error) => {
      console.error(error);
      process.exit(1);
    },
  );
}

module.exports = { fillDemo };
