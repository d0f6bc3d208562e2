import { Readable } from 'node:stream';
import { BackupError } from '../../errors/errors';
import type { Examined, StorageCheck, StorageSettings } from '../checks';
import { StorageFailure } from '../failure';
import type { Examination } from '../kind';
import { realClock } from '../retrying';
import type { WebdavRecord } from './settings';
import { davProvider, withDefaults } from './providers';

const IDLE_MS = 15_000;

/** Where WebDAV usually is below the address of a server. */
const ROOTS = ['/remote.php/dav/files/<user>/', '/remote.php/webdav/', '/dav/', '/webdav/', '/dav/files/'];

/** What can be said of the settings and of the server besides whether they work. */
export async function examineWebdav(
  name: string,
  record: WebdavRecord,
  { failure, door }: Examination,
): Promise<Examined> {
  const checks: StorageCheck[] = [];
  const { davClient } = await import('./client');
  const provider = davProvider(record.provider);
  const { auth, volumeMb = 0 } = withDefaults(record);
  const dav = davClient(name, { ...record, door, auth }, IDLE_MS, realClock);
  const refused = failure instanceof BackupError ? failure.code : undefined;
  if (refused === 'STORAGE_LOGIN_REFUSED' && provider?.appPassword) {
    checks.push({
      what: 'password',
      state: 'note',
      message: `${provider.title} wants an app password here, made in its own settings, and not the one you sign in with.`,
    });
  }
  if (record.url.startsWith('http://') && !isNear(record.url)) {
    checks.push({
      what: 'endpoint',
      state: 'danger',
      message:
        'The address begins with http://: the password and the backups go through the network for everybody to read. Use https://.',
    });
  }
  if (failure === undefined) {
    const key = `ark-probe-chunked-${Date.now().toString(36)}.arkpart`;
    const path = `/${[...(record.path ?? '').split(/[/\\]+/), key].filter(Boolean).join('/')}`;
    const body = Buffer.alloc(70_000, 7);
    try {
      const answer = await dav.ask({
        method: 'PUT',
        path,
        what: 'Sending a probe in chunks to',
        body: Readable.from([body]),
      });
      answer.body?.resume();
      const probe = await dav.ask({ method: 'HEAD', path, what: 'Asking for a probe in' });
      const size = probe.headers.get('content-length');
      if (size !== null && Number(size) !== body.length)
        note(checks, `${size} bytes stored of ${body.length} sent`);
    } catch (error) {
      if (error instanceof StorageFailure) note(checks, error.providerCode ?? error.code);
    } finally {
      await dav
        .ask({ method: 'DELETE', path, what: 'Removing a probe from', fine: [404] })
        .then((answer) => answer.body?.resume())
        .catch(() => undefined);
    }
  }
  const front = await dav
    .ask({ method: 'OPTIONS', path: '/', what: 'Asking', fine: [401, 403, 404, 405, 500] })
    .then((answer) => {
      answer.body?.resume();
      return answer.headers.get('server') ?? '';
    })
    .catch(() => '');
  const better: StorageSettings = /cloudflare/i.test(front) && volumeMb > 95 ? { volumeMb: 95 } : {};
  if (better.volumeMb !== undefined) {
    checks.push({
      what: 'size',
      state: 'note',
      message:
        'It is behind Cloudflare, which takes no files of more than 100 MB: volumes of 95 MB are proposed.',
    });
  }
  return {
    checks,
    alternatives: alternativesTo(record, refused),
    better: Object.keys(better).length > 0 ? better : undefined,
  };
}

const note = (checks: StorageCheck[], said: string): void => {
  checks.push({
    what: 'chunked',
    state: 'note',
    message: `It refuses or spoils uploads of unknown length (${said}), which other programs send. Ark always says the length, so backups are not affected.`,
  });
};

const isNear = (url: string): boolean =>
  /^(localhost|127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|\[::1\])/.test(new URL(url).hostname);

/** The address of the server's page where its WebDAV address is wanted, and ways of signing in. */
function alternativesTo(record: WebdavRecord, refused: string | undefined): StorageSettings[] {
  if (refused === 'STORAGE_SETTINGS_WRONG') {
    const { origin } = new URL(record.url);
    return ROOTS.map((root) => ({
      url: `${origin}${root.replace('<user>', encodeURIComponent(record.user ?? ''))}`,
    })).filter((candidate) => candidate.url !== record.url);
  }
  if (refused === 'STORAGE_LOGIN_REFUSED' && record.auth !== undefined && record.auth !== 'auto')
    return [{ auth: 'auto' }];
  return [];
}
