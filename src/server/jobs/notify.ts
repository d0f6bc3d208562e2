import * as z from 'zod';
import type { Details } from '../errors/details';
import { asBackupError, BackupError, refused } from '../errors/errors';
import { ask, isRedirect, openDoor, type Door } from '../outgoing';
import { SUBJECTS, type Alarm } from './alarm';
import type { Form } from './webhook/form';
import { FORM_CHOICES } from './webhook/forms';
import { judge, messageFor } from './webhook/post';

/** Who is told when backups do not go as they should, and how. Admins may name addresses of their own network. */
const Address = z
  .url({ protocol: /^https?$/, error: 'an address begins with http:// or https://' })
  .max(2000);

export const Channels = z.strictObject({
  webhook: z
    .strictObject({
      url: Address,
      /** Whose form of a message it gets; without it the address says. */
      form: z.enum(FORM_CHOICES).optional(),
      /** What Feishu and DingTalk sign messages with. */
      secret: z.string().max(1000).optional(),
    })
    .optional(),
  email: z
    .strictObject({
      to: z.array(z.email()).min(1).max(20),
      from: z.email().optional(),
      /** Not needed where the app sends e-mail itself. */
      smtp: z
        .strictObject({
          host: z.string().min(1).max(255),
          port: z.number().int().min(1).max(65535),
          /** TLS from the first byte (465); otherwise STARTTLS where the server offers it. */
          secure: z.boolean(),
          user: z.string().max(255).optional(),
          password: z.string().max(1000).optional(),
        })
        .optional(),
    })
    .optional(),
  /** Fetched after each run that went well, for a service that notices when it does not come. */
  heartbeat: z.strictObject({ url: Address }).optional(),
  /** Tell once a week that all is well, or what is not. */
  weekly: z
    .strictObject({
      /** 0: Sunday. */
      day: z.number().int().min(0).max(6),
      hour: z.number().int().min(0).max(23),
      /** IANA; without it the one of the machine that Ark runs on. */
      timeZone: z.string().min(1).max(100).optional(),
    })
    .optional(),
  /** Tell when the last good backup is older. */
  staleHours: z.number().positive().max(100_000).optional(),
});
export type Channels = z.infer<typeof Channels>;

export interface Delivery {
  readonly channel: 'webhook' | 'email' | 'heartbeat';
  /** In English. */
  readonly error?: string;
  readonly details?: Details;
}

/** The app's own way to reach people (Host.notify). */
export type Means = (message: { subject: string; text: string }, to: readonly string[]) => Promise<void>;

const PATIENCE_MS = 10_000;

/** Tries every channel; never rejects: an alarm that fails must not make a good backup a bad one. */
export async function sendAlarm(
  { webhook, email }: Channels,
  alarm: Alarm,
  means?: Means,
  patienceMs = PATIENCE_MS,
  door = openDoor(),
): Promise<Delivery[]> {
  const ways: Promise<Delivery>[] = [];
  if (webhook) {
    const send = () => {
      const { url, body, form } = messageFor(webhook, alarm, new Date());
      return request(door, url, patienceMs, body, form);
    };
    ways.push(delivered('webhook', send));
  }
  if (email) ways.push(delivered('email', () => mail(email, alarm, means, patienceMs, door)));
  return Promise.all(ways);
}

export async function sendHeartbeat(
  { heartbeat }: Channels,
  patienceMs = PATIENCE_MS,
  door = openDoor(),
): Promise<Delivery | undefined> {
  return heartbeat && delivered('heartbeat', () => request(door, new URL(heartbeat.url), patienceMs));
}

async function delivered(channel: Delivery['channel'], send: () => Promise<void>): Promise<Delivery> {
  try {
    await send();
    return { channel };
  } catch (error) {
    return { channel, ...undelivered(error) };
  }
}

export function undelivered(error: unknown): Pick<Delivery, 'error' | 'details'> {
  const { message, details } = asBackupError(error);
  return { error: message, ...(details && { details }) };
}

/** A redirect is not followed: it would lead to where the admin did not point. */
async function request(door: Door, url: URL, patienceMs: number, body?: object, form?: Form): Promise<void> {
  const { host } = url;
  let status: number;
  try {
    const answer = await ask(door, url, {
      signal: AbortSignal.timeout(patienceMs),
      ...(body && {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'user-agent': 'ark' },
        body: JSON.stringify(body),
      }),
    });
    status = answer.statusCode ?? 0;
    if (form && !isRedirect(status)) {
      await judge(form, url, answer);
      return;
    }
    answer.destroy();
  } catch (cause) {
    if (cause instanceof BackupError) throw cause;
    const { name, message, code } = cause as NodeJS.ErrnoException;
    throw name === 'AbortError' || name === 'TimeoutError'
      ? refused('alarm-silent', { host, seconds: patienceMs / 1000 }, { cause })
      : refused('alarm-away', { host, why: message || String(code) }, { cause });
  }
  if (isRedirect(status)) throw refused('alarm-redirects', { host, status });
  if (status < 200 || status >= 300) throw refused('alarm-answered', { host, status });
}

async function mail(
  { to, from, smtp }: NonNullable<Channels['email']>,
  alarm: Alarm,
  means: Means | undefined,
  patienceMs: number,
  door: Door,
): Promise<void> {
  const subject = `Ark, ${alarm.instance}: ${SUBJECTS[alarm.event]}`;
  const schedule = alarm.schedule === undefined ? '' : `Schedule: ${alarm.schedule}\n`;
  const text = `${alarm.message}\n\n${schedule}Instance: ${alarm.instance}\nTime: ${alarm.at}\n`;
  if (!smtp) {
    if (means) return means({ subject, text }, to);
    throw refused('alarm-no-mail', {});
  }
  const { host, port, secure, user, password } = smtp;
  const notTaken = (cause: unknown): BackupError => {
    const { message, code } = cause as NodeJS.ErrnoException;
    const why = message || String(code);
    return cause instanceof BackupError
      ? cause
      : refused('alarm-mail', { host: `${host}:${port}`, why }, { cause });
  };
  const connection = await door.connect(host, port, patienceMs).catch((cause: unknown) => {
    throw notTaken(cause);
  });
  const { createTransport } = await import('nodemailer');
  const transport = createTransport({
    connection,
    host,
    port,
    secure,
    ...(user !== undefined && { auth: { user, pass: password ?? '' } }),
    greetingTimeout: patienceMs,
    socketTimeout: patienceMs,
  });
  try {
    await transport.sendMail({ from: from ?? user ?? to[0], to: [...to], subject, text });
  } catch (cause) {
    throw notTaken(cause);
  } finally {
    transport.close();
    connection.destroy();
  }
}
