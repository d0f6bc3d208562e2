import { readdirSync, readFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { asBackupError } from '../src/server/errors/errors';
import { sendAlarm, sendHeartbeat } from '../src/server/jobs/notify';
import { ask, mayReach, openDoor, type Door } from '../src/server/outgoing';
import { s3Storage } from '../src/server/storage/s3/s3';
import { webdavStorage } from '../src/server/storage/webdav/webdav';
import { uploadsInMemory } from './helpers/uploadsInMemory';
import { listen, listenForMail } from './helpers/listener';
import { quickPatience } from './helpers/quickClock';

const closing: { close(): void }[] = [];
afterAll(() => closing.forEach((one) => one.close()));
async function listening(...given: Parameters<typeof listen>) {
  const made = await listen(...given);
  closing.push(made);
  return made;
}

/** Every name means this address, as a hostile name server would have it. */
const named = (...addresses: string[]) => ({
  resolve: (
    _host: string,
    _options: object,
    done: (error: null, addresses: { address: string; family: number }[]) => void,
  ) =>
    done(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    ),
});
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'it went well',
    (error: unknown) => asBackupError(error).code,
  );

const ALARM = { event: 'test', instance: 'i', at: '2026-06-10T02:30:00.000Z', message: 'm' } as const;

const METADATA = [
  '169.254.169.254',
  '169.254.0.1',
  '100.100.100.200',
  'fe80::1',
  'fe80::1%eth0',
  'fd00:ec2::254',
];
const HIDDEN = [
  '::ffff:169.254.169.254',
  '::ffff:a9fe:a9fe',
  '64:ff9b::a9fe:a9fe',
  '2002:a9fe:a9fe::1',
  '::a9fe:a9fe',
];
const PRIVATE = [
  '127.0.0.1',
  '10.1.2.3',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '100.64.0.1',
  '0.0.0.0',
];
const PRIVATE_6 = [
  '::1',
  '::',
  'fc00::1',
  'fd12::1',
  '::ffff:127.0.0.1',
  '::ffff:10.0.0.1',
  '64:ff9b::a00:1',
];
const OPEN = [
  '8.8.8.8',
  '172.32.0.1',
  '169.253.1.1',
  '2001:4860:4860::8888',
  '::ffff:8.8.8.8',
  '64:ff9b::808:808',
];

describe('addresses', () => {
  it.each([...METADATA, ...HIDDEN])('%s is reached only where everything is', (address) => {
    expect([mayReach(address, 'any'), mayReach(address, 'public'), mayReach(address, 'all')]).toEqual([
      false,
      false,
      true,
    ]);
  });
  it.each([...PRIVATE, ...PRIVATE_6])('%s is private', (address) => {
    expect([mayReach(address, 'any'), mayReach(address, 'public')]).toEqual([true, false]);
  });
  it.each(OPEN)('%s is public', (address) => {
    expect([mayReach(address, 'any'), mayReach(address, 'public')]).toEqual([true, true]);
  });
});

describe('what leads to a machine that clouds keep secrets at is refused before anything is sent', () => {
  it.each([
    'http://169.254.169.254/latest/meta-data/',
    'http://2852039166/',
    'http://0xa9fea9fe/',
    'http://0251.0376.0251.0376/',
    'http://169.254.43518/',
    'http://[fe80::1]/',
    'http://[::ffff:169.254.169.254]/',
    'https://169.254.169.254/',
    'http://metadata.google.internal/',
    'http://METADATA.google.internal./',
    'http://instance-data.ec2.internal/',
  ])('%s', async (url) => {
    // Names that are metadata's are refused whatever they mean.
    expect(await codeOf(ask(openDoor('any', named('127.0.0.1')), url))).toBe('ADDRESS_NOT_ALLOWED');
  });

  it.each([['169.254.169.254'], ['127.0.0.1', '169.254.169.254'], ['fe80::1']])(
    'a name that means %s',
    async (...addresses) => {
      expect(await codeOf(ask(openDoor('any', named(...addresses)), 'http://storage.example/'))).toBe(
        'ADDRESS_NOT_ALLOWED',
      );
    },
  );

  it('a name that means something else the second time', async () => {
    const server = await listening();
    const answers = ['127.0.0.1', '169.254.169.254'];
    const door = openDoor('any', {
      resolve: (host, options, done) => named(answers.shift() ?? '').resolve(host, options, done),
    });
    const url = server.url.replace('127.0.0.1', 'storage.example');
    (await ask(door, url)).destroy();
    expect(await codeOf(ask(door, url))).toBe('ADDRESS_NOT_ALLOWED');
    expect(server.heard).toHaveLength(1);
  });

  it('public only: this machine and its network are refused too, by address and by name', async () => {
    const server = await listening();
    expect(await codeOf(ask(openDoor('public'), server.url))).toBe('ADDRESS_NOT_ALLOWED');
    const door = openDoor('public', named('10.0.0.1'));
    expect(await codeOf(ask(door, 'http://storage.example/'))).toBe('ADDRESS_NOT_ALLOWED');
    expect(server.heard).toEqual([]);
  });
});

