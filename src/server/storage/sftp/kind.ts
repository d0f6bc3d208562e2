import * as z from 'zod';
import { BackupError } from '../../errors';
import { openDoor } from '../../outgoing';
import { address, needed, optional, path, shown, volumeMb, wholeNumber } from '../fields';
import type { StorageKind } from '../kind';
import { examineSftp } from './examine';

const FINGERPRINT = /^SHA256:[A-Za-z0-9+/]{43}$/;
export const PORT = 22;

const settings = z.strictObject({
  kind: z.literal('sftp'),
  host: shown(
    address(
      needed('the host is missing').regex(/^(?:[\p{L}\p{N}._<>-]+|\[?[0-9a-f:.]*:[0-9a-f:.]*\]?)$/iu, {
        error: 'this is not an address. It is a name or an IP address alone; the port has a field of its own',
      }),
    ),
    { address: true, example: 'backup.example.com' },
  ),
  port: wholeNumber(1, 65_535, 'a port from 1 to 65535', { advanced: false, example: String(PORT) }),
  user: shown(needed('the user is missing'), { signIn: true }),
  password: shown(z.string({ error: 'a password' }).optional(), { secret: true, signIn: true }),
  privateKey: optional('a private key', { secret: true, signIn: true, lines: true, wide: true }),
  passphrase: shown(z.string({ error: 'a passphrase' }).optional(), {
    secret: true,
    signIn: true,
    advanced: true,
  }),
  path,
  hostKey: shown(
    z
      .string({ error: 'a fingerprint' })
      .trim()
      // A "+" of a URL.
      .overwrite((value) => value.replace(/ /g, '+').replace(/=+$/, ''))
      .regex(FINGERPRINT, { error: 'a fingerprint looks like SHA256:…, as ssh-keygen -l shows it' })
      .optional(),
    { wide: true },
  ),
  volumeMb,
});
export type SftpRecord = z.infer<typeof settings>;

/** What was entered may be anything. */
const serverOf = (host: unknown, port: unknown): string =>
  JSON.stringify([typeof host === 'string' ? host.trim().toLowerCase() : host, Number(port ?? PORT)]);

export const sftp: StorageKind<SftpRecord> = {
  settings,
  providers: [],
  schemes: ['sftp:'],
  example: 'sftp://user:password@host:22/path',
  // As others have it: below the root, or with ~ below the user's own folder.
  fromUrl: ({ url, user, password, parts }) => ({
    host: url.hostname,
    port: url.port,
    user,
    password,
    path: parts[0] === '~' ? parts.slice(1).join('/') : parts.length === 0 ? '' : `/${parts.join('/')}`,
  }),
  check: (record) => record,
  place: ({ user, host, port = PORT, path: folder = '' }) =>
    `${user}@${host}${port === PORT ? '' : `:${port}`}:${folder}`,
  server: ({ host, port }) => serverOf(host, port),
  volumeMb: (record) => record.volumeMb,
  async open(name, record, { reach, patience, idleMs }) {
    if (record.password === undefined && record.privateKey === undefined)
      throw new BackupError('STORAGE_INVALID', 'password: a password or a private key is needed.');
    const { sftpStorage } = await import('./sftp');
    return sftpStorage(name, { ...record, door: openDoor(reach), patience, idleMs });
  },
  examine: examineSftp,
};
