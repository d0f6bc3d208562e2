import { copyCommand } from '../../src/server/commands/copy';
import { inspectCommand } from '../../src/server/commands/inspect';
import type { CodeItem } from '../../src/server/dumper/schema/code';
import { backUp, hostOf } from '../helpers/ark';
import { digest } from '../helpers/digest';
import { ownPlace } from '../helpers/place';
import type { TestDatabase } from '../helpers/postgres';
import { runCommand } from '../helpers/terminal';

/** Code as the command line shows it, and asks for it before a copy. */
const { data, database } = ownPlace();
const ROWS = `CREATE TABLE orders (id integer PRIMARY KEY); INSERT INTO orders VALUES (1), (2);`;
const TWICE = `CREATE FUNCTION twice(integer) RETURNS integer LANGUAGE sql SECURITY DEFINER AS 'SELECT $1 * 2';`;
const VIEW = 'CREATE VIEW large AS SELECT id FROM orders WHERE id > 1;';
let source: TestDatabase;
beforeAll(async () => {
  source = await database(`${ROWS} ${TWICE} ${VIEW}`);
  await backUp(hostOf(source.url, data.folder), 'coded');
  await backUp(hostOf((await database(ROWS)).url, data.folder), 'bare');
});

describe('inspect', () => {
  const inspect = async (...args: string[]) => {
    const said = await runCommand(inspectCommand, ['inspect', ...args], data.folder);
    expect(said).toMatchObject({ exit: 0 });
    return said.out;
  };
  const code = async (...args: string[]) =>
    (JSON.parse(await inspect(...args, '--json')) as { code: CodeItem[] }).code;

  it('counts what could run, and with --code shows each text', async () => {
    const short = await inspect('coded.ark');
    expect(short).toContain(
      'Brings code: 1 function (1 SECURITY DEFINER), 1 view. "ark inspect --code" shows the texts.',
    );
    expect(short).not.toContain('$1 * 2');
    const whole = await inspect('coded.ark', '--code');
    for (const text of [
      'function twice(integer) (SECURITY DEFINER, sql)',
      'SELECT $1 * 2',
      '-- view large',
      'WHERE (id > 1)',
    ])
      expect(whole).toContain(text);
    expect(await inspect('bare.ark', '--code')).not.toContain('code');
  });

  it('says beside a database what of it is there already, and what that account may do', async () => {
    const states = async (sql: string) => {
      const { url } = await database(sql);
      const found = await code('coded.ark', '--database', url);
      return found.map(({ kind, state }) => `${kind} ${state ?? ''}`);
    };
    expect((await code('coded.ark')).map((one) => one.state)).toEqual([undefined, undefined]);
    expect(await states('')).toEqual(['function new', 'view new']);
    expect(await states(`${ROWS} ${TWICE} ${VIEW}`)).toEqual(['function same', 'view same']);
    const other = `${ROWS} ${TWICE.replace('* 2', '* 3')} ${VIEW.replace('> 1', '> 0')}`;
    expect(await states(other)).toEqual(['function different', 'view different']);
    const said = await inspect('coded.ark', '--code', '--database', (await database(`${ROWS} ${VIEW}`)).url);
    expect(said).toContain('1 of these are here already');
    expect(said).toContain('(SECURITY DEFINER, sql, not here yet)');
    expect(said).toContain('view large (here already)');
    // The server of these tests is used as its superuser.
    expect(said).toContain('is a superuser');
    expect(await inspect('coded.ark')).not.toContain('superuser');
  });
});

describe('copy', () => {
  const copy = (to: TestDatabase, args: readonly string[], answers?: readonly string[]) =>
    runCommand(
      copyCommand,
      ['copy', '--from', source.url, '--to', to.url, '--all', ...args],
      data.folder,
      answers,
    );
  const has = async (to: TestDatabase) =>
    (await to.query(`SELECT 1 FROM pg_proc WHERE proname = 'twice'`)).length > 0;

  it.each([
    ['--yes alone', ['--yes'], undefined],
    ['a program that reads it', ['--yes', '--json'], undefined],
    ['Enter', [], ['', '']],
    ['a no', [], ['n', 'y']],
    ['a yes to the code and none to the rest', [], ['y', '']],
  ] as const)('changes nothing after %s', async (_, args, answers) => {
    const to = await database(ROWS);
    const before = await digest(to.url);
    const { exit, out, err } = await copy(to, args, answers);
    expect(exit).not.toBe(0);
    expect(await digest(to.url)).toEqual(before);
    if (answers) return;
    expect(`${out}${err}`).toContain('CODE_NOT_ALLOWED');
    expect(err).toMatch(/has code that is not in .* yet: 1 function \(1 SECURITY DEFINER\), 1 view\./);
  });

  it('shows the code and asks for it, then for the copy', async () => {
    const to = await database();
    const { exit, err, asked } = await copy(to, [], ['y', 'y']);
    expect(exit).toBe(0);
    expect(err).toContain('SELECT $1 * 2');
    expect(asked).toEqual([
      expect.stringMatching(/^This code comes from .*\[y\/N\]$/),
      expect.stringMatching(/^Copy .* over .*\[y\/N\]$/),
    ]);
    expect(await digest(to.url)).toEqual(await digest(source.url));
    // What is there now is new no more.
    expect(await copy(to, [], ['y'])).toMatchObject({ exit: 0, asked: [expect.stringMatching(/^Copy /)] });
  });

  it('brings it with --allow-code, and leaves it out with --no-code', async () => {
    const [all, bare] = [await database(), await database()];
    expect(await copy(all, ['--yes', '--allow-code'])).toMatchObject({ exit: 0 });
    expect(await has(all)).toBe(true);
    expect(await copy(bare, ['--yes', '--no-code'])).toMatchObject({ exit: 0 });
    expect(await has(bare)).toBe(false);
    expect(await bare.query('SELECT id FROM orders ORDER BY id')).toEqual([{ id: 1 }, { id: 2 }]);
    expect((await copy(bare, ['--yes', '--no-code', '--allow-code'])).exit).toBe(2);
  });
});
