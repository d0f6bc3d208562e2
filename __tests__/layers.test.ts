import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';

/** Who may import whom inside src/server, and why. `root` is the files that lie directly in it. */
const MAY: Record<string, { from: string[]; why: string }> = {
  root: {
    from: ['dumper', 'jobs', 'storage'],
    why: 'contracts everybody may know name the types of the others',
  },
  storage: { from: ['root'], why: 'a storage keeps files and must not know what an archive is' },
  dumper: {
    from: ['root', 'storage', 'collections'],
    why: 'the data path must run without any framework or job',
  },
  jobs: {
    from: ['root', 'dumper', 'storage'],
    why: 'a job is one run of something in the dumper, and its record is kept like an archive',
  },
  collections: { from: [], why: 'facts, nothing else' },
  actions: { from: ['root', 'dumper', 'jobs', 'storage'], why: 'what the API does is free of any framework' },
  hosts: {
    from: ['root', 'actions', 'dumper', 'jobs', 'storage'],
    why: 'only hosts know the program Ark lives in',
  },
  terminal: { from: ['root', 'actions', 'dumper', 'jobs'], why: 'prints what actions return' },
  commands: {
    from: ['root', 'actions', 'dumper', 'hosts', 'jobs', 'terminal'],
    why: 'a command runs an action on the host of the command line and prints what came of it',
  },
  doors: {
    from: ['root', 'actions', 'commands', 'dumper', 'hosts', 'jobs', 'storage', 'terminal'],
    why: 'doors put it all together',
  },
};
const DOORS = ['cli.ts', 'console.ts', 'index.ts'];
/** Libraries that only one place may know. */
const ONLY: Record<string, string[]> = {
  koa: ['hosts'],
  '@koa/router': ['hosts'],
  // doors: the plugin is a class of NocoBase's.
  '@nocobase/server': ['hosts', 'doors'],
  // hosts: the embedded server wants its first database.
  pg: ['dumper', 'hosts'],
  archiver: ['dumper'],
  '@aws-sdk/client-s3': ['storage'],
  webdav: ['storage'],
  ssh2: ['storage'],
  commander: ['commands', 'doors'],
  'cli-table3': ['terminal'],
  'cli-progress': ['terminal'],
};

const base = resolve(__dirname, '..', 'src', 'server');
const files = readdirSync(base, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
const layerOf = (file: string): string => {
  const [first = '', ...rest] = file.split(sep);
  if (rest.length > 0) return first;
  return DOORS.includes(first) ? 'doors' : 'root';
};
const importsOf = (file: string) =>
  [
    ...readFileSync(join(base, file), 'utf8').matchAll(/^(?:import|export) (type )?[^;]*?from '([^']+)';/gms),
  ].map((m) => ({
    onlyTypes: m[1] !== undefined,
    target: m[2] ?? '',
  }));

describe.each(files)('%s', (file) => {
  const layer = layerOf(file);
  const { from, why } = MAY[layer] ?? { from: [], why: `${layer} is no known layer` };

  it('imports only what its layer may', () => {
    const wrong: string[] = [];
    for (const { target, onlyTypes } of importsOf(file)) {
      if (target.startsWith('.')) {
        const path = relative(base, resolve(base, dirname(file), target));
        if (path.startsWith('..')) continue;
        const other = layerOf(`${path}.ts`);
        // A contract may name a type of those who fulfil it; it must not run their code.
        const allowed =
          other === layer || (from.includes(other) && (layer !== 'root' || other === 'root' || onlyTypes));
        if (!allowed) wrong.push(`${target} (${other}): ${why}`);
      } else {
        const owners = ONLY[target];
        if (owners && !owners.includes(layer)) wrong.push(`${target}: only ${owners.join(', ')} may know it`);
      }
    }
    expect(wrong).toEqual([]);
  });
});

it('has no circle of imports', () => {
  const edges = new Map(
    files.map((file) => [
      file,
      importsOf(file)
        .filter(({ onlyTypes, target }) => !onlyTypes && target.startsWith('.'))
        .map(({ target }) => `${relative(base, resolve(base, dirname(file), target))}.ts`),
    ]),
  );
  const circles: string[] = [];
  const visit = (file: string, path: string[]) => {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' → '));
    else for (const next of edges.get(file) ?? []) visit(next, [...path, file]);
  };
  for (const file of files) visit(file, []);
  expect([...new Set(circles)]).toEqual([]);
});
