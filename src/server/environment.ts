import { hostname } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import * as z from 'zod';
import { COLORS } from './colors';
import { BackupError, refused, type ErrorCode } from './errors/errors';
import { distance } from './near';

/** What the process was given, not looked at yet. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What docs/settings.md says of a variable beside its meaning; a test keeps the two equal. */
interface About {
  /** Completes "Allowed is …". */
  readonly allowed: string;
  readonly usual?: string;
  /** Its value is never repeated. */
  readonly secret?: true;
  /** Set but empty is wrong; otherwise it counts as not set. */
  readonly neverEmpty?: true;
  readonly code?: ErrorCode;
}
const facts = z.registry<About>();

const MAX_TEXT = 4096;
const ON = ['true', '1', 'yes', 'on'];
const OFF = ['false', '0', 'no', 'off'];

const string = z.string().max(MAX_TEXT);
const text = (allowed = 'any text', more: Omit<About, 'allowed'> = {}) =>
  string
    .trim()
    .optional()
    .register(facts, { allowed, ...more });
const secret = (more: Omit<About, 'allowed'> = {}) =>
  string.optional().register(facts, { allowed: 'any text', secret: true, ...more });
const folder = (usual: string) => text('the path of a folder', { usual });

/** A certificate or a key: bundles of authorities are long. */
const pem = (more: Omit<About, 'allowed'> = {}) =>
  z
    .string()
    .max(1024 * 1024)
    .trim()
    .optional()
    .register(facts, { allowed: 'the path of a PEM file, or its text', ...more });

/** Digits only: what JavaScript takes for a number besides (`1e9`, `0x10`, ` `) is a slip of the hand here. */
const wholeIn = (least: number, most: number) =>
  string
    .trim()
    .regex(/^\d{1,16}$/)
    .transform(Number)
    .refine((value) => value >= least && value <= most);
const whole = (least: number, most: number, usual: number, more: Omit<About, 'allowed'> = {}) =>
  wholeIn(least, most)
    .default(usual)
    .register(facts, { allowed: `a whole number from ${least} to ${most}`, usual: String(usual), ...more });

const Flag = string
  .trim()
  .toLowerCase()
  .refine((value) => [...ON, ...OFF].includes(value))
  .transform((value) => ON.includes(value));
const FLAG: About = { allowed: '`true`, `1`, `yes`, `on`, `false`, `0`, `no` or `off`' };
const flag = () => Flag.optional().register(facts, FLAG);
const flagOff = () => Flag.default(false).register(facts, { ...FLAG, usual: '`false`' });

const list = (allow: (value: string) => boolean, allowed: string) =>
  string
    .transform((value) =>
      value
        .split(',')
        .map((each) => each.trim())
        .filter(Boolean),
    )
    .refine((values) => values.every(allow))
    .default([])
    .register(facts, { allowed });
const folders = () =>
  list(
    (path) => isAbsolute(path) && resolve(path) !== resolve('/'),
    'absolute paths of folders, separated by commas; not `/`',
  );

