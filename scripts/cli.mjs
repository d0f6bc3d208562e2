// Builds the command line in parts, each of which is read when it is needed: `node scripts/cli.mjs FOLDER`.
import { build } from 'esbuild';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, cp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const root = join(import.meta.dirname, '..');
/** What the host brings, or what is native, stays outside. */
export const external = JSON.parse(readFileSync(join(root, 'scripts', 'external.json'), 'utf8'));
export const server = {
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  legalComments: 'none',
  // As newer Nodes have it. Without it pg makes a Response to see where it runs, and all of Node's fetch is loaded for that.
  define: { navigator: '{"userAgent":"Node.js"}' },
  logLevel: 'warning',
};
/** For what takes its libraries in. */
export const bundle = { bundle: true, alias: { 'crc-32': join(root, 'scripts', 'crc32.mjs') } };

/** Only ES modules can be split, so the parts are turned into CommonJS afterwards. Returns the files that are in it. */
export async function buildCli(outdir) {
  const parts = mkdtempSync(join(tmpdir(), 'ark-build-'));
  const { metafile } = await build({
    ...server,
    format: 'esm',
    splitting: true,
    ...bundle,
    external,
    metafile: true,
    absWorkingDir: root,
    entryPoints: { cli: 'src/server/cli.ts' },
    chunkNames: 'cli-[name]-[hash]',
    outdir: parts,
    minifyWhitespace: true,
    minifySyntax: true,
    sourcemap: 'inline',
    sourcesContent: false,
  });
  await build({
    ...server,
    entryPoints: readdirSync(parts).map((name) => join(parts, name)),
    outdir,
    supported: { 'dynamic-import': false },
    logOverride: { 'suspicious-boolean-not': 'silent' },
    minifyWhitespace: true,
    sourcemap: 'linked',
    sourcesContent: false,
  });
  await rm(parts, { recursive: true, force: true });
  await chmod(join(outdir, 'cli.js'), 0o755);
  // PostgreSQL's parser looks for its WebAssembly beside the file that it is bundled into.
  await cp(join(root, 'node_modules/libpg-query/wasm/libpg-query.wasm'), join(outdir, 'libpg-query.wasm'));
  return Object.keys(metafile.inputs);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await buildCli(process.argv[2]);
