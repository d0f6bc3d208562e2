import { createServer, type Connection } from 'mysql2';
import type { AddressInfo } from 'node:net';
import { readSettings } from '../../../src/server/environment';
import { locateDatabase } from '../../../src/server/dumper/dialects/locate';

/** What mysql2 has for whoever plays a server, and its types do not say. */
interface Guest {
  sequenceId: number;
  serverHandshake(about: Record<string, unknown>): void;
  writeTextResult(
    rows: readonly Record<string, unknown>[],
    columns: readonly Record<string, unknown>[],
  ): void;
  on(event: string, listener: (sql: string) => void): void;
}

/** Says of itself what it is told to say, whatever it is asked. */
async function serverOf(version: string, id = 7): Promise<{ port: number; close(): Promise<void> }> {
  const guests = new Set<{ close?: () => void; stream?: { destroy(): void } }>();
  const server = createServer((connection: Connection) => {
    const guest = connection as unknown as Guest;
    guests.add(connection as unknown as { stream: { destroy(): void } });
    connection.on('error', () => undefined);
    guest.serverHandshake({
      protocolVersion: 10,
      serverVersion: version,
      connectionId: 7,
      statusFlags: 2,
      characterSet: 45,
      capabilityFlags: 0xffffff & ~0x800,
    });
    guest.on('query', () => {
      // An answer is counted from the question on.
      guest.sequenceId = 1;
      const column = (name: string) => ({
        catalog: 'def',
        schema: '',
        table: '',
        orgTable: '',
        name,
        orgName: '',
        characterSet: 45,
        columnLength: 80,
        columnType: 253,
        flags: 0,
        decimals: 0,
      });
      guest.writeTextResult([{ version, id: String(id) }], [column('version'), column('id')]);
    });
  });
  await new Promise<void>((done) =>
    (server as unknown as { listen(port: number, host: string, done: () => void): void }).listen(
      0,
      '127.0.0.1',
      done,
    ),
  );
  const { port } = (server as unknown as { _server: { address(): AddressInfo } })._server.address();
  return {
    port,
    close: () =>
      new Promise((done) => {
        for (const guest of guests) guest.stream?.destroy();
        server.close(() => done());
      }),
  };
}

const lookAt = async (port: number): Promise<unknown> =>
  locateDatabase(readSettings({}), `mysql://u:secret@127.0.0.1:${port}/app`)!
    .database.structure()
    .catch((error: unknown) => error);

it.each([
  ['5.7.44', 'MySQL', '5.7.44'],
  ['8.0.16', 'MySQL', '8.0.16'],
  ['5.5.5-10.5.29-MariaDB-log', 'MariaDB', '10.5.29'],
  ['10.3.39-MariaDB', 'MariaDB', '10.3.39'],
])('%s is refused, with what is needed', async (says, title, version) => {
  const server = await serverOf(says);
  try {
    expect(await lookAt(server.port)).toMatchObject({
      code: 'DATABASE_TOO_OLD',
      details: { code: 'server-old', server: title, version },
    });
  } finally {
    await server.close();
  }
});

it('a pooler, whose sessions are not those of the server, is refused', async () => {
  const server = await serverOf('8.4.0', 8);
  try {
    expect(await lookAt(server.port)).toMatchObject({ code: 'DATABASE_POOLED' });
  } finally {
    await server.close();
  }
});

it('where nobody answers is said, without the password', async () => {
  const server = await serverOf('8.4.0');
  await server.close();
  const failure = await lookAt(server.port);
  expect(failure).toMatchObject({ code: 'DATABASE_UNREACHABLE' });
  expect(String(failure)).not.toContain('secret');
});

it.each([
  ['mysql://u:p@h:1/', /names no database/],
  ['mariadb://u:p@h:1/app?schema=x', /schema/],
  ['mysql://u:p@h:1/app?underscored=maybe', /underscored/],
])('%s is refused, and nothing of it repeated that may be secret', (url, why) => {
  expect(() => locateDatabase(readSettings({}), url)).toThrow(why);
});

it('is named by its URL, or by the environment as NocoBase has it', () => {
  const byUrl = locateDatabase(
    readSettings({}),
    'mariadb://u%40x:p@[::1]:3307/an%20app?tablePrefix=nb_&underscored=true',
  )!;
  expect([byUrl.name, byUrl.database.dialect, byUrl.database.label, byUrl.app]).toEqual([
    'an app',
    'mariadb',
    'mariadb://u@x@::1:3307/an app',
    { tablePrefix: 'nb_', underscored: true, timeZone: undefined },
  ]);
  const byEnvironment = locateDatabase(
    readSettings({ DB_DIALECT: 'mysql', DB_HOST: 'h', DB_DATABASE: 'app', DB_USER: 'u' }),
  )!;
  expect(byEnvironment.database.label).toBe('mysql://u@h:3306/app');
});