/** Every variable that Ark reads, in the names that NocoBase uses in its own `.env`. */
export const Variables = z.object({
  ARK_DATA: folder('`$STORAGE_PATH/ark`, or `storage/ark`'),
  ARK_INSTANCE: string
    .trim()
    .max(200)
    .regex(/^\P{Cc}+$/u)
    .optional()
    .register(facts, { allowed: 'up to 200 characters in one line', usual: 'host and database' }),
  ARK_COLOR: z
    .preprocess(
      (value) => (typeof value === 'string' ? value.trim().toLowerCase() || undefined : value),
      z.enum(COLORS).optional(),
    )
    .register(facts, {
      allowed: '`red`, `orange`, `yellow`, `green`, `teal`, `blue`, `purple`, `pink` or `grey`',
      usual: 'one by the name of the instance',
    }),
  ARK_WORKERS: whole(1, 64, 2),
  ARK_KEEP_UNDO_DAYS: whole(1, 3650, 7),
  ARK_BEFORE_CHANGES: z
    .preprocess(
      (value) => (typeof value === 'string' ? value.trim().toLowerCase() || undefined : value),
      z.enum(['off', 'try', 'must']).optional(),
    )
    .register(facts, { allowed: '`off`, `try` or `must`', usual: 'what is set on the page' }),
  ARK_PREPARED_MINUTES: whole(5, 1440, 60),
  ARK_LOCK_TIMEOUT_MS: whole(1, 3_600_000, 10_000),
  ARK_GZIP_LEVEL: whole(0, 9, 3),
  ARK_UPLOAD_LIMIT: whole(1, Number.MAX_SAFE_INTEGER, 20e9),
  ARK_TOKEN: string
    .min(16)
    .regex(/^[\x21-\x7e]+$/)
    .optional()
    .register(facts, {
      allowed: 'at least 16 characters of ASCII, none of them a space; `openssl rand -base64 24` makes one',
      usual: 'a new one at each start',
      secret: true,
      neverEmpty: true,
    }),
  ARK_METRICS_TOKEN: string
    .min(16)
    .regex(/^[\x21-\x7e]+$/)
    .optional()
    .register(facts, {
      allowed: 'at least 16 characters of ASCII, none of them a space; not `ARK_TOKEN`',
      usual: 'no metrics',
      secret: true,
    }),
  ARK_ALLOWED_HOSTS: list(
    (name) => /^([\w.-]+|\[[0-9a-f:]+\])$/i.test(name),
    'names without `http://` and port, separated by commas',
  ),
  ARK_TRUST_PROXY: flagOff(),
  ARK_LOCAL_ROOTS: folders(),
  ARK_FILE_ROOTS: folders(),
  ARK_OUTGOING: z
    .preprocess(
      (value) => (typeof value === 'string' ? value.trim() : value),
      z.enum(['any', 'public', 'all']),
    )
    .default('any')
    .register(facts, { allowed: '`any`, `public` or `all`', usual: '`any`' }),
  ARK_OFFSITE: list((name) => name.length <= 40, 'names of storages, separated by commas'),
  ARK_DB_HOST: text('a name or an address', { usual: '`DB_HOST`' }),
  ARK_DB_PORT: wholeIn(1, 65535)
    .optional()
    .register(facts, { allowed: 'a whole number from 1 to 65535', usual: '`DB_PORT`' }),
  ARK_DEBUG: flagOff(),

  DB_DIALECT: text('`postgres`, `mysql` or `mariadb`', { usual: '`postgres`' }),
  DB_HOST: text('a name or an address', { usual: '`localhost`' }),
  DB_PORT: wholeIn(1, 65535).optional().register(facts, {
    allowed: 'a whole number from 1 to 65535',
    usual: '5432; of MySQL and MariaDB 3306',
    code: 'DATABASE_URL_INVALID',
  }),
  DB_DATABASE: text('any text', { usual: '`nocobase`' }),
  DB_USER: text(),
  DB_PASSWORD: secret(),
  DB_SCHEMA: text('any text', { usual: '`public`' }),
  DB_TABLE_PREFIX: text(),
  DB_UNDERSCORED: flag(),
  DB_TIMEZONE: text('such as `+08:00`'),
  DB_DIALECT_OPTIONS_SSL_MODE: text(),
  DB_DIALECT_OPTIONS_SSL_CA: pem(),
  DB_DIALECT_OPTIONS_SSL_KEY: pem({ secret: true }),
  DB_DIALECT_OPTIONS_SSL_CERT: pem(),
  DB_DIALECT_OPTIONS_SSL_REJECT_UNAUTHORIZED: flag(),

  APP_KEY: secret(),
  APP_AES_SECRET_KEY: secret(),
  APP_AES_SECRET_KEY_PATH: text('the path of a file', { usual: 'below `STORAGE_PATH`' }),
  STORAGE_PATH: text('the path of a folder'),
  LOCAL_STORAGE_DEST: folder('`$STORAGE_PATH/uploads`'),
  SKIP_SAME_VERSION_UPGRADE: text("NocoBase's own: `true` or not"),
  USER: text('any text', { usual: 'set by the system' }),
});
type Name = keyof typeof Variables.shape;
const NAMES = Object.keys(Variables.shape) as Name[];

export const STORAGE_PREFIX = 'ARK_STORAGE_';

/** `ARK_STORAGE_OFF_SITE` is `off-site`. */
export interface NamedStorage {
  readonly name: string;
  readonly variable: string;
  /** With its secrets; never repeated. It is looked into when the storage is opened, as the settings' own are. */
  readonly url: string;
}

