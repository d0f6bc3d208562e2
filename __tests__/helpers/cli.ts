import { execFile } from 'node:child_process';
import { copyFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import external from '../../scripts/external.json';

const root = join(__dirname, '..', '..');

/** The command line as build.mjs makes it; returns its path. */
export async function bundleCli(folder: string): Promise<string> {
  const program = join(folder, 'program');
  await promisify(execFile)(process.execPath, [join(root, 'scripts', 'cli.mjs'), program]);
  return join(program, 'cli.js');
}

/** A file of ours with all that it imports in one, for a process of its own; returns its path. */
export async function bundle(entry: string, file: string): Promise<string> {
  // By its command: jest's globals are of another realm than esbuild's own checks expect.
  await promisify(execFile)(join(root, 'node_modules', '.bin', 'esbuild'), [
    entry,
    '--bundle',
    '--platform=node',
    '--target=node20',
    '--format=cjs',
    ...external.map((one) => `--external:${one}`),
    '--log-level=warning',
    `--outfile=${file}`,
  ]);
  // PostgreSQL's own parser is looked for beside the bundle.
  await copyFile(
    join(root, 'node_modules', 'libpg-query', 'wasm', 'libpg-query.wasm'),
    join(dirname(file), 'libpg-query.wasm'),
  );
  return file;
}
