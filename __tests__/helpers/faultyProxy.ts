import { createServer, request as ask, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What goes wrong with one request. */
export type Fault =
  /** An answer of the proxy's own; the request does not get through. */
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string }
  /** The connection breaks after so many bytes of the request's body. */
  | { readonly cutRequestAt: number }
  /** The connection breaks after so many bytes of the answer's body. */
  | { readonly cutAnswerAt: number }
  /** The request gets through and its answer does not. */
  | { readonly loseAnswer: true }
  /** The request gets through, and is answered otherwise. */
  | { readonly answerWith: { readonly status: number; readonly body?: string } }
  /** The request gets through, and nothing is ever said. */
  | { readonly silent: true }
  /** The whole request gets through so many milliseconds later, even if nobody waits for it any more. */
  | { readonly lateMs: number }
  /** Nothing comes back, after so many bytes of the answer's body. */
  | { readonly stallAt: number }
  /** Only so many bytes of the body get through, as if that were all. */
  | { readonly shorten: number }
  /** The answer lacks a header, or has one more. */
  | { readonly dropHeader: string }
  | { readonly addHeader: readonly [string, string] }
  /** The answer is another one. */
  | { readonly rewrite: (body: string) => string };

export interface FaultyProxy {
  readonly port: number;
  /** Asked before each request; the path is decoded. */
  fault: (request: {
    method: string;
    path: string;
    headers: IncomingMessage['headers'];
  }) => Fault | undefined;
  /** METHOD path of every request. */
  readonly log: string[];
  close(): Promise<void>;
}

/** Stands in front of a server and lets through what it is told to. */
export async function faultyProxy(target: number): Promise<FaultyProxy> {
  const log: string[] = [];
  const server = createServer((incoming, outgoing) => {
    const path = decodeURIComponent(incoming.url ?? '');
    log.push(`${incoming.method ?? ''} ${path}`);
    const fault = made.fault({ method: incoming.method ?? '', path, headers: incoming.headers });
    incoming.on('error', () => undefined);
    outgoing.on('error', () => undefined);
    if (fault && 'cutRequestAt' in fault && fault.cutRequestAt === 0) {
      incoming.socket.destroy();
      return;
    }
    if (fault && 'status' in fault) {
      incoming.resume();
      incoming.on('end', () => {
        outgoing.writeHead(fault.status, fault.headers);
        outgoing.end(incoming.method === 'HEAD' ? undefined : fault.body);
      });
      return;
    }
    if (fault && 'lateMs' in fault) {
      const pieces: Buffer[] = [];
      incoming.on('data', (piece: Buffer) => pieces.push(piece));
      incoming.on('end', () =>
        setTimeout(() => {
          const { method, url, headers } = incoming;
          const late = ask({ port: target, host: '127.0.0.1', method, path: url, headers, agent: false });
          late.on('response', (answer) => {
            outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
            answer.pipe(outgoing);
          });
          late.on('error', () => incoming.socket.destroy());
          late.end(Buffer.concat(pieces));
        }, fault.lateMs),
      );
      return;
    }
    const headers = { ...incoming.headers };
    if (fault && 'shorten' in fault) headers['content-length'] = String(fault.shorten);
    const sent = ask(
      { port: target, host: '127.0.0.1', method: incoming.method, path: incoming.url, headers, agent: false },
      (answer) => {
        if (fault && 'silent' in fault) {
          answer.resume();
          return;
        }
        if (fault && 'loseAnswer' in fault) {
          answer.resume();
          answer.on('end', () => incoming.socket.destroy());
          return;
        }
        if (fault && 'answerWith' in fault) {
          answer.resume();
          answer.on('end', () => {
            outgoing.writeHead(fault.answerWith.status);
            outgoing.end(fault.answerWith.body);
          });
          return;
        }
        if (fault && 'rewrite' in fault) {
          const pieces: Buffer[] = [];
          answer.on('data', (piece: Buffer) => pieces.push(piece));
          answer.on('end', () => {
            const body = fault.rewrite(Buffer.concat(pieces).toString('utf8'));
            const changed = { ...answer.headers };
            delete changed['transfer-encoding'];
            outgoing.writeHead(answer.statusCode ?? 500, {
              ...changed,
              'content-length': String(Buffer.byteLength(body)),
            });
            outgoing.end(body);
          });
          return;
        }
        const kept = Object.entries(answer.headers).filter(
          ([name]) => !(fault && 'dropHeader' in fault && fault.dropHeader === name),
        );
        const answered = Object.fromEntries(
          fault && 'addHeader' in fault ? [...kept, fault.addHeader] : kept,
        );
        outgoing.writeHead(answer.statusCode ?? 500, answered);
        const stop =
          fault &&
          ('cutAnswerAt' in fault ? fault.cutAnswerAt : 'stallAt' in fault ? fault.stallAt : undefined);
        if (stop === undefined) {
          answer.pipe(outgoing);
          return;
        }
        outgoing.flushHeaders();
        let passed = 0;
        let ended = false;
        answer.on('data', (piece: Buffer) => {
          if (ended) return;
          const part = piece.subarray(0, stop - passed);
          passed += part.length;
          if (part.length > 0) outgoing.write(part);
          if (passed < stop) return;
          ended = true;
          if (fault && 'cutAnswerAt' in fault) setTimeout(() => incoming.socket.destroy(), 20);
        });
        answer.on('end', () => {
          if (!ended) outgoing.end();
        });
      },
    );
    sent.on('error', () => incoming.socket.destroy());
    // Who has gone away reads no more, and a connection that nobody reads keeps this process alive.
    outgoing.on('close', () => sent.destroy());
    let passed = 0;
    incoming.on('data', (piece: Buffer) => {
      if (fault && 'cutRequestAt' in fault && passed + piece.length >= fault.cutRequestAt) {
        sent.write(piece.subarray(0, fault.cutRequestAt - passed));
        passed = Number.NEGATIVE_INFINITY;
        setTimeout(() => {
          sent.destroy();
          incoming.socket.destroy();
        }, 20);
        return;
      }
      const part =
        fault && 'shorten' in fault ? piece.subarray(0, Math.max(0, fault.shorten - passed)) : piece;
      passed += piece.length;
      if (part.length > 0 && !sent.write(part)) {
        incoming.pause();
        sent.once('drain', () => incoming.resume());
      }
    });
    incoming.on('end', () => sent.end());
    incoming.on('close', () => {
      if (!incoming.complete) sent.destroy();
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const made: FaultyProxy = {
    port: (server.address() as AddressInfo).port,
    fault: () => undefined,
    log,
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
  return made;
}
