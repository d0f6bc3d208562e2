import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ERRORS } from '../src/server/errors/errors';

it('lists every code with its exit code and status in docs/errors.md', () => {
  const text = readFileSync(join(__dirname, '..', 'docs', 'errors.md'), 'utf8');
  const listed: Record<string, { exit: number; status: number }> = Object.fromEntries(
    [...text.matchAll(/^\| `([A-Z_]+)`\s+\|\s+(\d)\s+\|\s+(\d+)\s+\|/gm)].map((m) => [
      m[1] ?? '',
      { exit: Number(m[2]), status: Number(m[3]) },
    ]),
  );
  expect(listed).toEqual(ERRORS);
});
