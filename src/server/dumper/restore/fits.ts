import { BackupError, refused, damaged } from '../../errors/errors';
import type { Fingerprint } from '../../fingerprint';
import type { Archive, Fitted } from '../archive/archive';
import { withTrueGroups } from './claims';
import type { AppHints, AppInfo, Database, Looks } from '../dialect';
import { keyFingerprint, type AppFiles } from '../files/folders';
import { DEFINED_IN } from '../app/definition';
import { isOwn, neverBackedUp, tableName, type Selection } from '../app/groups';
import { across, type Crossed } from '../across/across';
import { converting, valueChanges } from '../across/converting';
import type { ValueChanges } from '../across/valueChanges';
import { isKnown } from './keepDefinitions';
import type { Collection, Manifest } from '../archive/manifest';
import { narrowFrom, rowsWithout, withoutRows, type NarrowedArchive } from './narrowFrom';
import { nothingBeside, type Beside } from './structures';
import { otherWarnings, refusalOf, warn, warningText, type Warning } from '../app/warning';
import { compareVersions } from '../../versions';

/** What is known of the app that is restored into, beside its database. */
export interface Target {
  readonly app: AppHints;
  /** Of its APP_KEY. */
  readonly appKeyFingerprint?: Fingerprint | undefined;
  readonly files?: AppFiles | undefined;
}

export interface FittedTo extends Fitted, Pick<Crossed, 'sent'> {
  /** What of it comes. */
  readonly chosen: readonly Collection[];
  /** Of what comes, by name, that of which the archive itself has the structure alone. */
  readonly structureOnly: ReadonlySet<string>;
  /** What the app would know afterwards, and there is not. */
  readonly lacking: readonly Warning[];
  /** Values of these tables that have no place in this kind of database; reads all of their rows. */
  readonly changes: (tables: ReadonlySet<string>) => Promise<ValueChanges>;
}

/**
 * The archive as it is to this app: its collections in the groups that they have here. One of another program also
 * takes what it lacks from the database that it comes into. With `allowChanges` values that have no place there are
 * what comes closest. `beside`: what comes with what is selected; nothing where it is only looked at.
 */
export async function fitTo(
  database: Pick<Database, 'dialect' | 'label' | 'app' | 'structure' | 'tables'>,
  source: Archive,
  target: Target,
  selection: Selection,
  allowChanges: boolean,
  beside: Beside = nothingBeside,
): Promise<FittedTo> {
  const { app } = await database.app(target.app);
  const { archive, warnings } = await source.fit(database, target.app.timeZone ?? 'UTC');
  const { manifest, claims } = withTrueGroups(archive.manifest, app);
  const narrowed = narrowFrom(manifest, selection, app);
  const { bare } = narrowed;
  const rows = () => rowsWithout(archive.rows(), bare);
  const lacking = await definedNowhere(narrowed, database);
  const taken = await beside(narrowed, selection, database);
  const chosen = new Set([...narrowed.chosen, ...taken.made]);
  const crossed = await across(taken.manifest, rows(), database, {
    chosen,
    origin: source.manifest.database.dialect,
  });
  return {
    archive: {
      ...archive,
      manifest: crossed.manifest,
      rows: () => (crossed.conversions ? converting(rows(), crossed.conversions, allowChanges) : rows()),
    },
    chosen: crossed.manifest.collections.filter(({ name }) => chosen.has(name)),
    structureOnly: withoutRows(manifest),
    lacking,
    changes: (tables) => valueChanges(rows(), crossed.conversions ?? new Map(), tables),
    warnings: [...warnings, ...crossed.warnings, ...claims, ...narrowed.warnings, ...taken.warnings],
    ...(crossed.sent && { sent: crossed.sent }),
  };
}

/** Collections that were excluded, at the backup or now, and that the definitions which come tell of. */
async function definedNowhere(
  { manifest, chosen, out }: NarrowedArchive,
  database: Pick<Database, 'tables'>,
): Promise<Warning[]> {
  const table = tableName(DEFINED_IN.collection.collection, manifest.database);
  if (!manifest.app || !chosen.has(table)) return [];
  const custom = (group: string) => group === 'custom' && manifest.selection.groups.includes(group);
  const absent = [
    ...manifest.collections.flatMap(({ name, group }) => (out.has(name) && group === 'custom' ? name : [])),
    ...manifest.notIncluded.flatMap(({ what, name, why }) =>
      what === 'collection' && why?.code === 'not-chosen' && custom(why.group) ? name : [],
    ),
  ];
  if (absent.length === 0) return [];
  const here = await database.tables();
  const names = absent.filter((name) => !here.has(name));
  return names.length === 0 ? [] : [warn('defined-nowhere', { names })];
}

