import { BackupError, type ErrorCode } from '../errors';
import type { Fingerprint } from '../fingerprint';
import type { Archive, Fitted } from './archive';
import { claimText, withTrueGroups } from './claims';
import type { AppHints, AppInfo, Database, Looks, PreviewResult } from './dialect';
import { keyFingerprint, type AppFiles } from './files/folders';
import { isOwn, neverBackedUp } from './groups';
import { isKnown } from './keepDefinitions';
import type { Collection, Manifest } from './manifest';
import { damaged } from './zip';

/** What is known of the app that is restored into, beside its database. */
export interface Target {
  readonly app: AppHints;
  /** Of its APP_KEY. */
  readonly appKeyFingerprint?: Fingerprint | undefined;
  readonly files?: AppFiles | undefined;
}

/**
 * The archive as it is to this app: its collections in the groups that they have here. One of another program also
 * takes what it lacks from the database that it comes into.
 */
export async function fitTo(
  database: Pick<Database, 'app' | 'structure'>,
  given: Archive,
  target: Target,
): Promise<Fitted> {
  const { app } = await database.app(target.app);
  const { archive, warnings } = await given.fit(() => database.structure(), target.app.timeZone ?? 'UTC');
  const { manifest, claims } = withTrueGroups(archive.manifest, app);
  return {
    archive: { ...archive, manifest },
    warnings: [...warnings, ...claims.map((one) => ({ kind: 'group', message: claimText(one) }))],
  };
}

export function checkDialect(manifest: Manifest, database: Pick<Database, 'dialect' | 'label'>): void {
  if (manifest.database.dialect === database.dialect) return;
  throw new BackupError(
    'DIALECT_DIFFERS',
    `The archive is from ${manifest.database.dialect} and ${database.label} is ${database.dialect}. This Ark restores into the same kind of database only.`,
  );
}

type Naming = Pick<Manifest['database'], 'tablePrefix' | 'underscored'>;
type Misfit = PreviewResult['warnings'][number] & { readonly code?: ErrorCode };

/** Refuses what would break the app, unless that is allowed. */
export function refuseMisfits(misfits: readonly Misfit[], allow: boolean): void {
  const worst = misfits.find((one) => one.kind === 'breaks');
  if (allow || !worst) return;
  throw new BackupError(
    worst.code ?? 'DEPENDENT_WOULD_BREAK',
    `${worst.message} Nothing was changed. Allow it explicitly to go on.`,
    { way: 'allowBreaks' },
  );
}

/** Refuses what could not work in this database; what could work but not well comes back as warnings. */
export async function checkFits(
  manifest: Manifest,
  chosen: readonly Collection[],
  database: Pick<Looks, 'dialect' | 'label' | 'app'>,
  target: Target,
): Promise<Misfit[]> {
  checkDialect(manifest, database);
  const { app: here } = await database.app(target.app);
  const naming: Naming = {
    tablePrefix: here?.tablePrefix ?? target.app.tablePrefix ?? '',
    underscored: here?.underscored ?? target.app.underscored ?? false,
  };
  const isApp = manifest.app ?? here ?? target.app.tablePrefix ?? target.app.collections;
  const own = manifest.collections.find(
    ({ name }) => isApp !== undefined && (isOwn(name, manifest.database) || isOwn(name, naming)),
  );
  if (own) throw damaged(`it holds ${own.name}, a table of Ark itself, which no backup has`);
  if (manifest.app && (here !== undefined || target.app.tablePrefix !== undefined)) {
    checkNaming(manifest.database, naming, here !== undefined);
  }
  return [
    ...(manifest.app && here
      ? [...pluginMisfits(manifest.app, here, target.app.hasPackage), ...versionMisfits(manifest.app, here)]
      : []),
    ...descriptionMisfits(manifest, chosen, here),
    ...(await keyMisfits(manifest, target)),
  ];
}

function checkNaming(from: Naming, to: Naming, appIsHere: boolean): void {
  if (from.tablePrefix === to.tablePrefix && (!appIsHere || from.underscored === to.underscored)) return;
  throw new BackupError(
    'PREFIX_DIFFERS',
    `The archive's tables are named with prefix ${JSON.stringify(from.tablePrefix)}, underscored ${from.underscored}, and this app's with ${JSON.stringify(to.tablePrefix)}, ${to.underscored}; the app would not find them. Set DB_TABLE_PREFIX and DB_UNDERSCORED as in the archive.`,
  );
}

