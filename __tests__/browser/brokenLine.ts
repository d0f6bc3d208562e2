import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What stands between the browser and the console. */
export interface Line {
  readonly url: string;
  /** The offsets and sizes of the pieces that came by, or tried to. */
  readonly pieces: [number, number][];
  /** Bytes of pieces that were let through, whole pieces or not. */
  passed: number;
  /** So large a body is refused, as nginx does it. */
  most: number;
  /** Nothing gets through. */
  down: boolean;
  /** Breaks in the middle of each piece that begins here or behind it. */
  brokenFrom: number;
  /** The next one that breaks takes the whole line with it. */
  falls: boolean;
  close(): void;
}

export async function newLine(to: string): Promise<Line> {
  const target = new URL(to);
  const server: Server = createServer((asked, answer) => {
    if (made.down) {
      asked.socket.destroy();
      return;
    }
    const size = Number(asked.headers['content-length'] ?? 0);
    const url = new URL(asked.url ?? '/', to);
    const offset = url.pathname.endsWith(':append') ? Number(url.searchParams.get('offset')) : -1;
    if (offset >= 0) made.pieces.push([offset, size]);
    if (size > made.most) {
      answer.writeHead(413, { 'content-type': 'text/html' }).end('<h1>413 Request Entity Too Large</h1>');
      asked.resume();
      return;
    }
    const sent = request(
      {
        host: target.hostname,
        port: target.port,
        method: asked.method,
        path: asked.url,
        headers: asked.headers,
      },
      (got) => {
        answer.writeHead(got.statusCode ?? 500, got.headers);
        got.pipe(answer);
      },
    );
    sent.on('error', () => answer.destroy());
    answer.on('close', () => sent.destroy());
    if (offset >= 0) asked.on('data', (part: Buffer) => (made.passed += part.length));
    if (offset < made.brokenFrom) return void asked.pipe(sent);
    let passed = 0;
    asked.on('data', (part: Buffer) => {
      passed += part.length;
      sent.write(part);
      if (passed > size / 2) {
        made.down ||= made.falls;
        sent.destroy();
        asked.socket.destroy();
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const made: Line = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/${target.search}`,
    pieces: [],
    passed: 0,
    most: Infinity,
    down: false,
    falls: false,
    brokenFrom: Infinity,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
  return made;
}
