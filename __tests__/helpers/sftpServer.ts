import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, mkdir, mkdtemp, open, readdir, rename, rm, unlink, type FileHandle } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Server, utils, type Attributes, type Connection, type ParsedKey, type SFTPWrapper } from 'ssh2';

const { STATUS_CODE, OPEN_MODE } = utils.sftp;
export type SftpStep = 'open' | 'write' | 'read' | 'lstat' | 'opendir' | 'rename' | 'unlink' | 'mkdir';
/** A status of the protocol's, nothing at all, or the end of the connection before or after it was done. */
export type SftpFault = number | 'silent' | 'cut' | 'lose answer';

/** What a client asks for first comes first. */
export const HOST_KEYS = ['ed25519', 'ecdsa', 'rsa'] as const;
type HostKeyType = (typeof HOST_KEYS)[number];

const generate = (type: HostKeyType) =>
  ({
    ed25519: () => utils.generateKeyPairSync('ed25519'),
    ecdsa: () => utils.generateKeyPairSync('ecdsa', { bits: 256 }),
    rsa: () => utils.generateKeyPairSync('rsa', { bits: 2048 }),
  })[type]();

/** The library writes a key now and then that it cannot read. */
function readable(make: () => ReturnType<typeof generate>, passphrase?: string): ReturnType<typeof generate> {
  for (;;) {
    const pair = make();
    if (!(utils.parseKey(pair.private, passphrase) instanceof Error)) return pair;
  }
}

const fingerprint = (publicKey: string): string =>
  `SHA256:${createHash('sha256')
    .update(Buffer.from(publicKey.split(' ')[1]!, 'base64'))
    .digest('base64')
    .replace(/=+$/, '')}`;

export interface SftpServer {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** The fingerprint of each of its keys. */
  readonly hostKeys: Readonly<Record<HostKeyType, string>>;
  /** Where its files are. */
  readonly folder: string;
  /** Asked before each step; the path is that of the file, where there is one. */
  fault: (step: SftpStep, path: string) => SftpFault | undefined;
  /** How it lets people in. */
  ways: readonly ('password' | 'keyboard-interactive' | 'publickey')[];
  /** By which it lets people in as well, with its passphrase. */
  readonly privateKey: string;
  readonly passphrase: string;
  /** A rename takes the place of a file that is there, as some servers have it. */
  replaces: boolean;
  /** How often somebody has asked to be let in, and how often somebody was. */
  readonly asked: number;
  readonly signedIn: number;
  /** How often a password was sent. */
  readonly passwords: number;
  close(): Promise<void>;
}

/** A server of SFTP version 3 in this process, without extensions; only links and symbolic links are left out. */
export async function sftpServer(): Promise<SftpServer> {
  const folder = await mkdtemp(join(tmpdir(), 'ark-sftp-'));
  const passphrase = 'p p';
  const login = readable(
    () => utils.generateKeyPairSync('ed25519', { passphrase, cipher: 'aes256-cbc', rounds: 4 }),
    passphrase,
  );
  const loginKey = utils.parseKey(login.public) as ParsedKey;
  const keys = HOST_KEYS.map((type) => ({ type, ...readable(() => generate(type)) }));
  const connections = new Set<Connection>();
  const served = {
    user: 'u',
    password: 'p',
    privateKey: login.private,
    passphrase,
    hostKeys: Object.fromEntries(
      keys.map((key) => [key.type, fingerprint(key.public)]),
    ) as SftpServer['hostKeys'],
    folder,
    asked: 0,
    signedIn: 0,
    passwords: 0,
    ways: ['password'] as SftpServer['ways'],
    replaces: false,
    fault: (() => undefined) as SftpServer['fault'],
  };
  const server = new Server({ hostKeys: keys.map((key) => key.private) }, (connection) => {
    connections.add(connection);
    // Otherwise each of many small answers waits for 40 ms.
    (connection as Connection & { setNoDelay(yes: boolean): void }).setNoDelay(true);
    connection.on('error', () => undefined);
    connection.on('close', () => connections.delete(connection));
    connection.on('authentication', (context) => {
      served.asked += 1;
      const refuse = () => context.reject([...served.ways]);
      const judge = (right: boolean) => {
        if (right && context.username === served.user) {
          served.signedIn += 1;
          context.accept();
        } else refuse();
      };
      const judgePassword = (password: string | undefined) => {
        served.passwords += 1;
        judge(password === served.password);
      };
      if (!served.ways.some((way) => way === context.method)) refuse();
      else if (context.method === 'password') judgePassword(context.password);
      else if (context.method === 'keyboard-interactive')
        context.prompt([{ prompt: 'Password: ', echo: false }], ([password]) => judgePassword(password));
      else if (context.method === 'publickey') {
        const { key, blob, signature, hashAlgo } = context;
        if (!key.data.equals(loginKey.getPublicSSH())) refuse();
        // Whether this key would do.
        else if (!blob || !signature) context.accept();
        else judge(loginKey.verify(blob, signature, hashAlgo));
      }
    });
    connection.on('ready', () =>
      connection.on('session', (accept) =>
        accept().on('sftp', (acceptSftp) => serve(acceptSftp(), served, () => connection.end())),
      ),
    );
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return Object.assign(served, {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const connection of connections) connection.end();
      await new Promise<void>((done) => server.close(() => done()));
      await rm(folder, { recursive: true });
    },
  });
}

