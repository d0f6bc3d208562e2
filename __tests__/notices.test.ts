import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import external from '../scripts/external.json';

const run = promisify(execFile);
const root = join(__dirname, '..');

/** What the build does, for the packages of the server's bundle and of the page's own imports. */
it('every package in a bundle has its licence beside it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ark-notices-'));
  try {
    const meta = join(folder, 'meta.json');
    await run(
      join(root, 'node_modules/.bin/esbuild'),
      [
        'src/server/cli.ts',
        'src/server/index.ts',
        'src/client/main.tsx',
        '--bundle',
        '--platform=node',
        ...external.map((one) => `--external:${one}`),
        '--log-level=error',
        `--outdir=${folder}`,
        `--metafile=${meta}`,
      ],
      { cwd: root },
    );
    const { inputs } = JSON.parse(await readFile(meta, 'utf8')) as { inputs: Record<string, unknown> };
    const script = `
      import { packagesOf, noticesText } from './scripts/notices.mjs';
      import { readFileSync } from 'node:fs';
      const packages = packagesOf(Object.keys(JSON.parse(readFileSync(process.argv[1], 'utf8')).inputs));
      console.log(JSON.stringify({ packages, text: noticesText(packages) }));`;
    const { stdout } = await run('node', ['--input-type=module', '-e', script, meta], {
      cwd: root,
      maxBuffer: 64 * 1024 * 1024,
    });
    const told = JSON.parse(stdout) as {
      packages: { name: string; version: string; license: string; text: string }[];
      text: string;
    };
    // No file of a package without its notice, counted in another way than the build does.
    const names = new Set(
      Object.keys(inputs).flatMap((file) => {
        const [, rest] = file.split(/.*node_modules\//);
        if (rest === undefined) return [];
        const [first = '', second = ''] = rest.split('/');
        return [first.startsWith('@') ? `${first}/${second}` : first];
      }),
    );
    expect(names.size).toBeGreaterThan(100);
    expect(new Set(told.packages.map((one) => one.name))).toEqual(names);
    for (const { name, version, license, text } of told.packages) {
      expect([name, license]).toEqual([name, expect.stringMatching(/MIT|Apache|BSD|ISC|BlueOak|Unlicense/)]);
      // The words of a licence, not only its name.
      expect([name, text.length > 400]).toEqual([name, true]);
      expect(told.text).toContain(`${name} ${version} (${license})`);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 60_000);

it('a package under another licence ends the build', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ark-notices-'));
  try {
    const script = `
      import { packagesOf } from './scripts/notices.mjs';
      import { mkdirSync, writeFileSync } from 'node:fs';
      const folder = process.argv[1] + '/node_modules/odd';
      mkdirSync(folder, { recursive: true });
      writeFileSync(folder + '/package.json', '{"name":"odd","version":"1.0.0","license":"GPL-3.0"}');
      packagesOf([folder + '/index.js']);`;
    await expect(
      run('node', ['--input-type=module', '-e', script, folder], { cwd: root }),
    ).rejects.toMatchObject({ stderr: expect.stringContaining('odd is under GPL-3.0') as string });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
