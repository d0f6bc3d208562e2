import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { warnOfSecret } from '../src/server/commands/command';
import { fromUrl } from '../src/server/dumper/dialects/postgres/settings';
import { aboutOf, readSettings, STORAGE_PREFIX, Variables, type Settings } from '../src/server/environment';
import { BackupError } from '../src/server/errors/errors';

const root = join(__dirname, '..');
const NAMES = Object.keys(Variables.shape) as (keyof typeof Variables.shape)[];

function refused(env: Record<string, string>): BackupError | undefined {
  try {
    readSettings(env);
    return undefined;
  } catch (error) {
    if (error instanceof BackupError) return error;
    throw error;
  }
}

describe('docs/settings.md', () => {
  const table = readFileSync(join(root, 'docs', 'settings.md'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.slice(2, -2).split(' | '))
    .map((cells) => cells.map((cell) => cell.trim()));

  it('has every variable of the schema, and no other', () => {
    const listed = table.map(([name]) => (name ?? '').replaceAll('`', ''));
    expect(listed.filter((name) => !name.startsWith(STORAGE_PREFIX)).sort()).toEqual([...NAMES].sort());
    expect(listed.filter((name) => name.startsWith(STORAGE_PREFIX))).toEqual([`${STORAGE_PREFIX}<NAME>`]);
  });

  it.each(NAMES)('%s: what is allowed and the default are those of the schema', (name) => {
    const [, meaning, allowed, usual] = table.find(([cell]) => cell === `\`${name}\``) ?? [];
    const about = aboutOf(name);
    expect({ allowed, usual }).toEqual({ allowed: about.allowed, usual: about.usual ?? '' });
    expect(meaning).not.toBe('');
  });
});

it('the defaults that are told are those that hold', () => {
  const settings: Settings = readSettings({});
  for (const name of NAMES) {
    const value = settings[name];
    const told = aboutOf(name).usual?.replaceAll('`', '');
    if (typeof value === 'number' || typeof value === 'boolean') expect(told).toBe(String(value));
  }
});

describe('no variable is read past the schema', () => {
  const source = join(root, 'src', 'server');
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((one) =>
    one.endsWith('.ts'),
  );
  /** Handed to the schema, or to another program; never looked into. */
  const HANDED_ON: Record<string, RegExp> = {
    'index.ts': /readSettings\(process\.env\)/g,
    'commands/command.ts': /readSettings\(process\.env\)/g,
    'hosts/embedded/postgres.ts': /\{ \.\.\.process\.env, LC_ALL/g,
    // A switch of the library's that has no other place.
    'storage/s3/client.ts': /process\.env\.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED \?\?=/g,
  };

  it.each(files)('%s', (file) => {
    const text = readFileSync(join(source, file), 'utf8');
    const handed = HANDED_ON[file.replaceAll('\\', '/')];
    const rest = handed ? text.replace(handed, '') : text;
    expect(rest).not.toMatch(/process\.env|process\['env'\]|\{\s*env\s*\}\s*=\s*process/);
    // `env.NAME` and `settings.NAME`: a name of the schema, and typed by it.
    const read = [...rest.matchAll(/\b(?:env|settings|environment)\.([A-Z][A-Z0-9_]+)\b/g)].map(
      (regExpExecArray) => regExpExecArray[1],
    );
    expect(read.filter((name) => !NAMES.includes(name as (typeof NAMES)[number]))).toEqual([]);
  });
});

/** What people write, or what a template that lacks its value makes. */
const WRONG = [
  '',
  '0',
  '-1',
  'abc',
  'NaN',
  '1e9',
  '99999999999',
  ' ',
  '1.5',
  '0x10',
  'Infinity',
  '1_000',
  '１',
  '1 2',
];
const NUMERIC = NAMES.filter((name) => aboutOf(name).allowed.startsWith('a whole number'));

describe('numbers', () => {
  it('are the ones that are meant', () => {
    expect(NUMERIC).toEqual([
      'ARK_WORKERS',
      'ARK_KEEP_UNDO_DAYS',
      'ARK_PREPARED_MINUTES',
      'ARK_LOCK_TIMEOUT_MS',
      'ARK_GZIP_LEVEL',
      'ARK_UPLOAD_LIMIT',
      'ARK_DB_PORT',
      'DB_PORT',
    ]);
  });

  describe.each(NUMERIC)('%s', (name) => {
    const range = /^a whole number from (\d+) to (\d+)$/.exec(aboutOf(name).allowed);
    const [least, most] = [Number(range?.[1]), Number(range?.[2])];

    it.each(WRONG)('%j is refused, or the default, or a number that is allowed', (value) => {
      const error = refused({ [name]: value });
      if (error) {
        expect(error.exit).toBe(2);
        expect(error.message).toContain(`${name}=${value} `);
        expect(error.message).toContain(`a whole number from ${least} to ${most}`);
        return;
      }
      if (value.trim() === '') expect(readSettings({ [name]: value })[name]).toBe(readSettings({})[name]);
      else {
        expect(value).toMatch(/^\d+$/);
        expect(readSettings({ [name]: value })[name]).toBe(Number(value));
        expect(Number(value) >= least && Number(value) <= most).toBe(true);
      }
    });

    it('takes its bounds and nothing beyond', () => {
      for (const good of [least, most]) expect(readSettings({ [name]: String(good) })[name]).toBe(good);
      for (const bad of [least - 1, most + 1]) expect(refused({ [name]: String(bad) })?.exit).toBe(2);
    });
  });

  it('an undo that is kept for as long as is allowed has a date', () => {
    const most = Number(/to (\d+)$/.exec(aboutOf('ARK_KEEP_UNDO_DAYS').allowed)?.[1]);
    expect(new Date(Date.now() + most * 86_400_000).toISOString()).toMatch(/^20/);
  });
});

describe('other settings', () => {
  const FLAGS = NAMES.filter((name) => aboutOf(name).allowed.startsWith('`true`'));

  it.each(FLAGS)('%s is true, false or refused', (name) => {
    for (const yes of ['true', '1', 'yes', 'on', 'TRUE', ' on '])
      expect(readSettings({ [name]: yes })[name]).toBe(true);
    for (const no of ['false', '0', 'no', 'off', 'Off'])
      expect(readSettings({ [name]: no })[name]).toBe(false);
    for (const wrong of ['ja', 'truee', '2', 'null', 'undefined']) {
      expect(refused({ [name]: wrong })?.message).toContain(`${name}=${wrong} `);
    }
  });

  it.each([
    ['ARK_OUTGOING', 'private'],
    ['ARK_COLOR', '#ff0000'],
    ['ARK_COLOR', 'crimson'],
    ['ARK_TOKEN', 'fifteen-letters'],
    ['ARK_TOKEN', ''],
    ['ARK_TOKEN', '   '],
    ['ARK_TOKEN', 'sixteen letters and a space'],
    ['ARK_ALLOWED_HOSTS', 'https://ark.example.com'],
    ['ARK_ALLOWED_HOSTS', 'ark.example.com:8443'],
    ['ARK_ALLOWED_HOSTS', '*'],
    ['ARK_LOCAL_ROOTS', 'backups'],
    ['ARK_LOCAL_ROOTS', '/srv,/'],
    ['ARK_FILE_ROOTS', '/..'],
    ['ARK_INSTANCE', 'a\u001b[2J'],
    ['ARK_INSTANCE', 'x'.repeat(201)],
    ['DB_HOST', 'x'.repeat(5000)],
  ])('%s=%j is refused', (name, value) => {
    const error = refused({ [name]: value });
    expect(error).toMatchObject({ code: 'USAGE', exit: 2 });
    expect(error?.message).toMatch(new RegExp(`^${name}=.* is wrong\\. Allowed: .*\\.$`));
    // eslint-disable-next-line no-control-regex -- that is what must not be there
    expect(error?.message).not.toMatch(/[\u0000-\u001f]/);
  });

  it.each(NAMES.filter((name) => aboutOf(name).secret))('%s is never repeated', (name) => {
    const value = `hush${'!'.repeat(1024 * 1024)}`;
    const error = refused({ [name]: value.slice(0, name === 'ARK_TOKEN' ? 6 : undefined) });
    expect(error?.message).toContain(`${name}=***`);
    expect(error?.message).not.toContain('hush');
  });

  it.each(NAMES.filter((name) => name !== 'ARK_TOKEN'))('%s: set but empty is not set', (name) => {
    for (const empty of ['', ' ', '\t']) expect(readSettings({ [name]: empty })).toEqual(readSettings({}));
  });

  it('everything that is wrong is said at once', () => {
    const said = refused({ ARK_WORKERS: 'two', ARK_DEBUG: 'maybe' })?.message;
    expect(said).toMatch(/ARK_WORKERS=two .*ARK_DEBUG=maybe /);
  });

  it('a slip of the hand is told with the name that is near, and stops nothing', () => {
    expect(
      readSettings({ ARK_WORKER: '3', ARK_TOKN: 'x', ARK_SOMETHING: '1', DB_LOGGING: 'on' }).warnings,
    ).toEqual([
      'ARK_SOMETHING is no setting of Ark and does nothing.',
      'ARK_TOKN is no setting of Ark and does nothing. Do you mean ARK_TOKEN?',
      'ARK_WORKER is no setting of Ark and does nothing. Do you mean ARK_WORKERS?',
    ]);
  });
});

describe('storages', () => {
  it('are named by what follows, and empty ones are not there', () => {
    const { storages } = readSettings({
      ARK_STORAGE_OFF_SITE: 's3://x',
      ARK_STORAGE_disk: 'file:///x',
      ARK_STORAGE_NO: '',
    });
    expect(storages.map((storage) => storage.name)).toEqual(['disk', 'off-site']);
  });

  it.each(['ARK_STORAGE_', 'ARK_STORAGE__X', 'ARK_STORAGE_A.B', `ARK_STORAGE_${'A'.repeat(41)}`])(
    '%s names none, and the URL with its secrets is not repeated',
    (name) => {
      const error = refused({ [name]: 's3://KEY:hush@host/bucket' });
      expect(error).toMatchObject({ code: 'USAGE', exit: 2 });
      expect(error?.message).toContain(name);
      expect(error?.message).not.toContain('hush');
    },
  );

  it('two variables cannot name one storage', () => {
    expect(refused({ ARK_STORAGE_A_B: 'file:///a', ARK_STORAGE_a_b: 'file:///b' })?.message).toMatch(
      /name one storage/,
    );
  });
});

it('what a database URL says beside the database is looked at like a variable', () => {
  const of = (query: string) => fromUrl(`postgres://u@h/d?${query}`, readSettings({}));
  expect(of('underscored=yes&schema=s')).toMatchObject({
    name: 'd',
    app: { underscored: true },
    settings: { schema: 's' },
  });
  expect(of('underscored=').app.underscored).toBeUndefined();
  expect(() => of('underscored=maybe')).toThrow(/underscored=… with a value/);
});

it('a socket is named by the parameter alone, and the password in such a URL is told of', () => {
  const url = 'postgres://u:hush@/d?host=/run/postgresql';
  expect(fromUrl(url, readSettings({})).settings.label).toBe('postgres://u@/run/postgresql/d');
  const said = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  try {
    warnOfSecret(url, '--database', 'a file');
    expect(said.mock.calls.map(([text]) => String(text)).join('')).toMatch(/the password in --database/);
  } finally {
    said.mockRestore();
  }
});
