import { Readable } from 'node:stream';
import * as z from 'zod';
import type { Bytes } from '../bytes';
import type { Ark } from '../actions/ark';
import type { Frozen } from '../api/frozen';
import type { Permission } from '../api/permissions';
import { refused } from '../errors/errors';

/** A request as its door hands it over, not looked at yet. */
export interface Request {
  readonly ark: Ark;
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly query: Readonly<Record<string, unknown>>;
  /** Whether whoever asks has another permission too. */
  may(permission: Permission): boolean;
  /** One request header, by its name in small letters. */
  header(name: string): string | undefined;
  /** The body as JSON; `{}` if there is none. */
  json(): Promise<unknown>;
  /** The body as it comes in. */
  readonly body: Bytes;
  /** Fires when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

export interface Call<Query, Input> extends Omit<Request, 'query' | 'json'> {
  readonly query: Query;
  readonly input: Input;
}

export interface DataAnswer<Data = unknown> {
  readonly kind: 'data';
  readonly data: Data;
  /** What there is to say besides. */
  readonly meta?: unknown;
}

export interface FileAnswer {
  readonly kind: 'file';
  readonly status: 200 | 206 | 304 | 416;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Bytes;
}

export interface EventsAnswer<Data = unknown> {
  readonly kind: 'events';
  readonly events: AsyncIterable<{ readonly event: string; readonly data: Data }>;
}

export type Answer = DataAnswer | FileAnswer | EventsAnswer;

/** What an action says that it answers. */
type Answers = z.ZodType | 'file' | 'text' | { readonly event: string; readonly data: z.ZodType };
/** What it has to answer then. */
type AnswerOf<Said extends Answers> = Said extends z.ZodType
  ? DataAnswer<Frozen<z.input<Said>>>
  : Said extends { readonly data: infer Data extends z.ZodType }
    ? EventsAnswer<Frozen<z.input<Data>>>
    : FileAnswer;

interface About {
  readonly methods: readonly ('GET' | 'POST')[];
  readonly permission: Permission;
  /** One line for the description of the API. */
  readonly summary: string;
  /** What it answers: the shape of `data`, a file, a text as it is, or server-sent events of a shape. */
  readonly answer: Answers;
}

interface Definition<Query extends z.ZodObject, Input extends z.ZodType, Said extends Answers> extends About {
  readonly answer: Said;
  readonly query?: Query;
  /** `file`: the body is the file itself and is left to `run`. */
  readonly input?: Input | 'file';
  run(call: Call<z.output<Query>, z.output<Input>>): Promise<AnswerOf<Said>>;
}

export interface Action extends About {
  readonly query: z.ZodObject | undefined;
  readonly input: z.ZodType | 'file' | undefined;
  run(request: Request): Promise<Answer>;
}

const Nothing = z.object({});

/** An action that sees nothing of a request before it was found to be as it should be. */
export function action<
  const Said extends Answers,
  Query extends z.ZodObject = typeof Nothing,
  Input extends z.ZodType = z.ZodType<Record<string, never>>,
>(definition: Definition<Query, Input, Said>): Action {
  const { query, input } = definition;
  return {
    ...definition,
    query,
    input,
    async run(request) {
      const json =
        input === undefined || input === 'file' || request.method !== 'POST' ? {} : await request.json();
      return definition.run({
        ark: request.ark,
        method: request.method,
        may: (permission) => request.may(permission),
        header: (name) => request.header(name),
        body: request.body,
        signal: request.signal,
        query: parse(query ?? Nothing, request.query, 'query') as z.output<Query>,
        input: (input === undefined || input === 'file' ? {} : parse(input, json, 'body')) as z.output<Input>,
      });
    },
  };
}

function parse(schema: z.ZodType, value: unknown, where: string): unknown {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const said = parsed.error.issues.map((issue) =>
    [issue.path.length > 0 ? issue.path.map(String).join('.') : where, issue.message].join(': '),
  );
  throw refused('input-wrong', { said: `${said.slice(0, 3).join('. ')}.` });
}

export const text = (value: string, type: string): FileAnswer => ({
  kind: 'file',
  status: 200,
  headers: { 'Content-Type': type },
  body: Readable.from([Buffer.from(value)]),
});

export const data = <Data>(value: Data, meta?: unknown): DataAnswer<Data> => ({
  kind: 'data',
  data: value,
  ...(meta !== undefined && { meta }),
});
