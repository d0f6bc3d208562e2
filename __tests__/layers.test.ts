import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';

/** Who may import whom inside src/server, and why. `root` is the files that lie directly in it. */
const MAY: Record<string, { from: string[]; why: string }> = {
  root: {
    from: ['dumper', 'errors', 'jobs', 'secrets', 'storage'],
    why: 'contracts everybody may know name the types of the others',
  },
  errors: { from: [], why: 'what can fail, and how it is told, is true for all of them' },
  secrets: {
    from: ['root', 'errors'],
    why: 'how secrets are kept is known in one place, and it knows nobody',
  },
  storage: { from: ['root', 'errors'], why: 'a storage keeps files and must not know what an archive is' },
  dumper: {
    from: ['root', 'errors', 'storage', 'collections'],
    why: 'the data path must run without any framework or job',
  },
  jobs: {
    from: ['root', 'errors', 'dumper', 'storage'],
    why: 'a job is one run of something in the dumper, and its record is kept like an archive',
  },
  collections: { from: [], why: 'facts, nothing else' },
  api: {
    from: ['root', 'errors', 'dumper', 'jobs', 'secrets', 'storage'],
    why: 'what goes over the wire is made of what the layers below keep',
  },
  actions: {
    from: ['root', 'errors', 'api', 'dumper', 'jobs', 'secrets', 'storage'],
    why: 'what the API does is free of any framework, and of its routes',
  },
  routes: {
    from: ['root', 'errors', 'actions', 'api', 'dumper', 'jobs', 'secrets', 'storage'],
    why: 'a route takes a request apart and hands it to an action',
  },
  hosts: {
    from: ['root', 'errors', 'actions', 'api', 'dumper', 'jobs', 'routes', 'secrets', 'storage'],
    why: 'only hosts know the program Ark lives in',
  },
  terminal: {
    from: ['root', 'errors', 'actions', 'api', 'dumper', 'jobs'],
    why: 'prints what actions return',
  },
  commands: {
    from: ['root', 'errors', 'actions', 'api', 'dumper', 'hosts', 'jobs', 'routes', 'terminal', 'secrets'],
    why: 'a command runs an action on the host of the command line and prints what came of it',
  },
  doors: {
    from: [
      'root',
      'errors',
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
 * The rooms of a folder, lowest first: each may know those before it. What lies directly in the folder is for all of
 * them, and knows only their types; or, where `above` says so, it puts them together, and none of them knows it.
 */
const ROOMS: Record<string, { order: string[]; above?: true; why: string }> = {
  actions: {
    order: [
      'trust',
      'storages',
      'backups',
      'uploads',
      'look',
      'restore',
      'compare',
      'prepared',
      'takeBack',
      'alarms',
      'schedules',
      'system',
    ],
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
      'look',
      'across',
      'restore',
      'compare',
      'takeBack',
    ],
    why: 'a database knows nothing of archives, and an archive nothing of what is done with it',
  },
  'dumper/dialects/postgres': {
    order: [
      'sql',
      'structure',
      'ddl',
      'code',
      'neutral',
      'connection',
      'catalog',
      'snapshot',
      'plan',
      'build',
      'swap',
      'rows',
      'restore',
    ],
    above: true,
    why: 'what a text says needs no server, what is read plans nothing, and what is planned does nothing',
  },
  'dumper/dialects/mysql': {
    order: [
      'sql',
      'structure',
      'ddl',
      'connection',
      'catalog',
      'load',
      'snapshot',
      'plan',
      'swap',
      'rows',
      'restore',
    ],
    above: true,
    why: 'what a text says needs no server, what is read plans nothing, and what is planned does nothing',
  },
};
/** How many files a room of a dialect may have: more are another subject. */
const MOST = 15;
const DOORS = [
  'cli.ts',
  'program.ts',
  'completion.ts',
  'commandTable.ts',
  'serve.ts',
  'console.ts',
  'index.ts',
];
/** Libraries that only one place may know. */
const ONLY: Record<string, string[]> = {
  koa: ['hosts'],
  '@koa/router': ['hosts'],
  // doors: the plugin is a class of NocoBase's.
  '@nocobase/server': ['hosts', 'doors'],
  // hosts: the embedded server wants its first database.
  pg: ['dumper', 'hosts'],
  mysql2: ['dumper'],
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

/** The room of that folder in which a file is; an empty name for what lies directly in it. */
const roomOf = (folder: string, file: string): string | undefined => {
  const [room = '', ...rest] = relative(folder, file).split(sep);
  if (room === '..') return undefined;
  return rest.length > 0 ? room : '';
};

it.each(Object.entries(ROOMS))(
  '%s has the rooms that are listed, and a reason for each',
  (folder, { order }) => {
    const there = files.flatMap((file) => roomOf(folder, file) ?? []).filter((room) => room !== '');
    expect([...new Set(there)].sort()).toEqual([...order].sort());
  },
);

it('has no room in a dialect with too many files to look through', () => {
  const sizes = new Map<string, number>();
  for (const file of files.filter((file) => file.startsWith(join('dumper', 'dialects'))))
    sizes.set(dirname(file), (sizes.get(dirname(file)) ?? 0) + 1);
  expect([...sizes].filter(([, size]) => size > MOST)).toEqual([]);
});

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
          other === layer ||
          (from.includes(other) && (layer !== 'root' || ['root', 'errors'].includes(other) || onlyTypes));
        if (!allowed) wrong.push(`${target} (${other}): ${why}`);
      } else {
        const owners = ONLY[target];
        if (owners && !owners.includes(layer)) wrong.push(`${target}: only ${owners.join(', ')} may know it`);
      }
    }
    expect(wrong).toEqual([]);
  });

  const inRooms = Object.entries(ROOMS).filter(([folder]) => roomOf(folder, file) !== undefined);
  if (inRooms.length === 0) return;

  it('imports only what its room may', () => {
    const wrong: string[] = [];
    for (const [folder, { order, above, why }] of inRooms) {
      const room = roomOf(folder, file);
      // What lies directly in the folder is under all rooms, or above them.
      const rank = (name: string) => (name === '' ? (above ? order.length : -1) : order.indexOf(name));
      for (const { target, onlyTypes } of importsOf(file)) {
        if (room === undefined || !target.startsWith('.')) continue;
        const other = roomOf(folder, `${relative(base, resolve(base, dirname(file), target))}.ts`);
        if (other === undefined || other === room) continue;
        const allowed = rank(other) < rank(room) || (rank(room) === -1 && onlyTypes);
        if (!allowed) wrong.push(`${target} (${other}): ${why}`);
      }
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
