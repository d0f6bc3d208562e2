import { COMMANDS } from '../../src/server/commandTable';
import { GROUPS } from '../../src/server/commands/options';
import { GroupName } from '../../src/server/dumper/app/groups';
import { Variables } from '../../src/server/environment';
import { ERRORS } from '../../src/server/errors/errors';
import { programOf } from '../../src/server/program';
import { FIRST_SETTINGS, TOP_HELP } from '../../src/server/terminal/helpText';
import { refusedWords, shellWords } from '../helpers/parses';
import { printedBy } from '../helpers/terminal';

/** What `--help` says is what there is. */
const helpOf = async (...words: string[]): Promise<string> => {
  const program = await programOf(
    (name) => words.includes(name),
    (made) => made.exitOverride(),
  );
  const { out } = await printedBy(() =>
    program.parseAsync([...words, '--help'], { from: 'user' }).catch(() => undefined),
  );
  return out;
};

it('the way that examples are tried tells what is wrong', async () => {
  expect(shellWords(`ark schedule add n --every "1 day" --at '02:30' # each night`)).toEqual([
    'ark',
    'schedule',
    'add',
    'n',
    '--every',
    '1 day',
    '--at',
    '02:30',
  ]);
  expect(shellWords('ark completion bash > /etc/x; ark list')).toEqual(['ark', 'completion', 'bash']);
  expect(await refusedWords(['list', '--nonsense'])).toMatch(/--nonsense/);
  expect(await refusedWords(['lits'])).toMatch(/lits/);
  expect(await refusedWords(['schedule', 'ad', 'x'])).toMatch(/ad/);
  expect(await refusedWords(['verify'])).toMatch(/archive/);
  expect(await refusedWords(['completion', 'tcsh'])).toMatch(/bash, zsh, fish/);
  expect(await refusedWords(['list'])).toBeUndefined();
});

const own = COMMANDS.flatMap(({ usage, examples }) =>
  examples.map(([line]): [string, string] => [usage.split(' ')[0] ?? '', line]),
);
it.each(own)('of %s: %s', async (name, line) => {
  const [ark, ...words] = shellWords(line);
  expect([ark, words[0], await refusedWords(words)]).toEqual(['ark', name, undefined]);
});

it.each(COMMANDS.map(({ usage }) => usage.split(' ')[0] ?? ''))(
  '%s has examples, exit codes, --quiet and --verbose in its help',
  async (name) => {
    const help = await helpOf(name);
    const { examples, group } = COMMANDS.find(({ usage }) => usage.split(' ')[0] === name)!;
    expect(examples.length).toBeGreaterThan(0);
    for (const [line, what] of examples) {
      expect(help).toContain(line);
      expect(help).toContain(what);
    }
    expect(help).toContain('Exit codes: 0 done');
    if (!group)
      for (const option of ['--quiet', '--verbose', '--json', '--env']) expect(help).toContain(option);
  },
);

it('the help of ark has examples, all exit codes and the settings that people need first', async () => {
  const help = await helpOf();
  expect(help).toContain(TOP_HELP.trim());
  const lines = help
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.startsWith('ark '));
  expect(lines.length).toBeGreaterThan(3);
  for (const line of lines)
    expect([line, await refusedWords(shellWords(line).slice(1))]).toEqual([line, undefined]);
  const codes = /Exit codes: ([^]*?)\.\n/.exec(help)?.[1]?.match(/\d/g)?.map(Number) ?? [];
  // The last ones are of `ark diff`, `ark list --stale` and `ark safe`, and no failures.
  expect(codes).toEqual([
    0,
    ...new Set(
      Object.values(ERRORS)
        .map(({ exit }) => exit)
        .sort(),
    ),
    4,
    5,
    6,
  ]);
  for (const [names] of FIRST_SETTINGS)
    for (const name of names.split(', ')) expect([name, name in Variables.shape]).toEqual([name, true]);
});

it('the help of --groups names all that may be chosen', async () => {
  expect(GROUPS).toEqual(GroupName.options.filter((group) => group !== 'ignored'));
  expect((await helpOf('backup')).replace(/\s+/g, ' ')).toContain(GROUPS.join(', '));
});