describe('each way out', () => {
  const spool = '/nowhere';
  const drain = async (bytes: AsyncIterable<Uint8Array>): Promise<number> => {
    let read = 0;
    for await (const piece of bytes) read += piece.length;
    return read;
  };
  const login = { bucket: 'ark', accessKeyId: 'KEYID', secretAccessKey: 'SECRET' };
  const patience = { ...quickPatience(), attempts: 1 };
  const ways: [string, (url: string, door?: ReturnType<typeof openDoor>) => Promise<unknown>][] = [
    [
      'WebDAV, Basic',
      (url, door) =>
        webdavStorage('cloud', { url, user: 'u', password: 'PASSWORD', spool, patience, door }).list(),
    ],
    [
      'WebDAV, Digest',
      (url, door) =>
        webdavStorage('cloud', {
          url,
          user: 'u',
          password: 'PASSWORD',
          auth: 'digest',
          spool,
          patience,
          door,
        }).list(),
    ],
    [
      'WebDAV, reading',
      async (url, door) => {
        const dav = webdavStorage('cloud', { url, user: 'u', password: 'PASSWORD', spool, patience, door });
        await drain(dav.get('a.ark'));
      },
    ],
    [
      'S3, listing',
      (url, door) =>
        s3Storage('bucket', {
          ...login,
          unfinished: uploadsInMemory(),
          endpoint: url,
          addressing: 'path',
          patience,
          door,
        }).list(),
    ],
    [
      'S3, reading',
      async (url, door) => {
        const s3 = s3Storage('bucket', {
          ...login,
          unfinished: uploadsInMemory(),
          endpoint: url,
          addressing: 'path',
          patience,
          door,
        });
        await drain(s3.get('a.ark'));
      },
    ],
    [
      'webhook',
      async (url, door) => failed(await sendAlarm({ webhook: { url } }, ALARM, undefined, 2000, door)),
    ],
    ['heart-beat', async (url, door) => failed([(await sendHeartbeat({ heartbeat: { url } }, 2000, door))!])],
  ];

  it.each(ways)('%s: a redirect is an error that says where it leads; nothing goes there', async (_, go) => {
    const inner = await listening((_request, response) => void response.end('INNER SECRET'));
    for (const status of [301, 302, 303, 307, 308]) {
      const front = await listening((_request, response) => {
        response.writeHead(status, { location: `${inner.url}/latest?token=QUERY` });
        response.end('FRONT SECRET');
      });
      const error = await go(`${front.url}/dav`).then(
        () => undefined,
        (failure: unknown) => asBackupError(failure),
      );
      expect(error?.message).toMatch(/sends us on|redirects/);
      expect(error?.message).not.toMatch(/SECRET|QUERY|latest|PASSWORD/);
      expect(error?.message).toMatch(/the address/);
    }
    expect(inner.heard).toEqual([]);
  });

  it.each(ways)('%s: a page of somebody else is not shown', async (_, go) => {
    for (const status of [200, 207, 400, 401, 403, 404, 500, 503]) {
      const server = await listening((_request, response) => {
        response.writeHead(status, 'REASON SECRET', { 'content-type': 'text/html; SECRET' });
        response.end('<html><body>BODY SECRET <b>of</b> an inner page</body></html>');
      });
      const error = await go(server.url).then(
        () => undefined,
        (failure: unknown) => asBackupError(failure),
      );
      expect(error?.message ?? '').not.toMatch(/SECRET|inner page/);
    }
  });

  it.each(ways)('%s: goes through the door', async (_, go) => {
    const server = await listening();
    const port = new URL(server.url).port;
    const refused = go(`http://storage.example:${port}`, openDoor('any', named('169.254.169.254')));
    expect(await refused.then(String, (error: unknown) => asBackupError(error).message)).toMatch(
      /Ark does not connect to/,
    );
    expect(server.heard).toEqual([]);
  });

  const failed = (deliveries: readonly { error?: string }[]): void => {
    for (const { error } of deliveries) if (error !== undefined) throw new Error(error);
  };
});

