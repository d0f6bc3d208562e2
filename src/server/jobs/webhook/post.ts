import type { IncomingMessage } from 'node:http';
import { cleaned } from '../../cleaned';
import { refused } from '../../errors/errors';
import type { Alarm } from '../alarm';
import type { Answer, Form, Message } from './form';
import { formOf, FORMS, type FormChoice } from './forms';

export interface Webhook {
  readonly url: string;
  readonly form?: FormChoice | undefined;
  readonly secret?: string | undefined;
}

/** What is sent, and in whose form; `form` is undefined for Ark's own. */
export function messageFor(
  { url, form: choice, secret }: Webhook,
  alarm: Alarm,
  now: Date,
): Message & { readonly form?: Form } {
  const name = formOf(url, choice);
  const to = new URL(url);
  if (name === 'json') return { url: to, body: { ...alarm, source: 'ark' } };
  const form = FORMS[name];
  return { form, ...form.make(to, alarm, secret || undefined, now) };
}

const ANSWER_AT_MOST = 64 * 1024;

/** Throws ALARM_FAILED unless the service says, in its own way, that it took the message. */
export async function judge(form: Form, url: URL, response: IncomingMessage): Promise<void> {
  const { host } = url;
  const status = response.statusCode ?? 0;
  const answer = answerOf(await beginning(response));
  const good = status >= 200 && status < 300;
  if (good && form.took(answer)) return;
  const why = form.why(answer);
  if (why !== undefined) throw refused('alarm-refused', { host, said: withoutSecrets(cleaned(why), url) });
  throw good
    ? refused('alarm-unlike', { host, service: form.service })
    : refused('alarm-answered', { host, status });
}

async function beginning(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > ANSWER_AT_MOST) break;
  }
  return Buffer.concat(chunks).toString('utf8');
}

function answerOf(text: string): Answer {
  try {
    const json: unknown = JSON.parse(text);
    if (typeof json === 'object' && json !== null && !Array.isArray(json))
      return { text, json: json as Record<string, unknown> };
  } catch {
    // No JSON: some say it in words.
  }
  return { text, json: {} };
}

/** A service that repeats the address it was asked by must not have it stand in a log. */
function withoutSecrets(said: string, { pathname, searchParams }: URL): string {
  const parts = [...pathname.split('/'), ...searchParams.values()].filter((part) => part.length >= 12);
  return parts.reduce((text, part) => text.replaceAll(part, '…').replaceAll(decoded(part), '…'), said);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