/** The environment after it was looked at: a setting is what its schema says, or Ark has not started. */
export type Settings = Readonly<z.output<typeof Variables>> & {
  readonly storages: readonly NamedStorage[];
  /** What looks like a slip of the hand, for whoever started Ark. */
  readonly warnings: readonly string[];
};

/** Rejects with everything that is wrong, before anything was opened or connected to. */
export function readSettings(env: Environment): Settings {
  const values: Partial<Record<Name, string>> = {};
  for (const name of NAMES) {
    const value = env[name];
    if (value !== undefined && (value.trim() !== '' || facts.get(Variables.shape[name])?.neverEmpty))
      values[name] = value;
  }
  const parsed = Variables.safeParse(values);
  if (!parsed.success)
    throw wrong(new Set(parsed.error.issues.map((issue) => issue.path[0] as Name)), values);
  return { ...parsed.data, storages: storagesIn(env), warnings: slipsIn(env) };
}

function wrong(names: ReadonlySet<Name>, values: Partial<Record<Name, string>>): BackupError {
  const faults = [...names].map((name) => ({ name, ...aboutOf(name) }));
  const said = faults.map(
    ({ name, secret: hidden, allowed }) =>
      `${name}=${hidden ? '***' : shown(values[name] ?? '')} is wrong. Allowed: ${allowed.replaceAll('`', '')}.`,
  );
  return faults[0]?.code === undefined
    ? new BackupError('USAGE', said.join(' '))
    : refused('settings-wrong', { settings: said });
}

export function aboutOf(name: Name): About {
  const fact = facts.get(Variables.shape[name]);
  if (!fact) throw new Error(`${name} says nothing of itself`);
  return fact;
}

/** In one line, whatever it holds. */
const shown = (value: string): string =>
  (value.length > 80 ? `${value.slice(0, 80)}…` : value).replace(/[\p{C}\u2028\u2029]/gu, '?');

function storagesIn(env: Environment): NamedStorage[] {
  const storages = new Map<string, NamedStorage>();
  for (const [variable, url = ''] of Object.entries(env)) {
    if (!variable.startsWith(STORAGE_PREFIX) || url.trim() === '') continue;
    const name = variable.slice(STORAGE_PREFIX.length).toLowerCase().replace(/_/g, '-');
    if (!/^[\p{L}\p{N}][\p{L}\p{N}-]{0,39}$/u.test(name)) {
      throw new BackupError(
        'USAGE',
        `${shown(variable)}: after ${STORAGE_PREFIX} comes the storage's name. Allowed: 1 to 40 letters, digits and "_", the first one not "_".`,
      );
    }
    const other = storages.get(name);
    if (other) {
      throw new BackupError(
        'USAGE',
        `${other.variable} and ${variable} name one storage. Remove one of them.`,
      );
    }
    storages.set(name, { name, variable, url });
  }
  return [...storages.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Nobody stops for a name that means nothing to Ark; but whoever wrote it thinks that it does. */
function slipsIn(env: Environment): string[] {
  return Object.keys(env)
    .filter(
      (name) => /^ARK_/i.test(name) && !name.startsWith(STORAGE_PREFIX) && !NAMES.includes(name as Name),
    )
    .sort()
    .map((name) => {
      const [near] = NAMES.map((known) => ({ known, far: distance(name.toUpperCase(), known) }))
        .filter(({ far }) => far <= 3)
        .sort((a, b) => a.far - b.far);
      return `${shown(name)} is no setting of Ark and does nothing.${near ? ` Do you mean ${near.known}?` : ''}`;
    });
}

/** `true`, `no`, `1` …, for what comes another way than by the environment. Undefined: none of them. */
export function readFlag(value: string): boolean | undefined {
  const { success, data } = Flag.safeParse(value);
  return success ? data : undefined;
}

/** Where Ark keeps its own files: archives, records of jobs. */
export const dataFolder = ({ ARK_DATA, STORAGE_PATH }: Settings): string =>
  resolve(ARK_DATA ?? (STORAGE_PATH === undefined ? join('storage', 'ark') : join(STORAGE_PATH, 'ark')));

export const instanceName = ({ ARK_INSTANCE }: Settings, database: string): string =>
  ARK_INSTANCE ?? `${hostname()}-${database}`;