/** The library sends no status that is not of version 3, though servers do. */
function sendStatus(sftp: SFTPWrapper, id: number, status: number): void {
  const { outgoing, _protocol } = sftp as unknown as {
    outgoing: { id: number };
    _protocol: { channelData(channel: number, data: Buffer): void };
  };
  const packet = Buffer.alloc(21);
  packet.writeUInt32BE(packet.length - 4, 0);
  packet.writeUInt8(101, 4);
  packet.writeUInt32BE(id, 5);
  packet.writeUInt32BE(status, 9);
  _protocol.channelData(outgoing.id, packet);
}

function serve(
  sftp: SFTPWrapper,
  served: Pick<SftpServer, 'fault' | 'folder' | 'replaces'>,
  cut: () => void,
): void {
  const handles = new Map<string, { path: string; file?: FileHandle; names?: string[] }>();
  let next = 0;
  let gone = false;
  const at = (path: string) => (path.startsWith('/') ? path : join(served.folder, path));
  const statusOf = (error: unknown): number => {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return STATUS_CODE.NO_SUCH_FILE;
    return code === 'EACCES' ? STATUS_CODE.PERMISSION_DENIED : STATUS_CODE.FAILURE;
  };
  /** `answer` is what is sent when the work is done. */
  const step = (id: number, what: SftpStep, path: string, work: () => Promise<() => void>) => {
    const fault = served.fault(what, path);
    if (fault === 'silent') return;
    if (fault === 'cut') cut();
    else if (typeof fault === 'number') sendStatus(sftp, id, fault);
    else
      work().then(
        (answer) => (fault === 'lose answer' ? cut() : answer()),
        (error: unknown) => sftp.status(id, statusOf(error)),
      );
  };
  const ok = (id: number) => () => sftp.status(id, STATUS_CODE.OK);
  const keep = (id: number, what: { path: string; file?: FileHandle; names?: string[] }) => {
    if (gone) void what.file?.close();
    const name = Buffer.from(String((next += 1)));
    handles.set(name.toString(), what);
    return () => sftp.handle(id, name);
  };
  const attributes = async (path: string): Promise<Attributes> => {
    const { mode, uid, gid, size, atimeMs, mtimeMs } = await lstat(path);
    return { mode, uid, gid, size, atime: Math.floor(atimeMs / 1000), mtime: Math.floor(mtimeMs / 1000) };
  };
  sftp.on('OPEN', (id, path, flags) =>
    step(id, 'open', path, async () => {
      const mode =
        (flags & OPEN_MODE.WRITE ? constants.O_RDWR : constants.O_RDONLY) |
        (flags & OPEN_MODE.CREAT ? constants.O_CREAT : 0) |
        (flags & OPEN_MODE.TRUNC ? constants.O_TRUNC : 0) |
        (flags & OPEN_MODE.EXCL ? constants.O_EXCL : 0);
      return keep(id, { path, file: await open(at(path), mode, 0o600) });
    }),
  );
  sftp.on('WRITE', (id, name, offset, data) => {
    const { path = '', file } = handles.get(name.toString()) ?? {};
    step(id, 'write', path, async () => {
      await file!.write(data, 0, data.length, offset);
      return ok(id);
    });
  });
  sftp.on('READ', (id, name, offset, length) => {
    const { path = '', file } = handles.get(name.toString()) ?? {};
    step(id, 'read', path, async () => {
      const { bytesRead, buffer } = await file!.read(Buffer.alloc(length), 0, length, offset);
      return () =>
        bytesRead === 0 ? sftp.status(id, STATUS_CODE.EOF) : sftp.data(id, buffer.subarray(0, bytesRead));
    });
  });
  sftp.on('CLOSE', (id, name) => {
    const { file } = handles.get(name.toString()) ?? {};
    handles.delete(name.toString());
    void Promise.resolve(file?.close()).then(ok(id));
  });
  // However the connection ended.
  sftp.on('close', () => {
    gone = true;
    for (const { file } of handles.values()) void file?.close();
  });
  sftp.on('LSTAT', (id, path) =>
    step(id, 'lstat', path, async () => {
      const found = await attributes(at(path));
      return () => sftp.attrs(id, found);
    }),
  );
  sftp.on('OPENDIR', (id, path) =>
    step(id, 'opendir', path, async () => keep(id, { path, names: await readdir(at(path)) })),
  );
  sftp.on('READDIR', (id, name) => {
    const { path = '', names = [] } = handles.get(name.toString()) ?? {};
    const some = names.splice(0, 100);
    void Promise.all(
      some.map(async (filename) => ({
        filename,
        longname: filename,
        attrs: await attributes(join(at(path), filename)).catch(() => undefined),
      })),
    ).then((found) => {
      const there = found.flatMap(({ attrs, ...one }) => (attrs ? [{ ...one, attrs }] : []));
      if (some.length === 0) sftp.status(id, STATUS_CODE.EOF);
      else sftp.name(id, there);
    });
  });
  sftp.on('REMOVE', (id, path) =>
    step(id, 'unlink', path, async () => {
      await unlink(at(path));
      return ok(id);
    }),
  );
  sftp.on('RENAME', (id, from, to) =>
    step(id, 'rename', from, async () => {
      // As version 3 has it, and at once.
      const there = served.replaces ? undefined : await open(at(to), 'wx').catch(() => undefined);
      if (!there && !served.replaces) return () => sftp.status(id, STATUS_CODE.FAILURE);
      await there?.close();
      await rename(at(from), at(to));
      return ok(id);
    }),
  );
  sftp.on('MKDIR', (id, path) =>
    step(id, 'mkdir', path, async () => {
      await mkdir(at(path), { mode: 0o700 });
      return ok(id);
    }),
  );
}