/** Plugins that are on in the backup and not here: off, absent, or nobody can tell. */
function pluginMisfits(
  there: NonNullable<Manifest['app']>,
  here: AppInfo,
  hasPackage: AppHints['hasPackage'],
): Misfit[] {
  const known = new Map(here.plugins.map((one) => [one.name, one.enabled]));
  const off: string[] = [];
  const absent: string[] = [];
  const untold: string[] = [];
  for (const { name, enabled } of there.plugins) {
    if (!enabled || known.get(name) === true) continue;
    if (hasPackage) (hasPackage(name) ? off : absent).push(name);
    else (known.has(name) ? off : untold).push(name);
  }
  const warn = (names: readonly string[], message: (list: string) => string): Misfit[] =>
    names.length === 0 ? [] : [{ kind: 'plugin', message: message(names.join(', ')) }];
  return [
    ...warn(off, (list) => `The restore turns on plugins that are off here: ${list}.${notBrought(off)}`),
    ...warn(
      absent,
      (list) =>
        `These plugins are on in the backup and not installed here: ${list}. Install them first, or the app may not start.`,
    ),
    ...warn(
      untold,
      (list) =>
        `The restore turns on plugins that this app has never had on: ${list}. If the app does not have them installed, install them first, or it may not start.`,
    ),
  ];
}

/** What only the installation of a plugin brings, since no backup has it. */
function notBrought(plugins: readonly string[]): string {
  const names = plugins.flatMap(neverBackedUp);
  return names.length === 0
    ? ''
    : ` What no backup has stays as it is here, and may be empty: ${names.join(', ')}. Only the installation of the plugin brings it.`;
}

function versionMisfits(there: NonNullable<Manifest['app']>, here: AppInfo): Misfit[] {
  const misfits: Misfit[] = [];
  const [from = '?', to = '?'] = [there.version, here.version];
  if (from.localeCompare(to, 'en', { numeric: true }) > 0) {
    misfits.push({
      kind: 'breaks',
      code: 'APP_TOO_OLD',
      message: `The backup is from NocoBase ${from} and this is ${to}, which may not start with it. Upgrade this app first.`,
    });
  } else if (from !== to) {
    misfits.push({
      kind: 'version',
      message: `The backup is from NocoBase ${from} and this is ${to}: the app's own upgrade has to run after the restore. NocoBase does so by itself; elsewhere run it.`,
    });
  }
  return misfits;
}

/** Collections made by users whose definition neither the app here nor what is restored has. */
function descriptionMisfits(
  manifest: Manifest,
  chosen: readonly Collection[],
  here: AppInfo | undefined,
): Misfit[] {
  if (!manifest.app || chosen.some((one) => one.group === 'required')) return [];
  const names = chosen
    .filter((one) => one.group === 'custom' && !isKnown(one.name, here))
    .map((one) => one.collection ?? one.name);
  if (names.length === 0) return [];
  const more = names.length > 5 ? ` and ${names.length - 5} more` : '';
  return [
    {
      kind: 'breaks',
      code: 'REQUIRED_MISSING',
      message: `${names.slice(0, 5).join(', ')}${more}: nothing here says what they are, and the backup lacks the group "required", which would. The app will not show them.`,
    },
  ];
}

async function keyMisfits(manifest: Manifest, target: Target): Promise<Misfit[]> {
  const misfits: Misfit[] = [];
  const { salt, appKeyFingerprint, aesKeyFingerprint, appKey, aesKey } = manifest.keys;
  const aesKeyHere = await keyFingerprint(target.files?.keyFile);
  if (await differs(target.appKeyFingerprint, salt, appKeyFingerprint ?? appKey)) {
    misfits.push({
      kind: 'key',
      message:
        'The backup was made with another APP_KEY: sign-ins end, and what was encrypted with that key cannot be read here.',
    });
  }
  if (!manifest.keyFile && (await differs(aesKeyHere, salt, aesKeyFingerprint ?? aesKey))) {
    misfits.push({
      kind: 'key',
      message:
        'The app the backup is from seals encrypted fields and secret variables with another AES key: they cannot be read here. Copy its aes_key.dat, or make the backup encrypted and with uploaded files: then the key is in it.',
    });
  }
  return misfits;
}

/** What is not known is not said to differ. Archives of format 1 have no salt. */
async function differs(
  here: Fingerprint | undefined,
  salt: string | undefined,
  there: string | undefined,
): Promise<boolean> {
  if (here === undefined || there === undefined) return false;
  return there !== (salt === undefined ? here.unsalted : await here.salted(salt));
}
