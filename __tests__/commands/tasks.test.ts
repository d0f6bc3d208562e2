import { spawn } from 'node:child_process';
import { appendFile, chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NOCOBASE_DELETED, NOCOBASE_SHOP } from '../helpers/nocobaseShop';
import { bundleCli } from '../helpers/cli';
import { digest } from '../helpers/digest';
import { ownPlace } from '../helpers/place';
import { withClient, type TestDatabase } from '../helpers/postgres';
import { s3Server, type S3Server } from '../helpers/s3Server';

/** docs/tasks.md, line by line: each section is done as somebody would who has only the document. */
const { data, database } = ownPlace();
const APP_KEY = 'a key of sixteen characters and more';
const READER = `ark_reader_${process.pid}`;
let s3: S3Server;
let shop: TestDatabase;
let fresh: TestDatabase;
let test: TestDatabase;
let sections: ReadonlyMap<string, readonly { readonly language: string; readonly text: string }[]>;
/** What stands for something of the reader's own. */
const names = new Map<string, string>();

beforeAll(async () => {
  [s3, shop, fresh, test] = [await s3Server(), await database(), await database(), await database()];
  await shop.sql(NOCOBASE_SHOP);
  await test.sql(NOCOBASE_SHOP);
  const bin = join(data.folder, 'bin');
  await mkdir(bin);
  await writeFile(
    join(bin, 'ark'),
    `#!/bin/sh\nexec '${process.execPath}' '${await bundleCli(data.folder)}' "$@"\n`,
  );
  await chmod(join(bin, 'ark'), 0o755);
  for (const [folder, place] of [
    ['app', shop],
    ['new', fresh],
    ['test', test],
  ] as const) {
    await mkdir(join(data.folder, 'srv', folder, 'storage', 'uploads'), { recursive: true });
    await writeFile(join(data.folder, 'srv', folder, '.env'), envOf(place, folder));
  }
  const document = await readFile(join(__dirname, '..', '..', 'docs', 'tasks.md'), 'utf8');
  sections = new Map(
    document
      .split(/^## /m)
      .slice(1)
      .map((section) => [
        section.slice(0, section.indexOf('\n')),
        [...section.matchAll(/^```(\w+)\n([^]*?)^```/gm)].map(([, language = '', text = '']) => ({
          language,
          text,
        })),
      ]),
  );
  names.set('/srv/', `${join(data.folder, 'srv')}/`);
  names.set(
    's3://KEY:SECRET@s3.example.com/backups/apps?region=eu-central-1',
    `s3+http://${s3.accessKeyId}:${encodeURIComponent(s3.secretAccessKey)}@127.0.0.1:${s3.port}/${s3.bucket}/apps`,
  );
  names.set('ark_reader', READER);
  names.set('DATABASE app', `DATABASE "${new URL(shop.url).pathname.slice(1)}"`);
});
afterAll(async () => {
  await shop.sql(`DROP OWNED BY ${READER}; DROP ROLE ${READER}`).catch(() => undefined);
  await s3.close();
});

function envOf({ url }: TestDatabase, instance: string): string {
  const { hostname, port, username, password, pathname } = new URL(url);
  const lines = {
    DB_DIALECT: 'postgres',
    DB_HOST: hostname,
    DB_PORT: port,
    DB_USER: username,
    DB_PASSWORD: decodeURIComponent(password),
    DB_DATABASE: pathname.slice(1),
    APP_KEY,
    ...(instance === 'app' ? {} : { ARK_INSTANCE: instance }),
  };
  return Object.entries(lines)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

const inTest = (text: string): string =>
  [...names].reduce((changed, [name, ours]) => changed.replaceAll(name, ours), text);

interface Said {
  readonly code: number | null;
  readonly out: string;
}

function bash(script: string): Promise<Said> {
  const child = spawn('bash', ['-e', '-c', script], {
    cwd: data.folder,
    env: { PATH: `${join(data.folder, 'bin')}:${process.env.PATH ?? ''}`, HOME: data.folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (out += text));
  return new Promise((done) => child.once('close', (code) => done({ code, out })));
}

/** Does what a section says, each block in its turn; resolves with what was said. */
async function follow(section: string, between?: (block: number) => Promise<void>): Promise<string> {
  const blocks = sections.get(section) ?? [];
  expect(blocks.length).toBeGreaterThan(0);
  let out = '';
  for (const [at, { language, text }] of blocks.entries()) {
    if (language === 'ini') {
      for (const folder of ['app', 'new', 'test'])
        await appendFile(
          join(data.folder, 'srv', folder, '.env'),
          inTest(
            folder === 'app'
              ? text
              : text.replace(/^ARK_INSTANCE.*\n/m, '').replace('/srv/app', `/srv/${folder}`),
          ),
        );
    } else if (language === 'sql') {
      await withClient(shop.url, (client) => client.query(inTest(text)));
    } else {
      const said = await bash(inTest(text));
      if (said.code !== 0) throw new Error(`${text}\n${said.out}`);
      out += said.out;
    }
    await between?.(at);
  }
  return out;
}

it('has no section with commands that no test follows', () => {
  const withCommands = [...sections].filter(([, blocks]) => blocks.length > 0).map(([section]) => section);
  expect(withCommands).toEqual([
    'Safe in five minutes',
    'The server is gone, or the app cannot boot',
    'Before an upgrade',
    'One deleted record',
    'From test to production',
    'Fifty apps on one storage',
    'A database user for backups',
  ]);
});

it('safe in five minutes', async () => {
  await writeFile(join(data.folder, 'srv', 'app', 'storage', 'uploads', 'a.txt'), 'signed');
  const out = await follow('Safe in five minutes');
  expect(out).toContain('Restore tested');
  const [made = ''] = s3.objects().filter((key) => key.startsWith('apps/'));
  expect(made).toMatch(/^apps\/.*\.ark$/);
  names.set('shop-20261128-013000.ark', made.slice('apps/'.length));
});

it('the server is gone', async () => {
  const whole = await digest(shop.url);
  await follow('The server is gone, or the app cannot boot');
  expect(await digest(fresh.url)).toEqual(whole);
  expect(await readFile(join(data.folder, 'srv', 'new', 'storage', 'uploads', 'a.txt'), 'utf8')).toBe(
    'signed',
  );
});

it('before an upgrade', async () => {
  const whole = await digest(shop.url);
  await follow('Before an upgrade', async (block) => {
    if (block > 0) return;
    await shop.sql('ALTER TABLE orders ADD COLUMN broken int; DELETE FROM users; DROP TABLE tags CASCADE;');
  });
  expect(await digest(shop.url)).toEqual(whole);
});

it('one deleted record', async () => {
  const whole = await digest(shop.url);
  await shop.sql(NOCOBASE_DELETED.join(';\n'));
  expect(await digest(shop.url)).not.toEqual(whole);
  await follow('One deleted record');
  // What many-to-many joins tell is brought back with the customer; his order's tag is one step further.
  await shop.sql('INSERT INTO order_tags VALUES (1, 1) ON CONFLICT DO NOTHING');
  expect(await digest(shop.url)).toEqual(whole);
});

it('from test to production', async () => {
  await test.sql(`UPDATE collections SET title = 'Clients' WHERE name = 'customers'`);
  const orders = await shop.query('SELECT * FROM orders ORDER BY id');
  await follow('From test to production');
  expect(await shop.query('SELECT * FROM orders ORDER BY id')).toEqual(orders);
  expect(await shop.query(`SELECT title FROM collections WHERE name = 'customers'`)).toEqual([
    { title: 'Clients' },
  ]);
});

it('fifty apps on one storage', async () => {
  const out = await follow('Fifty apps on one storage');
  expect(out).toMatch(/│\s*test\s*│/);
  expect(out).toMatch(/│\s*shop\s*│/);
});

it('a database user for backups', async () => {
  const { hostname, port, pathname } = new URL(shop.url);
  names.set(
    `postgres://${READER}@db.example.com:5432/app`,
    `postgres://${READER}:a%20long%20one@${hostname}:${port}${pathname}`,
  );
  await follow('A database user for backups');
});