describe('e-mail', () => {
  const mail = async (door: Door, host: string, port: number, secure = false) => {
    const smtp = { host, port, secure };
    const [delivery] = await sendAlarm(
      { email: { to: ['a@example.org'], smtp } },
      ALARM,
      undefined,
      2000,
      door,
    );
    return delivery?.error ?? 'sent';
  };
  /** Whatever it hears first; it says nothing itself. */
  const silent = async () => {
    const heard: Buffer[] = [];
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (piece) => {
        heard.push(piece);
        socket.destroy();
      });
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    closing.push(server);
    return { heard, port: (server.address() as AddressInfo).port };
  };
  const hosts = [...METADATA, ...HIDDEN, '2852039166', '0xa9fea9fe', '0251.0376.0251.0376', '169.254.43518'];
  const names = ['metadata.google.internal', 'METADATA.google.internal.', 'instance-data.ec2.internal'];

  it.each([...hosts, ...names])('a mail server at %s is not connected to', async (host) => {
    for (const secure of [false, true]) {
      expect(await mail(openDoor('any'), host, 25, secure)).toMatch(/^Ark does not connect to/);
    }
  });

  it('one whose name means such an address is not, whatever it meant before', async () => {
    const server = await listenForMail();
    closing.push(server);
    const answers = ['127.0.0.1', '169.254.169.254'];
    const door = openDoor('any', {
      resolve: (host, options, done) => named(answers.shift() ?? '').resolve(host, options, done),
    });
    expect(await mail(door, 'mail.example', server.port)).toBe('sent');
    expect(await mail(door, 'mail.example', server.port)).toMatch(/^Ark does not connect to mail\.example/);
    expect(server.mails).toHaveLength(1);
  });

  it('public only: neither this machine nor its network', async () => {
    const server = await silent();
    expect(await mail(openDoor('public'), '127.0.0.1', server.port)).toMatch(/ARK_OUTGOING=public/);
    expect(await mail(openDoor('public', named('10.0.0.1')), 'mail.example', 25)).toMatch(
      /ARK_OUTGOING=public/,
    );
    expect(server.heard).toEqual([]);
  });

  it('over TLS nothing is said in plain, and the server is asked for by its name', async () => {
    const server = await silent();
    expect(await mail(openDoor('any', named('127.0.0.1')), 'mail.example', server.port, true)).toMatch(
      /mail\.example:\d+ did not take it/,
    );
    const [hello] = server.heard;
    expect(hello?.[0]).toBe(0x16);
    expect(hello?.includes('mail.example')).toBe(true);
    expect(Buffer.concat(server.heard).includes('EHLO')).toBe(false);
  });
});

it('nothing but the door asks anything of the network', () => {
  const base = join(__dirname, '..', 'src', 'server');
  const files = readdirSync(base, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  /** Who may know what could connect, and for what. */
  const MAY: Readonly<Record<string, string>> = {
    'outgoing.ts': 'the door itself',
    'console.ts': 'the server, which listens',
    'hosts/embedded/postgres.ts': 'looks for a free port',
    'dumper/dialects/postgres/connection/connection.ts': 'the database',
    'dumper/dialects/postgres/snapshot/copyOut.ts': 'the database',
    'jobs/notify.ts': 'the library for e-mail, over a socket of the door',
    'storage/s3/client.ts': 'the SDK, with the agents of the door',
    'storage/webdav/client.ts': 'the library, with the fetch of the door',
    'storage/sftp/signIn.ts': 'the library, over a socket of the door',
  };
  const MEANS =
    /(?<![.\w])fetch\((?=['"`\w]*(?:url|origin|http|address))|globalThis\.fetch|from '(?:node:)?(?:https?|net|tls|dns|dgram|http2|undici|node-fetch|axios|nodemailer|ssh2)(?:\/\w+)?'|new S3Client\(|createClient\(|import\('(?:node:)?(?:https?|net|tls|undici)'\)/;
  const found = files.filter((file) => {
    const text = readFileSync(join(base, file), 'utf8')
      // Types and tables cannot connect.
      .replace(/import type [^;]*;/g, '')
      .replace(/import \{(?: (?:STATUS_CODES|isIP|isIPv4|isIPv6|BlockList),?)+ \} from [^;]*;/g, '');
    return MEANS.test(text);
  });
  expect(found.filter((file) => MAY[file] === undefined)).toEqual([]);
  expect(readFileSync(join(base, 'storage', 's3', 'client.ts'), 'utf8')).toMatch(/httpAgent: door\.http/);
  const ssh = readFileSync(join(base, 'storage', 'sftp', 'signIn.ts'), 'utf8');
  expect(ssh).toMatch(/door\s*\.connect\(/);
  expect(ssh).not.toMatch(/\.connect\(\{(?!\s*sock\b)/);
  expect(readFileSync(join(base, 'jobs', 'notify.ts'), 'utf8')).toMatch(/connection = await door\.connect/);
});
