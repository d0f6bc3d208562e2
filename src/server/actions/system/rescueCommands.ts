import { shellWord } from '../../shellWord';

/** Stands where a secret has to be written. */
export const BLANK = '________';

export interface RescueStorage {
  readonly name: string;
  readonly kind: string;
  readonly settings: readonly (readonly [field: string, value: string])[];
  readonly secrets: readonly { readonly field: string; readonly file: string }[];
}

interface Rescue {
  readonly version: string;
  readonly storage: RescueStorage;
  readonly backup: { readonly name: string; readonly files: boolean };
  readonly opensWith: 'passphrase' | 'identity' | undefined;
  readonly storagePath: string | undefined;
}

/** For bash, as they stand, but for the secrets: whoever copies them writes each into its file. */
export function rescueCommands({ version, storage, backup, opensWith, storagePath }: Rescue): string[] {
  const { name, kind, settings, secrets } = storage;
  const opener = opensWith === 'identity' ? '--identity-file' : '--passphrase-file';
  return [
    `npm install -g ${shellWord(`./nocobase-plugin-ark-${version}.tgz`)}`,
    'umask 077; mkdir -p ark-rescue; cd ark-rescue',
    'export ARK_DATA="$PWD/data"',
    ...(backup.files
      ? [
          storagePath === undefined
            ? 'export STORAGE_PATH="$PWD/storage"'
            : `export STORAGE_PATH=${shellWord(storagePath)}`,
        ]
      : []),
    ...secrets.map(({ file }) => written(file)),
    line([
      'ark storages add',
      shellWord(name),
      `--kind ${shellWord(kind)}`,
      ...settings.map(([field, value]) => `--set ${shellWord(`${field}=${value}`)}`),
      ...secrets.map(({ field, file }) => `--set-file ${shellWord(`${field}=${file}`)}`),
    ]),
    line(['ark list', `--storage ${shellWord(name)}`]),
    ...(opensWith ? [written(opensWith)] : []),
    written('database.url'),
    line([
      'ark restore',
      `--storage ${shellWord(name)}`,
      '--database-file database.url',
      ...(opensWith ? [`${opener} ${opensWith}`] : []),
      '--all --allow-code --yes',
      // Nothing that follows is an option.
      `-- ${shellWord(backup.name)}`,
    ]),
  ];
}

const line = (words: readonly string[]): string => words.join(' ');

/** Nothing that a secret may hold means anything to the shell here. */
const written = (file: string): string => `cat > ${shellWord(file)} <<'END'\n${BLANK}\nEND`;
