'use strict';
/**
 * A real NocoBase app for bench/nocobase.ts, one step a process:
 *
 *   app.cjs install                        an empty app with all its plugins
 *   app.cjs fill                           the demo company, with every field type and nasty values
 *   app.cjs dump   RESULT.json FILE        all groups, by the official backup-restore plugin
 *   app.cjs restore RESULT.json FILE       likewise
 *
 * RESULT.json gets seconds and the peak of resident memory of the operation alone, without the start of the app.
 * The environment is that of __tests__/nocobase/boot.cjs.
 */
const fs = require('node:fs');
const { boot, connect } = require('../../__tests__/nocobase/boot.cjs');
const { fillDemo } = require('../../__tests__/nocobase/demo.cjs');
const { nocobaseRequire } = require('../../__tests__/nocobase/environment.cjs');

const [verb, resultFile, file] = process.argv.slice(2);
const official = (name) => nocobaseRequire(`@nocobase/plugin-backup-restore/dist/server/${name}`);
const GROUPS = ['required', 'user', 'log', 'third-party', 'custom', 'unknown'];

const memory = (name) =>
  Number(new RegExp(`${name}:\\s+(\\d+)`).exec(fs.readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0) *
  1024;

async function measured(work) {
  const base = memory('VmRSS');
  fs.writeFileSync('/proc/self/clear_refs', '5'); // the peak counts from here on
  const begin = process.hrtime.bigint();
  let error;
  await work().catch((reason) => {
    error = String(reason?.message ?? reason).slice(0, 300);
  });
  const seconds = Number(process.hrtime.bigint() - begin) / 1e9;
  fs.writeFileSync(resultFile, JSON.stringify({ seconds, peak: memory('VmHWM'), base, error }));
}

async function main() {
  const nocobase = await boot({ enable: '*', port: verb === 'fill' ? 0 : undefined });
  const { app } = nocobase;
  if (verb === 'fill') {
    await fillDemo({
      admin: await connect(nocobase.url).signIn(),
      sql: (statement) => app.db.sequelize.query(statement),
    });
  }
  if (verb === 'dump') {
    await measured(async () => {
      const { Dumper } = official('dumper');
      const { filePath } = await new Dumper(app).dump({ groups: new Set(GROUPS) });
      fs.renameSync(filePath.filePath ?? filePath, file);
    });
  }
  if (verb === 'restore') {
    await measured(async () => {
      const { Restorer } = official('restorer');
      await new Restorer(app, { backUpFilePath: file }).restore({ groups: new Set(GROUPS) });
    });
  }
  if (verb === 'install' || verb === 'fill') await nocobase.close();
}

main().then(
  () => process.exit(0),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
