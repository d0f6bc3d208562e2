import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** What the server says is read on the page and by programs too: options of the command line are its own affair. */
const SERVER = join(__dirname, '../src/server');
const LOCALES = join(__dirname, '../src/locale');
const VALUES = /^(cause|damage|detail|holder|warn)\./;
/** These speak to whoever starts Ark at a terminal. */
const TERMINAL =
  /^(commands|terminal)\/|^(cli|serve|console|commandTable|program|completion)\.ts$|^hosts\/(standalone|embedded)\//;
/** Lines to be typed when there is neither page nor app any more. */
const RESCUE = 'actions/system/rescueCommands.ts';
const COMMANDS = readdirSync(join(SERVER, 'commands')).map((file) => file.replace(/\.ts$/, ''));
const SAYS = new RegExp(`(?:^|[\\s("'\`])(?:--[a-z]|ark (?:${COMMANDS.join('|')})\\b)`);

/** The texts that a program can say: its string literals and the pieces of its templates. */
function textsOf(source: string): string[] {
  const found: string[] = [];
  const look = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node))
      found.push(node.text);
    ts.forEachChild(node, look);
  };
  look(ts.createSourceFile('any.ts', source, ts.ScriptTarget.Latest));
  return found;
}

/** A program of others is called as it is called. */
const withoutOthers = (text: string): string => text.replace(/"pg_restore [^"]*"/g, '');

it('the rule finds what it is about', () => {
  expect(COMMANDS).toEqual(expect.arrayContaining(['undo', 'list', 'restore']));
  for (const text of ['Use --allow-breaks.', 'Go on (--no-code)', 'see "ark undo --list"', '--all'])
    expect([text, SAYS.test(text)]).toEqual([text, true]);
  for (const text of ['a -- b', 'ark_undo_1', 'Ark restores it', 'ark-jobs'])
    expect([text, SAYS.test(text)]).toEqual([text, false]);
  expect(textsOf('throw new E(`a ${b} --c`, "--d"); // --e')).toEqual(['a ', ' --c', '--d']);
});

it('no message that the page may show names an option or a command of the command line', () => {
  const files = readdirSync(SERVER, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !TERMINAL.test(file) && file !== RESCUE,
  );
  const found = files.flatMap((file) =>
    textsOf(readFileSync(join(SERVER, file), 'utf8'))
      .filter((text) => SAYS.test(withoutOthers(text)))
      .map((text) => `${file}: ${text}`),
  );
  // What it says by values is told by these.
  for (const file of readdirSync(LOCALES)) {
    const texts = JSON.parse(readFileSync(join(LOCALES, file), 'utf8')) as Record<string, string>;
    for (const [key, text] of Object.entries(texts))
      if (VALUES.test(key) && SAYS.test(withoutOthers(text))) found.push(`${file}: ${key}`);
  }
  expect(files.length).toBeGreaterThan(100);
  expect(found).toEqual([]);
});
