import { mkdir, readdir, truncate, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { examine } from '../../src/server/actions/storages/doctor';
import { openStorage } from '../../src/server/actions/storages/storages';
import { parseRecord } from '../../src/server/actions/storages/storageRecord';
import { openDoor } from '../../src/server/outgoing';
import { retrying } from '../../src/server/storage/retrying';
import { sftpStorage, type SftpOptions } from '../../src/server/storage/sftp/sftp';
import { quickPatience } from '../helpers/quickClock';
import { HOST_KEYS, sftpServer, type SftpServer } from '../helpers/sftpServer';
import { tcpProxy } from '../helpers/tcpProxy';
import { bytesOf, codeOf, pseudoRandom, readAll, storageSuite } from '../suites/storage';

let places = 0;
const opened = (server: SftpServer, more: Partial<SftpOptions> = {}) =>
  retrying(
    sftpStorage('ssh', {
      host: '127.0.0.1',
      port: server.port,
      user: server.user,
      password: server.password,
      hostKey: server.hostKeys.ed25519,
      door: openDoor(),
      patience: quickPatience(),
      ...more,
    }),
    quickPatience(),
  );

describe('a server without extensions', () => {
  let server: SftpServer;
  beforeAll(async () => {
    server = await sftpServer();
  });
  afterAll(() => server.close());
  storageSuite('SFTP, by rename', async () => {
    const proxy = await tcpProxy(server.port);
    const path = `place ${(places += 1)}/backups`;
    const folder = join(server.folder, path);
    const open = () => opened(server, { port: proxy.port, path });
    return {
      storage: open(),
      other: open(),
      leftovers: () => readdir(folder).catch(() => [] as string[]),
      async seed(keys) {
        await mkdir(folder, { recursive: true });
        await Promise.all(keys.map((key) => writeFile(join(folder, key), 'x')));
      },
      async sparse(key, size) {
        await mkdir(folder, { recursive: true });
        await writeFile(join(folder, key), '');
        await truncate(join(folder, key), size);
      },
      reachable: (yes) => proxy.reachable(yes),
      close: () => proxy.close(),
    };
  });
});

describe('when something is wrong', () => {
  let server: SftpServer;
  beforeEach(async () => {
    server = await sftpServer();
  });
  afterEach(() => server.close());

  it.each([
    ['open', 'the file'],
    ['write', 'the file'],
    ['rename', 'the file'],
    ['read', 'the file'],
    ['open', '.probe'],
    ['rename', '.probe'],
    ['unlink', '.probe'],
  ] as const)('a connection that is cut once at %s of %s is no failure', async (step, which) => {
    for (const how of ['cut', 'lose answer'] as const) {
      const key = `${how.replace(' ', '-')}.ark`;
      let once = true;
      server.fault = (what, path) => {
        if (what !== step || !once || !path.includes(which === 'the file' ? key : which)) return undefined;
        once = false;
        return how;
      };
      const storage = opened(server);
      await storage.put(key, pseudoRandom(9 * 1024 * 1024));
      expect((await readAll(storage.get(key))).equals(await readAll(pseudoRandom(9 * 1024 * 1024)))).toBe(
        true,
      );
      expect(once).toBe(false);
      // What was cut with the connection cannot be removed by it.
      await storage.clean();
      await storage.remove(key);
      expect(await readdir(server.folder)).toEqual([]);
    }
  });

  it.each([
    [14, 'STORAGE_FULL'],
    [15, 'STORAGE_FULL'],
    [3, 'STORAGE_REFUSED'],
    [4, 'STORAGE_REFUSED'],
  ] as const)('status %i at a write is %s, and nothing is left', async (status, code) => {
    server.fault = (step) => (step === 'write' ? status : undefined);
    expect(await codeOf(opened(server).put('a.ark', bytesOf('x')))).toBe(code);
    expect(await readdir(server.folder)).toEqual([]);
  });

  it.each(['lstat', 'opendir'] as const)('a server that goes silent at %s is given up', async (step) => {
    server.fault = (what) => (what === step ? 'silent' : undefined);
    const storage = opened(server, { idleMs: 500 });
    expect(await codeOf(step === 'lstat' ? storage.stat('a.ark') : storage.list())).toBe(
      'STORAGE_UNAVAILABLE',
    );
  });

  it('one that never speaks at all is given up too', async () => {
    const mute = createServer(() => undefined);
    await new Promise<void>((done) => mute.listen(0, '127.0.0.1', done));
    try {
      const { port } = mute.address() as AddressInfo;
      expect(await codeOf(opened(server, { port, idleMs: 500 }).list())).toBe('STORAGE_UNAVAILABLE');
    } finally {
      mute.close();
    }
  });

  it('another host key gets no password', async () => {
    const hostKey = `SHA256:${'x'.repeat(43)}`;
    for (const way of ['password', 'keyboard-interactive'] as const) {
      server.ways = [way];
      expect(await codeOf(opened(server, { hostKey }).put('a.ark', bytesOf('x')))).toBe('HOST_KEY_CHANGED');
    }
    expect(server.asked).toBe(0);
  });

  it.each(HOST_KEYS)('a server with keys of every kind is recognized by its %s key', async (type) => {
    const storage = opened(server, { hostKey: server.hostKeys[type] });
    await storage.put('a.ark', bytesOf('x'));
    expect((await readAll(storage.get('a.ark'))).toString()).toBe('x');
  });

  it.each([
    [['password']],
    [['keyboard-interactive']],
    [['password', 'keyboard-interactive']],
    [['publickey', 'keyboard-interactive', 'password']],
  ] as const)('a password goes once where %j is offered, and a wrong one is told as one', async (ways) => {
    server.ways = ways;
    await opened(server).put('a.ark', bytesOf('x'));
    expect([server.signedIn, server.passwords]).toEqual([1, 1]);
    expect(await codeOf(opened(server, { password: 'wrong' }).list())).toBe('STORAGE_LOGIN_REFUSED');
    expect([server.signedIn, server.passwords]).toEqual([1, 2]);
  });

  it('where no password is taken, none is sent', async () => {
    server.ways = ['publickey'];
    expect(await codeOf(opened(server).list())).toBe('STORAGE_LOGIN_REFUSED');
    expect(server.passwords).toBe(0);
  });

  it('a server whose renames replace files stores nothing, and the test of the storage says why', async () => {
    server.replaces = true;
    expect(await codeOf(opened(server).put('a.ark', bytesOf('x')))).toBe('STORAGE_OVERWRITES');
    const record = { kind: 'sftp', host: '127.0.0.1', port: server.port, user: 'u', password: 'p' };
    const tested = await examine(
      'ssh',
      parseRecord({ ...record, hostKey: server.hostKeys.ed25519 }),
      server.folder,
    );
    expect(tested.ok).toBe(false);
    expect(tested.checks).toContainEqual(
      expect.objectContaining({ what: 'write', state: 'failed', code: 'STORAGE_OVERWRITES' }),
    );
    expect(await readdir(server.folder)).toEqual([]);
  });

  it('link-local addresses are never connected to', async () => {
    expect(await codeOf(opened(server, { host: '169.254.169.254' }).list())).toBe('ADDRESS_NOT_ALLOWED');
  });

  it('only own unfinished files of dead writers are cleaned away', async () => {
    const others = ['.b.ark.00000000.1.00000000.part', 'c.part', 'd.ark'];
    for (const name of others) await writeFile(join(server.folder, name), 'x');
    expect(await opened(server).clean()).toBe(0);
    expect((await readdir(server.folder)).sort()).toEqual([...others].sort());
  });

  it('before somebody has agreed to its key, nobody signs in', async () => {
    const input = { kind: 'sftp', host: '127.0.0.1', port: server.port, user: 'u' };
    const { ed25519: hostKey } = server.hostKeys;
    const secrets = {
      password: { password: 'p' },
      key: { privateKey: server.privateKey, passphrase: 'p p' },
    };
    for (const [what, secret] of Object.entries(secrets)) {
      server.ways = ['password', 'keyboard-interactive', 'publickey'];
      const record = parseRecord({ ...input, ...secret });
      const tested = await examine('ssh', record, server.folder);
      expect({ what, tested }).toMatchObject({ what, tested: { ok: false, trust: { hostKey } } });
      expect(tested.checks).toMatchObject([{ what: 'hostKey', state: 'note', code: 'HOST_KEY_UNKNOWN' }]);
      expect(tested.proposal).toBeUndefined();
      const storage = await openStorage('ssh', record, server.folder);
      expect(await codeOf(storage.put('a.ark', bytesOf('x')))).toBe('HOST_KEY_UNKNOWN');
      expect(server.asked).toBe(0);
    }
    const pinned = parseRecord({ ...input, ...secrets.key, hostKey });
    expect(await examine('ssh', pinned, server.folder)).toMatchObject({ ok: true });
    expect(await (await openStorage('ssh', pinned, server.folder)).list()).toEqual([]);
  });
});
