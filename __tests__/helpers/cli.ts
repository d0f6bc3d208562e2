import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import external from '../../scripts/external.json';

const root = join(__dirname, '..', '..');

/**
 * The command line as build.mjs makes it; returns its path. One build serves all tests of a run: whoever comes first
 * makes it, in the folder that the run has to itself, and the others wait for it.
 */
export async function bundleCli(folder: string): Promise<string> {
  const program = join(process.env.ARK_TEST_FOLDER ?? folder, 'program');
  await mkdir(dirname(program), { recursive: true });
  const first = await mkdir(`${program}.building`).then(
    () => true,
    (error: unknown) => {
      if ((error as { code?: unknown }).code === 'EEXIST') return false;
      throw error;
    },
  );
  if (first) {
    await promisify(execFile)(process.execPath, [join(root, 'scripts', 'cli.mjs'), `${program}.new`]);
    await rename(`${program}.new`, program);
  }
  for (let waited = 0; !existsSync(program); waited += 100) {
    if (waited > 120_000) throw new Error('the command line was not built in two minutes');
    await setTimeout(100);
  }
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
