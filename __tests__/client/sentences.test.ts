import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';

/**
 * What the server says in English is for people. The page learns of things by values, and takes no sentence apart: its
 * words would stop being understood when somebody writes them better.
 */
const ROOT = resolve(__dirname, '..', '..');
const SERVER = join(ROOT, 'src', 'server');
/** Fields of answers that hold sentences. */
const SENTENCES = new Set(['message', 'reason', 'text', 'said', 'because', 'remedy', 'hint']);
/** What looks into a text, by the name of a string's or an expression's method. */
const OF_TEXT = new Set(
  'match matchAll replace replaceAll split startsWith endsWith includes indexOf lastIndexOf search slice substring substr charAt at'.split(
    ' ',
  ),
);
const OF_EXPRESSION = new Set(['test', 'exec']);

const programOf = (files: readonly string[]): ts.Program => {
  const { options } = ts.getParsedCommandLineOfConfigFile(
    join(ROOT, 'tsconfig.json'),
    {},
    {
      ...ts.sys,
      onUnRecoverableConfigFileDiagnostic: () => undefined,
    },
  )!;
  return ts.createProgram(files, { ...options, noEmit: true });
};

/** The places where a sentence of the server is looked into. */
function looksInto(program: ts.Program, isLooked: (file: string) => boolean): string[] {
  const checker = program.getTypeChecker();
  const isSentence = (node: ts.Expression): boolean => {
    if (ts.isParenthesizedExpression(node) || ts.isNonNullExpression(node))
      return isSentence(node.expression);
    if (ts.isBinaryExpression(node)) return isSentence(node.left) || isSentence(node.right);
    if (ts.isTemplateExpression(node)) return node.templateSpans.some((span) => isSentence(span.expression));
    if (ts.isCallExpression(node))
      return ts.isPropertyAccessExpression(node.expression) && isSentence(node.expression.expression);
    const symbol = checker.getSymbolAtLocation(ts.isPropertyAccessExpression(node) ? node.name : node);
    return symbol !== undefined && isOfServer(symbol);
  };
  const isOfServer = (symbol: ts.Symbol): boolean =>
    (symbol.declarations ?? []).some((declaration) => {
      if (ts.isBindingElement(declaration)) {
        const name = declaration.propertyName ?? declaration.name;
        if (!ts.isIdentifier(name)) return false;
        const property = checker.getTypeAtLocation(declaration.parent).getProperty(name.text);
        return property !== undefined && isOfServer(property);
      }
      if (ts.isVariableDeclaration(declaration))
        return declaration.initializer !== undefined && isSentence(declaration.initializer);
      return SENTENCES.has(symbol.name) && declaration.getSourceFile().fileName.startsWith(SERVER);
    });
  const places: string[] = [];
  for (const source of program.getSourceFiles()) {
    if (!isLooked(source.fileName)) continue;
    const visit = (node: ts.Node): void => {
      if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
        const { name, expression } = node.expression;
        const [first] = node.arguments;
        const text = OF_TEXT.has(name.text) ? expression : OF_EXPRESSION.has(name.text) ? first : undefined;
        if (text && isSentence(text))
          places.push(`${source.fileName.slice(ROOT.length + 1)}: ${node.getText()}`);
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  return places;
}

it('the page takes no sentence of the server apart', () => {
  const client = join(ROOT, 'src', 'client');
  const files = readdirSync(client, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file))
    .map((file) => join(client, file));
  const program = programOf(files);
  expect(looksInto(program, (file) => file.startsWith(client))).toEqual([]);
}, 120_000);

it('what would is seen, in whatever way it comes by the sentence', () => {
  const sample = join(ROOT, '__tests__', 'fixtures', 'parsesSentences.ts');
  const places = looksInto(programOf([sample]), (file) => file === sample);
  expect(places).toHaveLength(5);
}, 120_000);
