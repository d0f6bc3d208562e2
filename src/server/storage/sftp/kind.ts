import * as z from 'zod';
import { refused } from '../../errors';
import { openDoor } from '../../outgoing';
import { address, fault, needed, optional, path, shown, volumeMb, wholeNumber } from '../fields';
import type { StorageKind } from '../kind';
import { examineSftp } from './examine';

const FINGERPRINT = /^SHA256:[A-Za-z0-9+/]{43}$/;
export const PORT = 22;

const settings = z.strictObject({
  kind: z.literal('sftp'),
  host: shown(
    address(needed().regex(/^(?:[\p{L}\p{N}._<>-]+|\[?[0-9a-f:.]*:[0-9a-f:.]*\]?)$/iu, fault('field-host'))),
    { address: true, example: 'backup.example.com' },
  ),
  port: wholeNumber(1, 65_535, { advanced: false, example: String(PORT) }),
  user: shown(needed(), { signIn: true }),
  password: shown(z.string(fault('field-unfit')).optional(), { secret: true, signIn: true }),
  privateKey: optional({ secret: true, signIn: true, lines: true, wide: true }),
  passphrase: shown(z.string(fault('field-unfit')).optional(), {
    secret: true,
    signIn: true,
    advanced: true,
  }),
  path,
  hostKey: shown(
    z
      .string(fault('field-unfit'))
      .trim()
      // A "+" of a URL.
      .overwrite((value) => value.replace(/ /g, '+').replace(/=+$/, ''))
      .regex(FINGERPRINT, fault('field-fingerprint'))
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
      throw refused('field-missing', { field: 'password' });
    const { sftpStorage } = await import('./sftp');
    return sftpStorage(name, { ...record, door: openDoor(reach), patience, idleMs });
  },
  examine: examineSftp,
};
