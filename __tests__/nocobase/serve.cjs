'use strict';
/**
 * node serve.cjs: NocoBase with its web front end as a process of its own, until SIGTERM or SIGINT.
 *
 *   APP_PORT (13000)         where to listen
 *   NB_PLUGINS (nocobase)    comma separated list of plugins; "minimal" for the fewest that work
 *   NB_ENABLE                optional plugins to enable unless they are: a comma separated list, or * for all
 *   NB_LOG                   a log level: log to the console rather than into files
 * and those of environment.cjs and boot.cjs. It prints "READY <address>" once it answers.
 */
const { boot, MINIMAL } = require('./boot.cjs');

const list = (text) =>
  text
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
const { NB_PLUGINS = 'nocobase', NB_ENABLE, NB_LOG } = process.env;

async function main() {
  const nocobase = await boot({
    plugins: NB_PLUGINS === 'minimal' ? MINIMAL : list(NB_PLUGINS),
    enable: NB_ENABLE === '*' ? '*' : NB_ENABLE && list(NB_ENABLE),
    port: Number(process.env.APP_PORT),
    gateway: true,
    log: NB_LOG,
  });

  let stopping;
  const stop = () => (stopping ??= nocobase.close().finally(() => process.exit(0)));
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);

  console.log(`READY ${nocobase.url} (process ${process.pid}, ${nocobase.app.pm.getPlugins().size} plugins)`);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
