/**
 * How much memory the console needs for a large archive: uploads one of 2 GB (or the GB given) to `ark serve` and
 * fetches it again, and reads the peak of the server's memory. Linux only. `npx tsx bench/transfer.ts [GB]`
 */
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, readFileSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { gzip } from '../src/server/bytes';
import { createArchive } from '../src/server/dumper/archive/writeArchive';
import { FORMAT } from '../src/server/dumper/archive/format';
import type { Chunk, Manifest } from '../src/server/dumper/archive/manifest';
import { newSigner } from '../src/server/dumper/archive/signature';
import { localStorage } from '../src/server/storage/local/local';

const GB = Number(process.argv[2] ?? 2);
const TOKEN = 'the-token-of-the-bench';

/** A valid archive of one table whose every chunk is the same 8 MB of noise, which is quick to make. */
async function makeArchive(folder: string): Promise<string> {
  const at = new Date();
  const csv = Buffer.from(`${randomBytes(6 << 20).toString('base64')}\n`);
  const packed = await gzip(csv);
  const archive = createArchive(at, newSigner().signer);
  const storing = localStorage(folder).put('large.ark', archive.body);
  const chunks: Chunk[] = [];
  for (let size = 0; size < GB * 1e9; size += packed.length) {
    const name = `data/noise/${String(chunks.length + 1).padStart(5, '0')}.csv.gz`;
    chunks.push({ ...(await archive.add(name, packed)), rows: 1, bytes: csv.length });
  }
  const structure: Manifest['collections'][number]['structure'] = {
    name: 'noise',
    kind: 'table',
    columns: [{ name: 'v', type: 'text', nullable: true }],
    parents: [],
    uniqueKeys: [],
    foreignKeys: [],
    indexes: [],
    counters: [],
    native: {},
  };
  await archive.finish({
    format: FORMAT,
    id: '20260101_000000_000000',
    createdAt: at.toISOString(),
    instance: 'bench',
    ark: '0',
    database: {
      dialect: 'postgres',
      version: '18',
      schema: 'public',
      tablePrefix: '',
      underscored: false,
      timeZone: 'UTC',
      native: {},
    },
    keys: {},
    selection: { groups: [], all: true },
    collections: [{ name: 'noise', group: 'unknown', rows: chunks.length, structure, chunks }],
    objects: [],
    order: [],
    needs: {},
    laterNeeds: {},
    entries: [],
    notIncluded: [],
  });
  await storing;
  return join(folder, 'large.ark');
}

function call(port: number, method: string, path: string, headers: Record<string, string | number> = {}) {
  const sent = request({
    port,
    host: '127.0.0.1',
    method,
    path: `/api/${path}`,
    headers: { authorization: `Bearer ${TOKEN}`, ...headers },
  });
  const answered = once(sent, 'response').then(([response]) => response as IncomingMessage);
  return { sent, answered };
}

async function bodyOf(answer: IncomingMessage): Promise<string> {
  let text = '';
  for await (const piece of answer) text += String(piece);
  if (answer.statusCode !== 200) throw new Error(text);
  return text;
}

const peak = (pid: number): number =>
  Math.round(Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024);

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'ark-transfer-'));
  const file = await makeArchive(folder);
  const { size } = statSync(file);
  // Uploads and downloads need no database; one that is not there does.
  const server = spawn(
    process.execPath,
    ['dist/server/cli.js', 'serve', '--port', '0', '--database', 'postgres://127.0.0.1:1/none'],
    {
      env: { ...process.env, ARK_DATA: join(folder, 'data'), ARK_TOKEN: TOKEN },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  try {
    const [line] = (await once(server.stdout, 'data')) as [Buffer];
    const port = Number(/:(\d+)\//.exec(line.toString())?.[1]);
    const pid = server.pid ?? 0;
    const results: Record<string, string | number>[] = [];
    const measure = async (what: string, work: () => Promise<void>) => {
      // Forget the peak so far.
      await writeFile(`/proc/${pid}/clear_refs`, '5').catch(() => undefined);
      const began = performance.now();
      await work();
      const seconds = (performance.now() - began) / 1000;
      results.push({
        what,
        GB: Number((size / 1e9).toFixed(2)),
        seconds: Number(seconds.toFixed(1)),
        'MB/s': Math.round(size / 1e6 / seconds),
        'peak MB': peak(pid),
      });
    };
    await measure('idle', () => Promise.resolve());
    await measure('upload', async () => {
      const { sent, answered } = call(port, 'POST', 'arkBackups:upload?name=large', {
        'content-type': 'application/octet-stream',
        'content-length': size,
      });
      await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), sent);
      await bodyOf(await answered);
    });
    await measure('download', async () => {
      const { sent, answered } = call(port, 'GET', 'arkBackups:download?filterByTk=large.ark');
      sent.end();
      const digest = createHash('sha256');
      for await (const piece of await answered) digest.update(piece as Buffer);
      const expected = createHash('sha256');
      for await (const piece of createReadStream(file)) expected.update(piece as Buffer);
      if (digest.digest('hex') !== expected.digest('hex')) throw new Error('other bytes came back');
    });
    await measure('verify', async () => {
      const start = call(port, 'POST', 'arkBackups:verify?filterByTk=large.ark');
      start.sent.end();
      const { data } = JSON.parse(await bodyOf(await start.answered)) as { data: { job: { id: string } } };
      const watch = call(port, 'GET', `arkJobs:watch?filterByTk=${data.job.id}`);
      watch.sent.end();
      const events = await bodyOf(await watch.answered);
      if (!events.includes('"state":"done"')) throw new Error(events.slice(-500));
    });
    console.table(results);
    await mkdir('bench/results', { recursive: true });
    await writeFile('bench/results/transfer.json', `${JSON.stringify(results, undefined, 2)}\n`);
  } finally {
    server.kill('SIGTERM');
    await once(server, 'exit');
    await rm(folder, { recursive: true, force: true });
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
