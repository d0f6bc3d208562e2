/** What stands below the options in `--help`. */

/** A command as it is written, and what it is for. */
export type Example = readonly [command: string, what: string];

export const examplesHelp = (examples: readonly Example[]): string =>
  ['', 'Examples:', ...examples.flatMap(([command, what]) => [`  # ${what}`, `  ${command}`])].join('\n');

export const EXIT_HELP = `
Exit codes: 0 done, 1 failed and nothing changed, 2 wrong usage, 3 the archive is damaged or cannot
be opened, 4 "ark diff" found a difference, 5 "ark list --stale" found what is too old,
6 "ark safe" found what is missing.`;

/** The settings that people need first; a test knows whether there are such. */
export const FIRST_SETTINGS: readonly (readonly [name: string, what: string])[] = [
  ['ARK_DATA', 'where Ark keeps archives and records; otherwise $STORAGE_PATH/ark or ./storage/ark'],
  ['ARK_INSTANCE', 'how this instance is called in archives and lists'],
  ['ARK_TOKEN', 'the access token of the console'],
  ['DB_HOST, DB_PORT, DB_DATABASE, DB_USER, DB_PASSWORD', "the database, as in NocoBase's .env"],
  ['APP_KEY', 'seals the secrets of storages where they are kept'],
  ['STORAGE_PATH', "the app's folder of storage, for uploaded files"],
];

export const TOP_HELP = `
An archive is a file, a name in a storage, or "latest": the newest good one of this instance.
${EXIT_HELP}

Settings, from the environment or an .env file (--env):
${FIRST_SETTINGS.map(([name, what]) => `  ${name}\n      ${what}`).join('\n')}
  All of them: docs/settings.md. Storages: "ark storages", or ARK_STORAGE_<NAME>.

Examples:
  # a backup, and what it has
  ark backup --database postgres://user@host:5432/app
  ark list
  # what a restore would change; the restore; as it was before
  ark preview latest --database postgres://user@host:5432/app
  ark restore latest --database postgres://user@host:5432/app
  ark undo --database postgres://user@host:5432/app
`;
