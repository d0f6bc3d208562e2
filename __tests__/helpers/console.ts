import { request, type IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { z } from 'zod';
import { allRoutes } from '../../src/server/routes/routes';
import { startConsole, type Console, type ConsoleOptions } from '../../src/server/console';
import { readSettings } from '../../src/server/environment';
import { JobItem as JobAnswer } from '../../src/server/api/answers';
import type { JobItem } from '../../src/server/api/api';
import type { Clock } from '../../src/server/jobs/scheduler';
import { newDataFolder } from './ark';

export const TOKEN = 'the-token-of-the-tests';

/** Who signs in wrongly does not keep the tests waiting; nobody's session ends by itself. */
export const hurried: Clock = {
  now: () => new Date(),
  wait(ms, then) {
    if (ms < 10_000) setImmediate(then);
    return () => undefined;
  },
};

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface TestConsole {
  readonly served: Console;
  readonly folder: string;
  /** Any request, exactly as given: paths are not normalised on the way. */
  raw(
    method: string,
    path: string,
    options?: { headers?: Record<string, string | undefined>; body?: Buffer | string; token?: string | null },
  ): Promise<Reply>;
  get<T>(action: string, query?: Record<string, string>): Promise<T>;
  post<T>(action: string, query?: Record<string, string>, body?: unknown): Promise<T>;
  /** With the token: the cookie that a browser gets. Undefined: none. */
  signIn(token?: string, headers?: Record<string, string>): Promise<string | undefined>;
  /** The code and status of a request that is refused. */
  refused(reply: Promise<Reply>): Promise<string>;
  /** Follows one job to its end. */
  ended(id: string): Promise<JobItem>;
  watch(query?: string): Watcher;
  stop(): Promise<void>;
}

export interface Watcher {
  readonly jobs: JobItem[];
  /** Resolves when the server has ended the stream. */
  readonly closed: Promise<void>;
  until(condition: (jobs: readonly JobItem[]) => boolean): Promise<void>;
  close(): void;
}

/** The real console on a free port, with a data folder of its own. */
export async function testConsole(
  database: string,
  env: Record<string, string> = {},
  options: Partial<ConsoleOptions> = {},
): Promise<TestConsole> {
  const data = await newDataFolder();
  const served = await startConsole({
    env: readSettings({ ARK_DATA: data.folder, ARK_INSTANCE: 'test', ...env }),
    database,
    port: 0,
    token: TOKEN,
    clock: hurried,
    page: join(__dirname, '..', 'fixtures', 'page'),
    ...options,
  });
  const made: TestConsole = {
    served,
    folder: data.folder,
    raw: (method, path, given = {}) => {
      const { headers = {}, body, token = TOKEN } = given;
      return send(
        served.port,
        method,
        path,
        { ...(token !== null && { authorization: `Bearer ${token}` }), ...headers },
        body,
      );
    },
    async get<T>(action: string, query: Record<string, string> = {}) {
      return dataOf<T>(
        action,
        await made.raw('GET', `/api/${action}?${new URLSearchParams(query).toString()}`),
      );
    },
    async post<T>(action: string, query: Record<string, string> = {}, body: unknown = {}) {
      return dataOf<T>(
        action,
        await made.raw('POST', `/api/${action}?${new URLSearchParams(query).toString()}`, {
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        }),
      );
    },
    async signIn(token = TOKEN, headers = {}) {
      const given = { token: null, headers: { 'content-type': 'application/json', ...headers } };
      const reply = await made.raw('POST', '/sign-in', { ...given, body: JSON.stringify({ token }) });
      return reply.headers['set-cookie']?.[0]?.split(';')[0];
    },
    async refused(reply) {
      const { status, body } = await reply;
      const answer = JSON.parse(body.toString()) as { errors?: { code: string; message: string }[] };
      if (!answer.errors?.[0]?.message)
        throw new Error(`not refused: ${status} ${body.toString().slice(0, 200)}`);
      return `${status} ${answer.errors[0].code}`;
    },
    async ended(id) {
      const watcher = made.watch(`?filterByTk=${id}`);
      await watcher.closed;
      return watcher.jobs.at(-1)!;
    },
    watch: (query = '') => watch(served.port, query),
    async stop() {
      await served.stop();
      await data.remove();
    },
  };
  return made;
}

export function send(
  port: number,
  method: string,
  path: string,
  headers: Record<string, string | undefined>,
  body?: Buffer | string,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { port, host: '127.0.0.1', method, path, headers: defined(headers), agent: false },
      (response) => {
        const pieces: Buffer[] = [];
        response.on('data', (piece: Buffer) => pieces.push(piece));
        response.on('error', reject);
        response.on('end', () =>
          resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(pieces) }),
        );
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

const defined = (headers: Record<string, string | undefined>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );

/** Every answer is held against the description of the API. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the caller says what it expects
function dataOf<T>(action: string, { status, body }: Reply): T {
  if (status !== 200) throw new Error(`${status} ${body.toString()}`);
  const { data } = JSON.parse(body.toString()) as { data: T };
  const route = allRoutes.find(({ path }) => path === `/api/${action}`);
  return route?.action.answer instanceof z.ZodType ? held(route.action.answer, data) : data;
}

function held<T>(schema: z.ZodType, data: T): T {
  expect(schema.parse(data)).toEqual(data);
  return data;
}

function watch(port: number, query: string): Watcher {
  const jobs: JobItem[] = [];
  const waiting = new Set<() => void>();
  let text = '';
  let close: () => void = () => undefined;
  const closed = new Promise<void>((resolve, reject) => {
    const headers = { authorization: `Bearer ${TOKEN}` };
    const sent = request(
      { port, host: '127.0.0.1', path: `/api/arkJobs:watch${query}`, headers, agent: false },
      (response) => {
        response.setEncoding('utf8');
        response.on('data', (piece: string) => {
          text += piece;
          for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
            const data = /^event: job\ndata: (.*)$/.exec(text.slice(0, end))?.[1];
            text = text.slice(end + 2);
            if (data !== undefined) jobs.push(held(JobAnswer, JSON.parse(data) as JobItem));
          }
          for (const wake of waiting) wake();
        });
        response.on('end', resolve);
        response.on('error', () => resolve());
      },
    );
    sent.on('error', reject);
    sent.end();
    close = () => void sent.destroy();
  });
  closed.catch(() => undefined);
  return {
    jobs,
    closed,
    until: (condition) =>
      new Promise((resolve) => {
        const look = () => {
          if (!condition(jobs)) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    close: () => close(),
  };
}
