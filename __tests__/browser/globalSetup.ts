import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '../..');

/** The suite shows what is built: the page, and the console that serves it. */
export default function globalSetup(): void {
  if (process.env.ARK_NO_BUILD && existsSync(join(ROOT, 'dist/console/index.html'))) return;
  execFileSync('npm', ['run', 'build'], {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, NODE_ENV: 'production' },
  });
}
