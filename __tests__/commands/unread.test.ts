import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleCli } from '../helpers/cli';
import { digest } from '../helpers/digest';
import { ownPlace } from '../helpers/place';
import type { TestDatabase } from '../helpers/postgres';

/** `ark list | head -1`: the reader leaves, or there is no room for what is shown, and the command is about something else. */
const place = ownPlace();
let program: string;
let source: TestDatabase;

beforeAll(async () => {
  program = await bundleCli(place.data.folder);
  source = await place.database(
    'CREATE TABLE parts (id int PRIMARY KEY, name text); INSERT INTO parts SELECT g, g::text FROM generate_series(1, 500) g',
  );
});

/** Its exit code, and what it wrote where somebody still reads; `$ark` and `$other` stand for both. */
function run(script: string, words: readonly string[]): { exit: number; other: string } {
  const other = join(place.data.folder, 'other.txt');
  const env = { PATH: process.env.PATH, HOME: place.data.folder, ARK_DATA: place.data.folder, other };
  const said = execFileSync('bash', ['-c', script, program, ...words], { env, encoding: 'utf8' });
  return { exit: Number(said), other: readFileSync(other, 'utf8') };
}

// `true` has ended long before the command writes anything.
const STANDARD_OUTPUT = '"$0" "$@" 2>"$other" | true; echo ${PIPESTATUS[0]}';
const STANDARD_ERROR = '"$0" "$@" 2>&1 >"$other" | true; echo ${PIPESTATUS[0]}';
const BOTH = ': >"$other"; "$0" "$@" 2>&1 | true; echo ${PIPESTATUS[0]}';
const FULL = '"$0" "$@" >/dev/full 2>"$other"; echo $?';

const to = (database: TestDatabase) => ['--database', database.url];

it.each([
  ['standard output', STANDARD_OUTPUT],
  ['standard error', STANDARD_ERROR],
  ['both', BOTH],
])('nobody reads %s: what is under way is done, and its exit code is its own', async (what, script) => {
  const target = await place.database();
  const name = `unread-${what.replace(' ', '-')}`;
  for (const [exit, ...words] of [
    [0, '--help'],
    [0, 'backup', '--help'],
    [0, 'backup', '--name', name, '--verbose', ...to(source)],
    [0, 'list'],
    [0, 'list', '--json'],
    [0, 'show', `${name}.ark`],
    [0, 'verify', `${name}.ark`, '--verbose'],
    [0, 'restore', `${name}.ark`, '--yes', '--verbose', ...to(target)],
    [1, 'show', 'not-there.ark'],
    [2, 'list', '--nonsense'],
  ] as const) {
    const ended = run(script, words);
    expect([words, ended.exit, ended.other]).toEqual([
      words,
      exit,
      expect.not.stringMatching(/EPIPE|node:|\n\s+at /),
    ]);
  }
  expect((await digest(target.url)).tables.parts).toBe((await digest(source.url)).tables.parts);
});

it.each([['--help'], ['list'], ['list', '--json']])(
  'what was asked for cannot be written, %s: that is a failure, told in words',
  (...words) => {
    const { exit, other } = run(FULL, words);
    expect(exit).toBe(1);
    expect(other).toMatch(/^ark: What was to be shown could not be written: ENOSPC[^\n]*\n$/);
  },
);
