import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { copyDatabase } from '../../src/server/actions/restore/copyDatabase';
import { restoreBackup } from '../../src/server/actions/restore/restoreBackup';
import { applyUndo, findUndo, listUndos } from '../../src/server/actions/restore/undos';
import type { Archive } from '../../src/server/dumper/archive/archive';
import type { NodeSession, NodeState } from '../../src/server/dumper/dialect';
import type { Host } from '../../src/server/host';
import { newGate, type Gate } from '../../src/server/hosts/nocobase/gate';
import { newNode, type Node } from '../../src/server/hosts/nocobase/node';
import { backUp, hostOf } from '../helpers/ark';
import { bundleCli } from '../helpers/cli';
import { ownPlace } from '../helpers/place';
import { withClient, type TestDatabase } from '../helpers/postgres';
import { pause, until } from '../helpers/waiting';

/** Several nodes of one app: gates as the plugin has them, over one real database, and whoever swaps its tables. */
const { data, database } = ownPlace();

const APP = `CREATE TABLE orders (id serial PRIMARY KEY, note text); INSERT INTO orders (note) VALUES ('backed up');
  CREATE TABLE collections (key text PRIMARY KEY); INSERT INTO collections VALUES ('orders');`;
const RESTORE = { selection: { all: true }, allowBreaks: false, allowCode: true } as const;

interface Standing {
  readonly node: Node;
  readonly gate: Gate;
  readonly log: string[];
  /** What somebody who asks for something is answered. */
  ask(work?: () => Promise<void>): Promise<number>;
  reloads(): number;
}

const standing: Standing[] = [];
afterEach(async () => {
  await Promise.all(standing.splice(0).map(({ node }) => node.leave()));
});

async function stand(
  host: Pick<Host, 'database'>,
  reload?: (tries: number) => Promise<void>,
): Promise<Standing> {
  const gate = newGate();
  const log: string[] = [];
  let reloads = 0;
  const node: Node = newNode({
    database: host.database,
    gate,
    async reload() {
      reloads += 1;
      await reload?.(reloads);
      await node.reads();
    },
    say: (line) => log.push(line),
  });
  await node.join();
  const made: Standing = {
    node,
    gate,
    log,
    async ask(work = () => Promise.resolve()) {
      const ctx = { path: '/api/orders:list', status: 200, set: () => undefined };
      await gate.middleware(ctx as unknown as Parameters<Gate['middleware']>[0], work);
      return ctx.status;
    },
    reloads: () => reloads,
  };
  standing.push(made);
  return made;
}

const isAnswered = (one: Standing, status: number) =>
  until(`it answers ${status}`, async () => (await one.ask()) === status || undefined);
const states = (all: readonly Standing[]) => Promise.all(all.map((one) => one.ask()));

/** As long as somebody reads a table, it cannot be swapped: whatever restores it stands just before that. */
async function whileRead<T>(url: string, during: (release: () => Promise<void>) => Promise<T>): Promise<T> {
  return withClient(url, async (reader) => {
    await reader.query('BEGIN; LOCK TABLE orders IN ACCESS SHARE MODE');
    return during(async () => {
      await reader.query('COMMIT');
    });
  });
}

const keyOf = (schema: string) => createHash('sha256').update(schema).digest('hex').slice(0, 8);

