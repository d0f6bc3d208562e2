import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COMMANDS } from '../../src/server/commandTable';
import { completed, completionCommand } from '../../src/server/completion';
import { placesIn, type Place } from '../../src/server/terminal/completion/completed';
import { runCommand } from '../helpers/terminal';

/** What a shell offers, asked of the shell itself; what there is to offer is known by the commands. */
const SHELLS = ['bash', 'zsh', 'fish'] as const;
const isThere = (shell: string): boolean => spawnSync(shell, ['-c', 'exit 0']).status === 0;

let folder: string;
let places: Place[];
const scriptOf = (shell: string) => join(folder, `ark.${shell}`);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ark-completion-'));
  places = placesIn(await completed());
  for (const shell of SHELLS) {
    const { out, exit } = await runCommand(completionCommand, ['completion', shell], folder);
    expect(exit).toBe(0);
    await writeFile(scriptOf(shell), out);
  }
  await writeFile(join(folder, 'my backup.ark'), '');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Each of these lines with what bash offers for its last word, by the function that it was told to call. */
function offered(lines: readonly string[]): string[][] {
  const program = `
    source "$1"
    call=$(complete -p ark); call="\${call##*-F }"; call="\${call%% *}"
    while IFS= read -r line; do
      read -ra COMP_WORDS <<<"$line"
      [[ $line == *' ' ]] && COMP_WORDS+=('')
      COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)) COMP_LINE="$line" COMP_POINT=\${#line}
      COMPREPLY=()
      "$call"
      (IFS=$'\\t'; echo "\${COMPREPLY[*]}")
    done`;
  const out = execFileSync('bash', ['--norc', '-c', program, 'bash', scriptOf('bash')], {
    cwd: folder,
    input: `${lines.join('\n')}\n`,
    encoding: 'utf8',
  });
  return out
    .slice(0, -1)
    .split('\n')
    .map((line) => line.split('\t').filter(Boolean));
}

const at = (path: string) => `ark ${path}`.trim();

describe('bash', () => {
  it('takes the script without a word', () => {
    expect(spawnSync('bash', ['-n', scriptOf('bash')], { encoding: 'utf8' })).toMatchObject({
      status: 0,
      stderr: '',
    });
  });

  it('offers every command, and those inside of it', () => {
    const names = COMMANDS.map(({ usage }) => usage.split(' ')[0] ?? '');
    expect(offered(['ark '])[0]?.sort()).toEqual([...names, 'help'].sort());
    const groups = places.filter(({ path, commands }) => path !== '' && commands.length > 0);
    expect(groups.length).toBe(COMMANDS.filter(({ group }) => group).length);
    const inside = offered(groups.map(({ path }) => `${at(path)} `));
    for (const [i, { commands }] of groups.entries())
      expect(inside[i]?.sort()).toEqual(commands.map(({ name }) => name).sort());
    expect(offered(['ark re'])[0]?.sort()).toEqual(['rehearse', 'rescue-sheet', 'restore']);
  });

  it('offers every option of every command, and of no other', () => {
    const all = offered(places.map(({ path }) => `${at(path)} -`));
    for (const [i, { path, options }] of places.entries())
      expect([path, all[i]?.sort()]).toEqual([path, options.flatMap(({ names }) => names).sort()]);
    expect(places.length).toBeGreaterThan(COMMANDS.length);
  });

  it.each([
    ['ark backup --groups ', ['required', 'user', 'custom', 'third-party', 'unknown', 'log']],
    ['ark backup --groups th', ['third-party']],
    ['ark completion ', ['bash', 'zsh', 'fish']],
    ['ark verify ', ['latest', 'ark.bash', 'ark.fish', 'ark.zsh', 'my backup.ark']],
    ['ark verify m', ['my backup.ark']],
    ['ark delete latest l', ['latest']],
    ['ark diff latest my', ['my backup.ark']],
    ['ark show latest ', []],
    ['ark verify --passphrase-file ark.b', ['ark.bash']],
    // What an option has taken is no archive, and no command.
    ['ark show --storage backup lat', ['latest']],
    ['ark schedule add --env backup --to', ['--to']],
    ['ark --help ba', ['backup']],
    ['ark backup --json --gr', ['--groups']],
    ['ark help sch', ['schedule']],
    ['ark nonsense x', []],
  ])('%p', (line, words) => {
    expect(offered([line])[0]?.sort()).toEqual([...words].sort());
  });

  it('is not led astray by what stands in the line', () => {
    const all = offered(['ark show $(touch${IFS}x) ', 'ark list `id` -', "ark verify ';id' "]);
    expect(all).toHaveLength(3);
    expect(spawnSync('ls', [folder], { encoding: 'utf8' }).stdout).not.toMatch(/^x$/m);
  });
});

describe.each(SHELLS.slice(1))('%s', (shell) => {
  (isThere(shell) ? it : it.skip)(
    'takes the script without a word (skipped where it is not installed)',
    () => {
      expect(spawnSync(shell, ['-n', scriptOf(shell)], { encoding: 'utf8' })).toMatchObject({
        status: 0,
        stderr: '',
      });
    },
  );
});
