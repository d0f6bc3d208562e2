import type { Alarm } from '../alarm';

/** What a service asks of whoever sends it a message. */
export interface Form {
  /** As people call it. */
  readonly service: string;
  /** Whether this is an address of the service itself. */
  knows(url: URL): boolean;
  /** What is missing in an address that the service needs; undefined: nothing. */
  lacks?(url: URL): string | undefined;
  /** `secret`: what the service calls its signing secret. */
  make(url: URL, alarm: Alarm, secret: string | undefined, now: Date): Message;
  /** Whether the body of a good answer says that it took the message: many say 200 whatever happens. */
  took(answer: Answer): boolean;
  /** Why not, in the service's own words, from the fields that its documents name. */
  why(answer: Answer): string | undefined;
}

export interface Message {
  readonly url: URL;
  readonly body: object;
}

export interface Answer {
  readonly text: string;
  /** An empty object where it is none. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** A code and a text beside it, as most services say it. */
export function codeAndText(code: unknown, text: unknown): string | undefined {
  const said = [text, code].filter((value) => typeof value === 'string' || typeof value === 'number');
  return said.length === 0 ? undefined : said.join(' ');
}