export function checkDialect(manifest: Manifest, database: Pick<Database, 'dialect' | 'label'>): void {
  const { dialect, native } = manifest.database;
  const isOfItsKind = (native.postgres !== undefined) === (database.dialect === 'postgres');
  if (dialect === database.dialect && isOfItsKind) return;
  throw refused('dialect-other', {
    dialect,
    database: database.label,
    here: database.dialect,
  });
}

type Naming = Pick<Manifest['database'], 'tablePrefix' | 'underscored'>;

/** Refuses what would break the app, unless that is allowed. */
export function refuseMisfits(misfits: readonly Warning[], allow: boolean): void {
  const worst = misfits.find((misfit) => misfit.kind === 'breaks');
  if (allow || !worst) return;
  throw new BackupError(
    refusalOf(worst),
    `${warningText(worst)} Nothing was changed. Allow it explicitly to go on.`,
    { way: 'allowBreaks', details: { code: 'would-break', warnings: otherWarnings([worst]) } },
  );
}

/** Refuses what could not work in this database; what could work but not well comes back as warnings. */
export async function checkFits(
  manifest: Manifest,
  chosen: readonly Collection[],
  database: Pick<Looks, 'dialect' | 'label' | 'app'>,
  target: Target,
): Promise<Warning[]> {
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
  if (own) throw damaged('own-table', { table: own.name });
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
  throw refused('naming-differs', {
    prefix: JSON.stringify(from.tablePrefix),
    underscored: String(from.underscored),
    here: JSON.stringify(to.tablePrefix),
    underscoredHere: String(to.underscored),
  });
}

/** Plugins that are on in the backup and not here: off, absent, or nobody can tell. */
function pluginMisfits(
  there: NonNullable<Manifest['app']>,
  here: AppInfo,
  hasPackage: AppHints['hasPackage'],
): Warning[] {
  const known = new Map(here.plugins.map((plugin) => [plugin.name, plugin.enabled]));
  const off: string[] = [];
  const absent: string[] = [];
  const untold: string[] = [];
  for (const { name, enabled } of there.plugins) {
    if (!enabled || known.get(name) === true) continue;
    if (hasPackage) (hasPackage(name) ? off : absent).push(name);
    else (known.has(name) ? off : untold).push(name);
  }
  const empty = off.flatMap(neverBackedUp);
  return [
    ...(off.length === 0
      ? []
      : empty.length === 0
        ? [warn('plugins-off', { plugins: off })]
        : // Only the installation of a plugin brings what no backup has.
          [warn('plugins-off-empty', { plugins: off, tables: empty })]),
    ...(absent.length === 0 ? [] : [warn('plugins-absent', { plugins: absent })]),
    ...(untold.length === 0 ? [] : [warn('plugins-unknown', { plugins: untold })]),
  ];
}

function versionMisfits(there: NonNullable<Manifest['app']>, here: AppInfo): Warning[] {
  const [from = '?', to = '?'] = [there.version, here.version];
  if (from === to) return [];
  const newer = compareVersions(from, to) > 0;
  return [newer ? warn('app-too-old', { from, here: to }) : warn('app-newer', { from, here: to })];
}

/** Collections made by users whose definition neither the app here nor what is restored has. */
function descriptionMisfits(
  manifest: Manifest,
  chosen: readonly Collection[],
  here: AppInfo | undefined,
): Warning[] {
  if (!manifest.app || chosen.some((collection) => collection.group === 'required')) return [];
  const names = chosen
    .filter((collection) => collection.group === 'custom' && !isKnown(collection.name, here))
    .map((collection) => collection.collection ?? collection.name);
  return names.length === 0 ? [] : [warn('definitions-missing', { names })];
}

async function keyMisfits(manifest: Manifest, target: Target): Promise<Warning[]> {
  const misfits: Warning[] = [];
  const { salt, appKeyFingerprint, aesKeyFingerprint, appKey, aesKey } = manifest.keys;
  const aesKeyHere = await keyFingerprint(target.files?.keyFile);
  if (await differs(target.appKeyFingerprint, salt, appKeyFingerprint ?? appKey)) {
    misfits.push(warn('app-key-differs', {}));
  }
  if (!manifest.keyFile && (await differs(aesKeyHere, salt, aesKeyFingerprint ?? aesKey))) {
    misfits.push(warn('aes-key-differs', {}));
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
