'use strict';
/**
 * node officialFields.cjs NODE_MODULES: what NocoBase's official plugins keep, as JSON { collection: { field: type } };
 * a field that they hide is `hidden type`. Their collections are read as they are shipped, nothing is booted.
 * `__tests__/fixtures/officialFields.json` is what it prints for 2.2.15.
 */
const { existsSync, readdirSync } = require('node:fs');
const Module = require('node:module');
const { join, resolve } = require('node:path');

const root = join(resolve(process.argv[2] ?? 'node_modules'), '@nocobase');
const load = Module._load;
/** Whatever a definition is made with: only what it says is wanted. */
const anything = new Proxy(function () {}, {
  get: (_, key) =>
    key === '__esModule'
      ? true
      : key === 'defineCollection' || key === 'extendCollection'
        ? (definition) => definition
        : () => ({}),
});
Module._load = (request, ...rest) => {
  if (request.startsWith('@nocobase/')) return anything;
  try {
    return load(request, ...rest);
  } catch {
    return anything;
  }
};

const known = {};
for (const plugin of readdirSync(root).filter((name) => name.startsWith('plugin-'))) {
  const folder = join(root, plugin, 'dist', 'server', 'collections');
  if (!existsSync(folder)) continue;
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.js'))) {
    const loaded = require(join(folder, file));
    const made = loaded.default ?? loaded;
    for (const { name, fields = [] } of [made].flat()) {
      if (typeof name !== 'string') continue;
      known[name] ??= {};
      for (const field of fields) known[name][field.name] = `${field.hidden ? 'hidden ' : ''}${field.type}`;
    }
  }
}
const sorted = Object.keys(known)
  .sort()
  .map((name) => [name, known[name]]);
process.stdout.write(`${JSON.stringify(Object.fromEntries(sorted), undefined, 1)}\n`);
