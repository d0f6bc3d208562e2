/**
 * How much memory an archive of 5 GB (or the GB given) needs on its way to a storage and back, from a source that is
 * made as it is read: S3 and WebDAV, each in a process of its own beside a server that forgets what it gets and
 * sends zeros. Linux only. `npx tsx bench/storages.ts [GB]`
 */
import { spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bytes } from '../src/server/bytes';
import { openStorage } from '../src/server/actions/storages/storages';
import { parseRecord, type StorageRecord } from '../src/server/actions/storages/storageRecord';

const GB = Number(process.argv[2] ?? 5);
const SIZE = Math.round(GB * 1e9);

/** Keeps names and sizes, and no bytes. */
function forgetful() {
  const sizes = new Map<string, number>();
  const uploads = new Map<string, number>();
  const count = async (request: IncomingMessage): Promise<number> => {
    let size = 0;
    for await (const piece of request as AsyncIterable<Buffer>) size += piece.length;
    return size;
  };
  const zeros = Buffer.alloc(1 << 20);
  const send = async (request: IncomingMessage, response: ServerResponse, size: number): Promise<void> => {
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
    const [start, end] = range ? [Number(range[1]), Math.min(size, Number(range[2]) + 1)] : [0, size];
    response.writeHead(range ? 206 : 200, {
      'Content-Length': end - start,
      'Last-Modified': new Date(0).toUTCString(),
      ...(range && { 'Content-Range': `bytes ${start}-${end - 1}/${size}` }),
    });
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    for (let at = start; at < end; at += zeros.length) {
      if (response.destroyed) return;
      response.setMaxListeners(0);
      if (!response.write(zeros.subarray(0, Math.min(zeros.length, end - at)))) {
        await new Promise((go) => response.once('drain', go));
      }
    }
    response.end();
  };
  const xml = (response: ServerResponse, status: number, body: string) => {
    response.writeHead(status, { 'Content-Type': 'application/xml' });
    return response.end(body);
  };
  const dav = (path: string, size: number) =>
    `<D:response><D:href>${path}</D:href><D:propstat><D:status>HTTP/1.1 200 OK</D:status><D:prop><D:resourcetype>${size < 0 ? '<D:collection/>' : ''}</D:resourcetype><D:getcontentlength>${Math.max(0, size)}</D:getcontentlength></D:prop></D:propstat></D:response>`;
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const path = decodeURIComponent(url.pathname);
    const { method } = request;
    const got = await count(request);
    if (method === 'PROPFIND') {
      if (path.endsWith('/')) {
        const all = [...sizes].map(([name, size]) => dav(encodeURI(name), size));
        return xml(
          response,
          207,
          `<D:multistatus xmlns:D="DAV:">${dav('/', -1)}${all.join('')}</D:multistatus>`,
        );
      }
      const size = sizes.get(path);
      return size === undefined
        ? response.writeHead(404).end()
        : xml(response, 207, `<D:multistatus xmlns:D="DAV:">${dav(encodeURI(path), size)}</D:multistatus>`);
    }
    if (method === 'MOVE') {
      sizes.set(
        decodeURIComponent(new URL(String(request.headers.destination)).pathname),
        sizes.get(path) ?? 0,
      );
      sizes.delete(path);
      return response.writeHead(201).end();
    }
    if (method === 'POST' && url.searchParams.has('uploads')) {
      return xml(
        response,
        200,
        '<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>',
      );
    }
    if (method === 'PUT' && url.searchParams.has('uploadId'))
      uploads.set(path, (uploads.get(path) ?? 0) + got);
    else if (method === 'PUT') sizes.set(path, got);
    if (method === 'POST') {
      sizes.set(path, uploads.get(path) ?? 0);
      return xml(
        response,
        200,
        '<CompleteMultipartUploadResult><ETag>"1"</ETag></CompleteMultipartUploadResult>',
      );
    }
    if (method === 'PUT') return response.writeHead(200, { ETag: '"1"', 'Content-Length': 0 }).end();
    if (method === 'GET' && url.searchParams.has('list-type'))
      return xml(response, 200, '<ListBucketResult/>');
    const size = sizes.get(path);
    return size === undefined ? response.writeHead(404).end() : send(request, response, size);
  };
  // The last volume's index has to come back as it was: small files are kept.
  const kept = new Map<string, Buffer>();
  return createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname);
    if (request.method === 'PUT' && path.includes('.index.')) {
      void (async () => {
        const pieces: Buffer[] = [];
        for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
        kept.set(path.replace(/\.[0-9a-f]{8}\.arkpart$/, ''), Buffer.concat(pieces));
        sizes.set(path, Buffer.concat(pieces).length);
        response.writeHead(201).end();
      })();
      return;
    }
    const small = request.method === 'GET' ? kept.get(path) : undefined;
    if (small) response.writeHead(200, { 'Content-Length': small.length }).end(small);
    else void answer(request, response);
  });
}

async function* zeros(size: number): Bytes {
  const piece = Buffer.alloc(256 * 1024);
  for (let left = size; left > 0; left -= piece.length) {
    await Promise.resolve();
    yield piece.subarray(0, Math.min(left, piece.length));
  }
}

/** In a process of its own: there and back, and the most memory it had. */
async function work(json: string): Promise<void> {
  const spool = await mkdtemp(join(tmpdir(), 'ark-bench-'));
  try {
    const record = parseRecord(JSON.parse(json));
    const storage = await openStorage('bench', record, spool);
    let most = 0;
    const timer = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 20);
    const begun = performance.now();
    await storage.put('large.ark', zeros(SIZE));
    const up = performance.now() - begun;
    let size = 0;
    for await (const piece of storage.get('large.ark')) size += piece.length;
    const down = performance.now() - begun - up;
    clearInterval(timer);
    if (size !== SIZE) throw new Error(`${size} of ${SIZE} bytes came back`);
    const figures = {
      kind: record.kind,
      gb: GB,
      upSeconds: up / 1000,
      downSeconds: down / 1000,
      mostMb: most / 1e6,
    };
    console.log(JSON.stringify(figures));
  } finally {
    await rm(spool, { recursive: true, force: true });
  }
}

async function main(): Promise<void> {
  const server = forgetful();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const records: StorageRecord[] = [
    {
      kind: 's3',
      endpoint: `http://127.0.0.1:${port}`,
      bucket: 'bench',
      accessKeyId: 'key',
      secretAccessKey: 'secret',
    },
    { kind: 'webdav', url: `http://127.0.0.1:${port}/`, user: 'u', password: 'p', auth: 'basic' },
  ];
  for (const record of records) {
    const child = spawn(
      process.execPath,
      [...process.execArgv, __filename, String(GB), JSON.stringify(record)],
      {
        stdio: 'inherit',
      },
    );
    const code = await new Promise((done) => child.once('exit', done));
    if (code !== 0) process.exitCode = 1;
  }
  server.close();
}

const [, , , given] = process.argv;
void (given === undefined ? main() : work(given));