/** Somebody whose session has that name. */
async function named(url: string, name: string): Promise<Client> {
  const client = new Client({ connectionString: url, application_name: name });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

async function app(more = ''): Promise<{ db: TestDatabase; host: Host; archive: Archive }> {
  const db = await database(APP + more);
  const host = hostOf(db.url, data.folder);
  const archive = await backUp(host, db.name);
  await db.sql(`UPDATE orders SET note = 'since'`);
  return { db, host, archive };
}

describe('a swap', () => {
  const undoing = async (host: Host, archive: Archive) => {
    await restoreBackup(host, archive, 'x.ark', RESTORE);
    return async () => applyUndo(host, await findUndo(host), { allowBreaks: false });
  };
  const ways: Record<
    string,
    (
      host: Host,
      archive: Archive,
    ) => Promise<() => Promise<{ job: { log?: readonly { text: string }[] | undefined } }>>
  > = {
    restore: (host, archive) => Promise.resolve(() => restoreBackup(host, archive, 'x.ark', RESTORE)),
    undo: undoing,
    async copy(host) {
      const from = hostOf((await database(APP)).url, data.folder);
      return () => copyDatabase(from, host, { ...RESTORE });
    },
  };

  it.each(Object.keys(ways))(
    'by %s closes every node, waits for who is there, and all read the tables anew',
    async (way) => {
      const { db, host, archive } = await app();
      const begin = await ways[way]?.(host, archive);
      const nodes = [await stand(host), await stand(host)];
      expect(await states(nodes)).toEqual([200, 200]);
      let answer: () => void = () => undefined;
      const busy = nodes[1]?.ask(() => new Promise<void>((done) => (answer = done)));
      await whileRead(db.url, async (release) => {
        const job = begin?.();
        for (const node of nodes) await isAnswered(node, 503);
        // The one that is still at something has not said that it is ready.
        await pause(500);
        const open = () =>
          db.query(
            `SELECT 1 FROM pg_stat_activity WHERE application_name LIKE 'ark node % open %' AND datname = current_database()`,
          );
        expect(await open()).toHaveLength(1);
        answer();
        expect(await busy).toBe(200);
        await until('both are ready', async () => (await open()).length === 0 || undefined);
        await release();
        const ended = await job;
        expect(ended?.job.log?.map(({ text }) => text)).toContain('other nodes of the app that wait: 2');
      });
      for (const node of nodes) await isAnswered(node, 200);
      expect(nodes.map((node) => node.reloads())).toEqual([1, 1]);
    },
  );

  it('that is refused lets every node open again, and none starts again', async () => {
    const { db, archive } = await app();
    const host = hostOf(db.url, data.folder, { ARK_LOCK_TIMEOUT_MS: '1500' });
    const nodes = [await stand(host), await stand(host)];
    await whileRead(db.url, async () => {
      const job = restoreBackup(host, archive, 'x.ark', RESTORE).catch((error: unknown) => error);
      for (const node of nodes) await isAnswered(node, 503);
      expect(await job).toMatchObject({ code: 'TABLE_LOCKED' });
    });
    for (const node of nodes) await isAnswered(node, 200);
    expect(nodes.map((node) => node.reloads())).toEqual([0, 0]);
  });

  it('whose app does not start with it, and is swapped back, lets the others go on as they were', async () => {
    const { host, archive } = await app();
    const [here, there] = [await stand(host), await stand(host)];
    let starts = 0;
    const live: Host['live'] = {
      pause: () => here.node.pause(),
      resume: () => here.node.resume(),
      async reload() {
        starts += 1;
        expect(await states([here, there])).toEqual([503, 503]);
        await here.node.reads();
        if (starts === 1) throw new Error('no such field type');
      },
    };
    const refused = restoreBackup({ ...host, live }, archive, 'x.ark', RESTORE);
    await expect(refused).rejects.toMatchObject({ code: 'APP_REFUSED' });
    for (const one of [here, there]) await isAnswered(one, 200);
    expect([starts, here.reloads(), there.reloads()]).toEqual([2, 0, 0]);
  });

  it('of this very process is its own: it is not told to wait for itself, and not to start again', async () => {
    const { host, archive } = await app();
    const [here, there] = [await stand(host), await stand(host)];
    const live: Host['live'] = {
      pause: () => here.node.pause(),
      resume: () => here.node.resume(),
      reload: () => here.node.reads(),
    };
    const { job } = await restoreBackup({ ...host, live }, archive, 'x.ark', RESTORE);
    expect(job.log?.map(({ text }) => text)).toContain('other nodes of the app that wait: 1');
    for (const one of [here, there]) await isAnswered(one, 200);
    expect([here.reloads(), there.reloads()]).toEqual([0, 1]);
  });

  it('is not held up by other apps, nor are they by it', async () => {
    const { db, host, archive } = await app();
    await db.sql('CREATE SCHEMA other; CREATE TABLE other.orders (id int)');
    const url = new URL(db.url);
    url.searchParams.set('schema', 'other');
    const others = [await stand(hostOf(url.toString(), data.folder)), await stand((await app()).host)];
    const own = await stand(host);
    await whileRead(db.url, async (release) => {
      const job = restoreBackup(host, archive, 'x.ark', RESTORE);
      await isAnswered(own, 503);
      await pause(1_000);
      expect(await states(others)).toEqual([200, 200]);
      await release();
      expect((await job).job.log?.map(({ text }) => text)).toContain('other nodes of the app that wait: 1');
    });
    await isAnswered(own, 200);
    expect(others.map((one) => one.reloads())).toEqual([0, 0]);
  });
});

describe('who dies', () => {
  it('kill -9 of whoever restores, before the swap: the nodes open, and none starts again', async () => {
    const { db, host, archive } = await app();
    const cli = await bundleCli(data.folder);
    const nodes = [await stand(host), await stand(host)];
    const file = join(data.folder, 'backups', `${db.name}.ark`);
    expect(archive.manifest.collections).toHaveLength(2);
    await whileRead(db.url, async () => {
      const child = spawn(
        process.execPath,
        [cli, 'restore', file, '--all', '--yes', '--allow-code', '--database', db.url],
        {
          cwd: data.folder,
          env: { PATH: process.env.PATH, ARK_DATA: data.folder, ARK_LOCK_TIMEOUT_MS: '600000' },
          stdio: 'ignore',
        },
      );
      const closed = new Promise((done) => child.once('close', done));
      for (const node of nodes) await isAnswered(node, 503);
      child.kill('SIGKILL');
      await closed;
      for (const node of nodes) await isAnswered(node, 200);
    });
    expect(nodes.map((node) => node.reloads())).toEqual([0, 0]);
    expect(await listUndos(host)).toEqual([]);
  });

  it('after the swap: they start again, and open', async () => {
    const { db, host, archive } = await app();
    const node = await stand(host);
    // What becomes of it after the swap is not told to anybody.
    const live: Host['live'] = {
      pause: () => Promise.resolve(),
      resume: () => Promise.resolve(),
      reload: () => new Promise<void>((done) => (died = done)),
    };
    let died: () => void = () => undefined;
    const job = restoreBackup({ ...host, live }, archive, 'x.ark', RESTORE);
    await until('it is swapped', async () => (await listUndos(host)).length > 0 || undefined);
    expect([await node.ask(), node.reloads()]).toEqual([503, 0]);
    await db.sql(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'ark hold %' AND datname = current_database()`,
    );
    await isAnswered(node, 200);
    expect(node.reloads()).toBe(1);
    died();
    await job;
  });

  it('whoever holds them, before the swap: the commit itself tells them', async () => {
    const { db, host, archive } = await app();
    const node = await stand(host);
    const hold = async (job: string) => {
      const held = await host.database.hold(job);
      await held.release();
      await isAnswered(node, 200);
      return held;
    };
    await restoreBackup({ ...host, database: { ...host.database, hold } }, archive, 'x.ark', RESTORE);
    await until('it has started again', () => Promise.resolve(node.reloads() > 0 || undefined));
    await isAnswered(node, 200);
    expect(await db.query('SELECT note FROM orders')).toEqual([{ note: 'backed up' }]);
  });

  it('a node that is gone is not waited for, and one that says nothing for some seconds, and is named', async () => {
    const { db, host, archive } = await app();
    const gone = await stand(host);
    await gone.node.leave();
    const ghost = await named(db.url, `ark node ${keyOf('public')} open ghost:1`);
    const { job } = await restoreBackup(host, archive, 'x.ark', RESTORE);
    await ghost.end();
    const log = job.log?.map(({ text }) => text) ?? [];
    expect(log.filter((line) => /other nodes/.test(line))).toEqual([
      expect.stringMatching(/^! other nodes of the app that do not answer: ghost:1\. /),
    ]);
    expect(await db.query('SELECT note FROM orders')).toEqual([{ note: 'backed up' }]);
  });

  it('a node whose connection was lost during a swap reads the tables anew', async () => {
    const { db, host, archive } = await app();
    const node = await stand(host);
    await db.sql(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'ark node %' AND datname = current_database()`,
    );
    await restoreBackup(host, archive, 'x.ark', RESTORE);
    await until('it has started again', () => Promise.resolve(node.reloads() > 0 || undefined));
    await isAnswered(node, 200);
    expect(node.reloads()).toBe(1);
  });

  it('a node that starts while tables are swapped is closed until that has ended', async () => {
    const { db, host, archive } = await app();
    const first = await stand(host);
    await whileRead(db.url, async (release) => {
      const job = restoreBackup(host, archive, 'x.ark', RESTORE);
      await isAnswered(first, 503);
      const second = await stand(host);
      expect(await second.ask()).toBe(503);
      await release();
      await job;
      await isAnswered(second, 200);
    });
  });
});

describe('a node', () => {
  it('whose app does not start tries again, and opens in the end', async () => {
    const { host, archive } = await app();
    const [late, never] = [
      await stand(host, (tries) => (tries === 1 ? Promise.reject(new Error('not yet')) : Promise.resolve())),
      await stand(host, () => Promise.reject(new Error('never'))),
    ];
    await restoreBackup(host, archive, 'x.ark', RESTORE);
    for (const one of [late, never]) await isAnswered(one, 200);
    expect([late.reloads(), never.reloads()]).toEqual([2, 3]);
    expect(late.log.at(-1)).toBe('the app is open again');
    expect(never.log).toContain('the app has to be started by hand');
  });

  it('goes on by itself when collections are made, altered and deleted', async () => {
    const { db, host } = await app();
    const node = await stand(host);
    await db.sql(`CREATE TABLE made (id int); ALTER TABLE orders ADD COLUMN more text; DROP TABLE collections;
      NOTIFY ark_${keyOf('public')}`);
    await pause(1_000);
    expect([await node.ask(), node.reloads()]).toEqual([200, 0]);
  });

  it.each([
    ['another account', false],
    ['a superuser', true],
  ])('is closed by %s: %s', async (who, closes) => {
    const { db } = await app();
    const names = { owner: `owner_${db.name}`, mallory: `mallory_${db.name}` };
    await db.sql(
      Object.values(names)
        .map((name) => `CREATE ROLE ${name} LOGIN PASSWORD 'x'`)
        .join(';'),
    );
    const as = (name: string) => {
      const url = new URL(db.url);
      [url.username, url.password] = [name, 'x'];
      return url.toString();
    };
    const node = await stand(hostOf(as(names.owner), data.folder));
    const other = await named(
      who === 'a superuser' ? db.url : as(names.mallory),
      `ark hold ${keyOf('public')} job`,
    );
    await other.query(`NOTIFY ark_${keyOf('public')}`);
    await pause(1_000);
    expect(await node.ask()).toBe(closes ? 503 : 200);
    await other.end();
    await isAnswered(node, 200);
    // Nor is somebody else waited for.
    const ghost = await named(as(names.mallory), `ark node ${keyOf('public')} open ghost:1`);
    const hold = await hostOf(as(names.owner), data.folder).database.hold('job');
    expect(hold).toMatchObject({ closed: 1, silent: [] });
    await hold.release();
    await ghost.end();
    await node.node.leave();
    await db.sql(
      Object.values(names)
        .map((name) => `DROP ROLE ${name}`)
        .join(';'),
    );
  });

  it('is not kept from looking by somebody who calls all the time', async () => {
    const { db, host, archive } = await app();
    const node = await stand(host);
    await withClient(db.url, async (caller) => {
      let calling = true;
      const calls = (async () => {
        while (calling) await caller.query(`NOTIFY ark_${keyOf('public')}`);
      })();
      await pause(500);
      await restoreBackup(host, archive, 'x.ark', RESTORE);
      await until('it has started again', () => Promise.resolve(node.reloads() > 0 || undefined));
      await isAnswered(node, 200);
      calling = false;
      await calls;
    });
    expect(node.reloads()).toBe(1);
  });

  it('asks the database one thing in a quarter of a minute while nothing happens', async () => {
    const asked: string[] = [];
    const session: NodeSession = {
      held: () => Promise.resolve(asked.push('held') === 0),
      show: (state: NodeState) => Promise.resolve(void asked.push(state)),
      tables: () => Promise.resolve(new Map([['orders', asked.push('tables')]])),
      end: () => Promise.resolve(),
    };
    jest.useFakeTimers();
    try {
      const node = await stand({
        database: { join: () => Promise.resolve(session) } as unknown as Host['database'],
      });
      asked.length = 0;
      await jest.advanceTimersByTimeAsync(60_000);
      expect(asked).toEqual(['held', 'held', 'held', 'held']);
      expect(await node.ask()).toBe(200);
    } finally {
      jest.useRealTimers();
    }
  });

  it('comes back as what it is: nobody takes an open one for closed while it connects', async () => {
    const joined: NodeState[] = [];
    let held = false;
    let lose: () => void = () => undefined;
    const session: NodeSession = {
      held: () => Promise.resolve(held),
      show: () => Promise.resolve(),
      tables: () => Promise.resolve(new Map()),
      end: () => Promise.resolve(),
    };
    const join: Host['database']['join'] = (_, state, on) => {
      joined.push(state);
      lose = () => on.lost();
      return Promise.resolve(session);
    };
    jest.useFakeTimers();
    try {
      await stand({ database: { join } as unknown as Host['database'] });
      for (held of [false, true, false]) {
        await jest.advanceTimersByTimeAsync(20_000);
        lose();
        await jest.advanceTimersByTimeAsync(2_000);
      }
      expect(joined).toEqual(['open', 'open', 'closed', 'open']);
    } finally {
      jest.useRealTimers();
    }
  });

  it('that is closed when its database is gone opens after a while, and says so', async () => {
    let gone = false;
    const session: NodeSession = {
      held: () => (gone ? Promise.reject(new Error('gone')) : Promise.resolve(true)),
      show: () => Promise.resolve(),
      tables: () => Promise.resolve(new Map()),
      end: () => Promise.resolve(),
    };
    const join = () => (gone ? Promise.reject(new Error('nobody answers')) : Promise.resolve(session));
    jest.useFakeTimers();
    try {
      const node = await stand({ database: { join } as unknown as Host['database'] });
      expect(await node.ask()).toBe(503);
      gone = true;
      await jest.advanceTimersByTimeAsync(50_000);
      expect(await node.ask()).toBe(503);
      await jest.advanceTimersByTimeAsync(100_000);
      expect(await node.ask()).toBe(200);
      expect(node.log.filter((line) => line.includes('does not hear'))).toHaveLength(2);
    } finally {
      jest.useRealTimers();
    }
  });

  it('is known by its machine and process', async () => {
    const { db, host } = await app();
    await stand(host);
    const [found] = await db.query<{ name: string }>(
      `SELECT application_name AS name FROM pg_stat_activity WHERE application_name LIKE 'ark node %' AND datname = current_database()`,
    );
    expect(found?.name).toBe(`ark node ${keyOf('public')} open ${hostname()}:${process.pid}`.slice(0, 63));
  });
});
