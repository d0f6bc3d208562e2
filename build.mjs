// Bundles each door as CommonJS: NocoBase loads plugins with require(), and some of our libraries are ES modules only
// (docs/adr/0001). What the host brings, or what is native, stays outside.
import { build } from 'esbuild';
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, cp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { noticesText, packagesOf } from './scripts/notices.mjs';

await rm('dist', { recursive: true, force: true });
const server = {
  outdir: 'dist/server',
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  legalComments: 'none',
  logLevel: 'warning',
};
const bundled = new Set();
const whole = {
  ...server,
  metafile: true,
  bundle: true,
  external: JSON.parse(readFileSync('scripts/external.json', 'utf8')),
  sourcesContent: false,
};
const plugin = await build({
  ...whole,
  entryPoints: { index: 'src/server/index.ts' },
  sourcemap: 'linked',
});
// The command line in parts, each of which is read when it is needed. Only ES modules can be split, so the parts are
// turned into CommonJS afterwards.
const parts = mkdtempSync(join(tmpdir(), 'ark-build-'));
const cli = await build({
  ...whole,
  format: 'esm',
  splitting: true,
  entryPoints: { cli: 'src/server/cli.ts' },
  chunkNames: 'cli-[name]-[hash]',
  outdir: parts,
  minifyWhitespace: true,
  minifySyntax: true,
  sourcemap: 'inline',
});
await build({
  ...server,
  entryPoints: readdirSync(parts, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.js'))
    .map((name) => join(parts, name)),
  outbase: parts,
  supported: { 'dynamic-import': false },
  logOverride: { 'suspicious-boolean-not': 'silent' },
  minifyWhitespace: true,
  sourcemap: 'linked',
  sourcesContent: false,
});
await rm(parts, { recursive: true, force: true });
for (const { metafile } of [plugin, cli]) for (const file of Object.keys(metafile.inputs)) bundled.add(file);
await chmod('dist/server/cli.js', 0o755);
// PostgreSQL's parser looks for its WebAssembly beside the file that it is bundled into.
await cp('node_modules/libpg-query/wasm/libpg-query.wasm', 'dist/server/libpg-query.wasm');

// NocoBase finds a plugin's collections by their files, and its words by theirs.
const collections = readdirSync('src/server/collections').filter((name) => name.endsWith('.ts'));
await build({
  ...server,
  outdir: 'dist/server/collections',
  entryPoints: collections.map((name) => `src/server/collections/${name}`),
});
await cp('src/locale', 'dist/locale', { recursive: true });

// Versions that the plugin was built for; NocoBase compares them with its own before it loads it.
const VERSIONS = {
  '@nocobase/server': '2.2.15',
  '@nocobase/client': '2.2.15',
  react: '18.2.0',
  antd: '5.24.2',
};
await writeFile('dist/externalVersion.js', `module.exports = ${JSON.stringify(VERSIONS, undefined, 2)};\n`);

// The page: of the console, and inside NocoBase's two.
if (existsSync('vite.config.ts')) {
  const { build: buildPage } = await import('vite');
  const pages = [
    {},
    ...['client', 'client-v2'].map((mode) => ({ configFile: 'vite.plugin.config.ts', mode })),
  ];
  for (const page of pages) {
    const built = await buildPage({ ...page, logLevel: 'warn' });
    for (const { output } of [built].flat()) {
      for (const chunk of output) for (const file of chunk.moduleIds ?? []) bundled.add(file);
    }
  }
}
await writeFile('dist/THIRD-PARTY-NOTICES.txt', noticesText(packagesOf(bundled)));
