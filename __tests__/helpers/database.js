const { existsSync, readdirSync, readFileSync, statSync } = require('node:fs');
const { dirname, join, resolve } = require('node:path');

/** Whoever reaches it needs a server. */
const DATABASE = resolve(__dirname, 'postgres.ts');
const IMPORTED = /(?:from|import\(|import|require\()\s*'(\.[^']+)'/g;

const fileOf = (path) =>
  [`${path}.ts`, `${path}.tsx`, path].find((file) => existsSync(file) && statSync(file).isFile());

/** The files of this project that a file imports, whether at its start or on its way. */
const importsOf = (file) =>
  [...readFileSync(file, 'utf8').matchAll(IMPORTED)].flatMap(
    ([, target]) => fileOf(resolve(dirname(file), target)) ?? [],
  );

const reached = new Map();

function needsDatabase(file, above = new Set()) {
  if (file === DATABASE) return true;
  const known = reached.get(file);
  if (known !== undefined) return known;
  if (above.has(file) || !/\.tsx?$/.test(file)) return false;
  const found = importsOf(file).some((next) => needsDatabase(next, new Set([...above, file])));
  reached.set(file, found);
  return found;
}

/** The tests below a folder: those that ask for a database by what they import, and the others. */
exports.sortedTests = (folder, ignored) => {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.test\.tsx?$/.test(file) && !ignored.some((part) => file.startsWith(part)))
    .map((file) => join(folder, file));
  return {
    database: files.filter((file) => needsDatabase(file)),
    unit: files.filter((file) => !needsDatabase(file)),
  };
};
