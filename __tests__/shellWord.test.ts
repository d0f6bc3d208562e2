import { execFileSync } from 'node:child_process';
import { shellWord } from '../src/server/shellWord';

it.each([
  'plain-1.2/x',
  '',
  ' ',
  "it's",
  '"double"',
  '$(touch pwned)',
  '`touch pwned`',
  '$HOME ~ * ? [a]',
  'a\nb\tc',
  "\u001b[2J'",
  'back\\slash\\n',
  '\u202eevil',
  '中文 ünï 🍏',
  '!history ; & | < > #',
  '-n',
])('bash takes %j for one word as it is, and shows nothing that acts', (text) => {
  const word = shellWord(text);
  expect(execFileSync('bash', ['-c', `printf '%s|' ${word}`], { encoding: 'utf8' })).toBe(`${text}|`);
  expect(word).not.toMatch(/[\p{Cc}\p{Cf}]/u);
});
