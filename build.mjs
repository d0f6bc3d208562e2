// Bundles each door as CommonJS: NocoBase loads plugins with require(), and some of our libraries are ES modules only
// (docs/adr/0001).
import { build } from 'esbuild';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { buildCli, bundle, external, server } from './scripts/cli.mjs';
import { buildGuides } from './scripts/guides.mjs';
import { noticesText, packagesOf } from './scripts/notices.mjs';

// What is written last. `npm start` builds only where something has changed since.
const LAST = 'dist/THIRD-PARTY-NOTICES.txt';
if (process.argv.includes('--if-changed') && existsSync(LAST)) {
  const built = statSync(LAST).mtimeMs;
  const changed = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs > built;
  const inside = (folder) => readdirSync(folder, { recursive: true }).map((name) => `${folder}/${name}`);
  const files = ['build.mjs', 'package-lock.json', 'vite.config.ts', 'vite.plugin.config.ts'];
  const folders = ['src', 'scripts', 'docs/guides'].flatMap(inside);
  if (![...files, 'src', ...folders].some(changed)) process.exit(0);
}

await rm('dist', { recursive: true, force: true });
const bundled = new Set(await buildCli('dist/server'));
const plugin = await build({
  ...server,
  metafile: true,
  entryPoints: { index: 'src/server/index.ts' },
  outdir: 'dist/server',
  ...bundle,
  external,
  sourcemap: 'linked',
  sourcesContent: false,
});
for (const file of Object.keys(plugin.metafile.inputs)) bundled.add(file);

// NocoBase finds a plugin's collections by their files.
const collections = readdirSync('src/server/collections').filter((name) => name.endsWith('.ts'));
await build({
  ...server,
  outdir: 'dist/server/collections',
  entryPoints: collections.map((name) => `src/server/collections/${name}`),
});

// What NocoBase's menu says comes with its own words to every user; the page's words come when it is opened.
const wordsOf = (name) => JSON.parse(readFileSync(`src/locale/${name}`, 'utf8'));
const title = (words) => words['nocobase.title'];
const english = wordsOf('en-US.json');
for (const folder of ['dist/locale', 'dist/texts']) mkdirSync(folder, { recursive: true });
for (const name of readdirSync('src/locale')) {
  const words = wordsOf(name);
  const language = basename(name, '.json');
  await writeFile(`dist/locale/${name}`, `${JSON.stringify({ [title(english)]: title(words) })}\n`);
  const holder = 'globalThis.arkTexts';
  const texts = JSON.stringify({ [language]: words });
  await writeFile(`dist/texts/${language}.js`, `${holder} = Object.assign(${holder} || {}, ${texts});\n`);
}

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
await buildGuides('docs/guides', 'dist/console/guides');
await writeFile(LAST, noticesText(packagesOf(bundled)));
