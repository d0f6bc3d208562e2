import { PORT, settings, type SftpRecord } from './settings';
import { refused } from '../../errors/errors';
import type { StorageKind } from '../kind';

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
  machine: ({ host }) => host,
  server: ({ host, port }) => serverOf(host, port),
  volumeMb: (record) => record.volumeMb,
  async open(name, record, { reach, patience, idleMs }) {
    if (record.password === undefined && record.privateKey === undefined)
      throw refused('field-missing', { field: 'password' });
    const [{ sftpStorage }, { openDoor }] = await Promise.all([import('./sftp'), import('../../outgoing')]);
    return sftpStorage(name, { ...record, door: openDoor(reach), patience, idleMs });
  },
  examine: async (...asked) => (await import('./examine')).examineSftp(...asked),
};
