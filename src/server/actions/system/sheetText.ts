import type * as api from '../../api/api';
import { formatBytes } from '../../bytes';
import { cleaned } from '../../cleaned';

type Sheet = Omit<api.RescueSheet, 'markdown'>;

const SECRETS: Readonly<Record<Sheet['secrets'][number]['what'], string>> = {
  storage: 'Secret of the storage',
  passphrase: 'Passphrase of the backup',
  identity: 'Age key that opens the backup',
  database: 'Address of the new, empty database, with its password',
  appKey: 'APP_KEY of the app, for its .env',
  aesKey: 'AES key of the app: a copy of the file',
  aesKeyInBackup: 'AES key of the app: it is in the backup',
};

/** In Markdown, to be mailed or printed. Names are code, in which nothing is markup. */
export function sheetText(sheet: Sheet): string {
  const { instance, madeAt, version, database, app, storages, backup, secrets, commands } = sheet;
  return [
    `# Rescue sheet: ${code(instance)}`,
    '',
    `Made ${madeAt}. Keep it away from the server. It has no secrets: write down where each is kept.`,
    '',
    `- Ark ${cleaned(version)}`,
    `- Database: ${cleaned(database.dialect)} ${cleaned(database.version ?? '')}`.trimEnd(),
    ...(app ? [`- App: ${code(`${app.name} ${app.version ?? ''}`.trim())}`] : []),
    ...storages.map(
      ({ name, kind, place, offsite }) =>
        `- Storage ${code(name)} (${cleaned(kind)}${offsite ? ', off-site' : ''}): ${code(place)}`,
    ),
    backup
      ? `- Backup: ${code(backup.name)} in ${code(backup.storage)}, of ${backup.createdAt}, ${formatBytes(backup.size)}, ${backup.rehearsedAt === undefined ? 'restore NOT tested' : `restore tested ${backup.rehearsedAt}`}`
      : '- There is no backup yet.',
    '',
    '## Secrets',
    '',
    ...secrets.map(({ what, storage, field, file }) => {
      const which = [storage, field, file].filter((part) => part !== undefined).map(code);
      return `- ${[SECRETS[what], ...which].join(' ')}. Kept at: ______________________`;
    }),
    '',
    '## Commands',
    '',
    ...(commands.length > 0 ? fenced(commands) : ['None without a backup.']),
    '',
  ].join('\n');
}

const longest = (text: string): number => Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));

function code(text: string): string {
  const clean = cleaned(text, 300);
  if (clean === '') return '';
  const ticks = '`'.repeat(longest(clean) + 1);
  const room = /^`|`$/.test(clean) ? ' ' : '';
  return `${ticks}${room}${clean}${room}${ticks}`;
}

function fenced(commands: readonly string[]): string[] {
  const fence = '`'.repeat(Math.max(3, longest(commands.join('\n')) + 1));
  return [`${fence}sh`, ...commands, fence];
}
