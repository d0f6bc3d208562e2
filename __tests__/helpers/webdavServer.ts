import { v2 } from 'webdav-server';

export interface WebdavServer {
  readonly port: number;
  readonly url: string;
  readonly user: string;
  readonly password: string;
  /** Every file, as /path, with its size. */
  files(): Promise<{ path: string; size: number }[]>;
  /** Bytes of ranges sent out. */
  sent(): number;
  /** Small files in a folder, quickly. */
  seed(folder: string, names: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** npm's webdav-server with its files in memory, behind a password. */
export async function webdavServer(auth: 'basic' | 'digest' = 'basic'): Promise<WebdavServer> {
  let sent = 0;
  const [user, password] = ['marie', 'pässwörd+/=%'];
  const users = new v2.SimpleUserManager();
  const marie = users.addUser(user, password, false);
  const privileges = new v2.SimplePathPrivilegeManager();
  privileges.setRights(marie, '/', ['all']);
  const options = Object.assign(new v2.WebDAVServerOptions(), {
    hostname: '127.0.0.1',
    port: 0,
    requireAuthentification: true,
    httpAuthentication:
      auth === 'basic'
        ? new v2.HTTPBasicAuthentication(users, 'ark')
        : new v2.HTTPDigestAuthentication(users, 'ark'),
    privilegeManager: privileges,
  });
  const server = new v2.WebDAVServer(options);
  // The library ends the answer to a large range before everything is sent.
  server.beforeRequest((request, next) => {
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.request.headers.range ?? '');
    if (request.request.method !== 'GET' || !range) {
      next();
      return;
    }
    request.getResource((error, resource) => {
      resource?.openReadStream((failure, stream) => {
        if (error || failure || !stream) {
          next();
          return;
        }
        const pieces: Buffer[] = [];
        stream.on('data', (piece: Buffer) => pieces.push(piece));
        stream.on('end', () => {
          const whole = Buffer.concat(pieces);
          const [start, end] = [Number(range[1]), range[2] === '' ? whole.length : Number(range[2]) + 1];
          const part = whole.subarray(start, end);
          const { response } = request;
          if (start >= whole.length) response.writeHead(416);
          else {
            response.writeHead(206, {
              'Content-Length': part.length,
              'Content-Range': `bytes ${start}-${start + part.length - 1}/${whole.length}`,
            });
          }
          sent += part.length;
          response.end(start >= whole.length ? undefined : part);
        });
      });
    });
  });
  const http = await server.startAsync(0);
  const { port } = http.address() as { port: number };

  const context = server.createExternalContext();
  const walk = async (path: string): Promise<{ path: string; size: number }[]> => {
    const resource = await server.getResourceAsync(context, path);
    const type = await resource.typeAsync();
    if (type.isFile) return [{ path, size: await resource.sizeAsync() }];
    const names = await resource.readDirAsync();
    const found = await Promise.all(names.map((name) => walk(`${path === '/' ? '' : path}/${name}`)));
    return found.flat();
  };
  return {
    port,
    url: `http://127.0.0.1:${port}/`,
    user,
    password,
    files: () => walk('/'),
    sent: () => sent,
    async seed(folder, names) {
      const files: v2.SubTree = Object.fromEntries(names.map((name) => [name, 'x']));
      const tree = folder
        .split('/')
        .filter(Boolean)
        .reduceRight<v2.SubTree>((inner, name) => ({ [name]: inner }), files);
      await server.rootFileSystem().addSubTreeAsync(context, '/', tree);
    },
    async close() {
      (http as unknown as { closeAllConnections(): void }).closeAllConnections();
      await server.stopAsync();
    },
  };
}
