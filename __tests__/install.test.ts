import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import about from '../package.json';
import { Variables } from '../src/server/environment';
import { refusedWords, shellWords } from './helpers/parses';

/** What the documents and the files for installing say is what the command line takes, and what is in the package. */
const root = join(__dirname, '..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const inFolder = (folder: string) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`);
const documents = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...inFolder('docs'),
  ...inFolder('docs/adr'),
  ...inFolder('docs/guides'),
].filter((file) => file.endsWith('.md'));
const files = inFolder('deploy');

/** What is called in a line: after a prompt, a folder, a variable, the time of cron, another program. */
function calls(line: string): string[][] {
  return [...line.matchAll(/(?:^|[\s;&|(=])(ark (?!ark\b)[^`]*)/g)].map(([, call = '']) =>
    shellWords(call).slice(1),
  );
}

/** Lines of blocks of code that call Ark. */
const inBlocks = (file: string): string[] =>
  [...read(file).matchAll(/^```(\w*)\n([^]*?)^```$/gm)]
    .flatMap(([, language = '', block = '']) =>
      ['', 'sh', 'bash', 'console'].includes(language) ? block.split('\n') : [],
    )
    .filter((line) => /^(?:\$ |[^#]*&& |[\d*/ ]+|docker compose exec ark )?ark [a-z-]/.test(line));

const lines = documents.flatMap((file) => inBlocks(file).map((line): [string, string] => [file, line]));

it('lines are found where they stand', () => {
  expect(lines.length).toBeGreaterThan(40);
  for (const file of ['README.md', 'docs/install.md', 'docs/schedules.md', 'docs/storages.md'])
    expect(lines.map(([where]) => where)).toContain(file);
  expect(calls('* * * * * nocobase cd /srv/app && ark schedule run-due --quiet')).toEqual([
    ['schedule', 'run-due', '--quiet'],
  ]);
  expect(calls('docker compose exec ark ark list')).toEqual([['list']]);
});

it.each(lines)('%s: %s', async (_, line) => {
  const called = calls(line);
  expect(called.length).toBeGreaterThan(0);
  for (const words of called) expect([words, await refusedWords(words)]).toEqual([words, undefined]);
});

/** What a file for installing calls. */
const STARTS: Record<string, (text: string) => string[][]> = {
  'deploy/ark.service': (text) => unitCalls(text),
  'deploy/ark-due.service': (text) => unitCalls(text),
  'deploy/ark-due.timer': () => [],
  'deploy/ark.cron': (text) =>
    text
      .split('\n')
      .filter((line) => line.startsWith('*'))
      .flatMap(calls),
  'deploy/Dockerfile': (text) => [listOf(/^CMD (\[.*\])$/m.exec(text)?.[1])],
  'deploy/compose.yaml': (text) => [listOf(/^ {4}command: (\[.*\])$/m.exec(text)?.[1])],
};
const unitCalls = (text: string): string[][] =>
  [...text.matchAll(/^ExecStart=(.*)$/gm)].flatMap(([, line = '']) => calls(line));
const listOf = (text = '[]'): string[] => JSON.parse(text.replaceAll("'", '"')) as string[];

it('every file for installing is looked at', () => {
  expect(Object.keys(STARTS).sort()).toEqual(files.sort());
});

it.each(files)('%s calls what there is', async (file) => {
  const called = STARTS[file]?.(read(file)) ?? [];
  expect(called.length).toBe(file.endsWith('.timer') ? 0 : 1);
  for (const words of called) {
    expect(words.length).toBeGreaterThan(0);
    expect([words, await refusedWords(words)]).toEqual([words, undefined]);
  }
});

it.each(files)('%s sets only what Ark or the others read', (file) => {
  const OTHERS = /^(PATH|NODE_ENV|POSTGRES_\w+)$/;
  const set = [...read(file).matchAll(/^\s*(?:ENV )?([A-Z][A-Z0-9_]+)[=:]|(?<=\s)([A-Z][A-Z0-9_]+)=/gm)].map(
    ([, first, second]) => first ?? second ?? '',
  );
  expect(set.filter((name) => !(name in Variables.shape) && !OTHERS.test(name))).toEqual([]);
});

it('the units are for each other', () => {
  expect(files).toContain('deploy/ark-due.service');
  expect(read('deploy/ark-due.timer')).toMatch(/^OnCalendar=minutely$/m);
  for (const file of files.filter((name) => name.endsWith('.service'))) {
    expect(read(file)).toMatch(/^User=(?!root)\w+$/m);
    // Longer than a job takes to put everything back.
    expect(read(file)).toMatch(/^TimeoutStopSec=120$/m);
  }
});

it('nobody is told to fetch what another may publish under that name', () => {
  const everywhere = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  })
    .trim()
    .split('\n')
    .filter((file) => !/^__tests__\/|\.(?:png|ark|nbdump|nbdata|wasm)$/.test(file));
  expect(everywhere.length).toBeGreaterThan(300);
  expect(
    everywhere.filter((file) => /npx ark\b|npx -y ark\b|npm (?:i|install) (?:-g )?ark\b/.test(read(file))),
  ).toEqual([]);
});

it('the package needs no other: what is in it runs where there is none', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ark-install-'));
  try {
    execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder], {
      cwd: root,
    });
    const [file = ''] = await readdir(folder);
    execFileSync('tar', ['-xzf', file], { cwd: folder });
    const ark = (...words: string[]) =>
      execFileSync(join(folder, 'package', 'dist', 'server', 'cli.js'), words, {
        cwd: folder,
        encoding: 'utf8',
        env: { PATH: process.env.PATH, ARK_DATA: join(folder, 'data') },
      });
    expect(ark('--version').trim()).toBe(about.version);
    expect(JSON.parse(ark('list', '--json'))).toMatchObject({ backups: [] });
    expect(ark('inspect', join(folder, 'package', 'assets', 'demo.ark'))).toContain('collections');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

it('the package has what it says, what is to be copied from it, and nothing that only weighs', () => {
  const [packed] = JSON.parse(
    execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 1 << 26,
      env: { ...process.env, npm_config_offline: 'true' },
    }),
  ) as { files: { path: string }[]; size: number }[];
  const paths = packed!.files.map(({ path }) => path);
  for (const file of [
    ...files,
    'docs/install.md',
    'README.md',
    'LICENSE',
    'assets/demo.ark',
    'client.js',
    'server.js',
  ])
    expect(paths).toContain(file);
  for (const file of [about.main, ...Object.values(about.bin)]) expect(paths).toContain(file);
  expect(
    paths.filter((path) =>
      /\.map$|^(?!dist\/console\/guides\/).*\.png$|^(?:src|__tests__|bench|node_modules)\//.test(path),
    ),
  ).toEqual([]);
  expect(packed!.size).toBeLessThan(8_000_000);
});
