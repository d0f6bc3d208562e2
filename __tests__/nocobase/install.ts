import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { installFolder, PACK } from './app';

const ROOT = join(__dirname, '../..');

/** A NocoBase of its own, from npm, and the plugin as a package. */
export function installNocoBase(): void {
  const install = installFolder();
  execFileSync('bash', [join(__dirname, 'install.sh'), install], { stdio: 'inherit' });
  if (!process.env.ARK_NO_BUILD) {
    execFileSync('npm', ['run', 'build'], {
      cwd: ROOT,
      stdio: 'inherit',
      env: { ...process.env, NODE_ENV: 'production' },
    });
  }
  const folder = join(install, 'pack');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  execFileSync('bash', ['-c', `mv ${folder}/*.tgz ${join(install, PACK)}`]);
}
