import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';

/** Who may import whom inside src/server, and why. `root` is the files that lie directly in it. */
const MAY: Record<string, { from: string[]; why: string }> = {
  root: {
    from: ['dumper', 'jobs', 'secrets', 'storage'],
    why: 'contracts everybody may know name the types of the others',
  },
  secrets: { from: ['root'], why: 'how secrets are kept is known in one place, and it knows nobody' },
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
  api: {
    from: ['root', 'dumper', 'jobs', 'secrets', 'storage'],
    why: 'what goes over the wire is made of what the layers below keep',
  },
  actions: {
    from: ['root', 'api', 'dumper', 'jobs', 'secrets', 'storage'],
    why: 'what the API does is free of any framework, and of its routes',
  },
  routes: {
    from: ['root', 'actions', 'api', 'dumper', 'jobs', 'secrets', 'storage'],
    why: 'a route takes a request apart and hands it to an action',
  },
  hosts: {
    from: ['root', 'actions', 'api', 'dumper', 'jobs', 'routes', 'secrets', 'storage'],
    why: 'only hosts know the program Ark lives in',
  },
  terminal: { from: ['root', 'actions', 'api', 'dumper', 'jobs'], why: 'prints what actions return' },
  commands: {
    from: ['root', 'actions', 'api', 'dumper', 'hosts', 'jobs', 'routes', 'terminal', 'secrets'],
    why: 'a command runs an action on the host of the command line and prints what came of it',
  },
  doors: {
    from: [
      'root',
      'actions',
      'api',
      'commands',
      'dumper',
      'hosts',
      'jobs',
      'routes',
      'secrets',
      'storage',
      'terminal',
    ],
    why: 'doors put it all together',
  },
};
/**
 * The rooms of a layer, lowest first: each may know those before it. What lies directly in the layer is for all of
 * them, and knows only their types.
 */
const ROOMS: Record<string, { order: string[]; why: string }> = {
  actions: {
    order: ['trust', 'storages', 'backups', 'restore', 'alarms', 'schedules', 'system'],
    why: 'a subject builds on those below it, so that each can be read without those above',
  },
  dumper: {
    order: [
      'container',
      'rows',
      'schema',
      'app',
      'dialects',
      'archive',
      'files',
      'backup',
      'legacy',
      'restore',
    ],
    why: 'a database knows nothing of archives, and an archive nothing of what is done with it',
  },
};
const DOORS = ['cli.ts', 'commandTable.ts', 'serve.ts', 'console.ts', 'index.ts'];
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

const roomOf = (file: string): string | undefined => {
  const [, room, ...rest] = file.split(sep);
  return rest.length > 0 ? room : undefined;
};

it.each(Object.entries(ROOMS))(
  '%s has the rooms that are listed, and a reason for each',
  (layer, { order }) => {
    const there = files.filter((file) => layerOf(file) === layer).flatMap((file) => roomOf(file) ?? []);
    expect([...new Set(there)].sort()).toEqual([...order].sort());
  },
);

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

  const rooms = ROOMS[layer];
  if (rooms === undefined) return;

  it('imports only what its room may', () => {
    const wrong: string[] = [];
    const room = roomOf(file);
    for (const { target, onlyTypes } of importsOf(file)) {
      if (!target.startsWith('.')) continue;
      const path = `${relative(base, resolve(base, dirname(file), target))}.ts`;
      if (layerOf(path) !== layer) continue;
      const other = roomOf(path);
      const allowed =
        other === undefined ||
        other === room ||
        (room === undefined ? onlyTypes : rooms.order.indexOf(other) < rooms.order.indexOf(room));
      if (!allowed) wrong.push(`${target} (${other}): ${rooms.why}`);
    }
    expect(wrong).toEqual([]);
  });
});

it('has no circle of imports, types included', () => {
  const edges = new Map(
    files.map((file) => [
      file,
      importsOf(file)
        .filter(({ target }) => target.startsWith('.'))
        .map(({ target }) => `${relative(base, resolve(base, dirname(file), target))}.ts`),
    ]),
  );
  const circles: string[] = [];
  const seen = new Set<string>();
  const visit = (file: string, path: string[]) => {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' → '));
    // What leads on from a file that has been gone through leads to no other circle.
    else if (!seen.has(file)) {
      seen.add(file);
      for (const next of edges.get(file) ?? []) visit(next, [...path, file]);
    }
  };
  for (const file of files) visit(file, []);
  expect([...new Set(circles)]).toEqual([]);
});
