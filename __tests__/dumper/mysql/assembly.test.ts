import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(__dirname, '..', '..', '..');

it('what runs is what assembly/ says ("npm run assembly" makes it anew)', () => {
  execFileSync(process.execPath, ['scripts/assembly.mjs', '--check'], { cwd: root, encoding: 'utf8' });
});
