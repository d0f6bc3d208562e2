import * as z from 'zod';
import type { Details } from '../errors/details';
import { asBackupError, BackupError, refused } from '../errors/errors';
import { ask, isRedirect, openDoor, type Door } from '../outgoing';

/** Who is told when backups do not go as they should, and how. Admins may name addresses of their own network. */
const Address = z
  .url({ protocol: /^https?$/, error: 'an address begins with http:// or https://' })
  .max(2000);

export const Channels = z.strictObject({
  webhook: z.strictObject({ url: Address }).optional(),
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
  /** Tell when the last good backup is older. */
  staleHours: z.number().positive().max(100_000).optional(),
});
export type Channels = z.infer<typeof Channels>;

/** What a webhook gets, as JSON. Nothing in it is secret: names, times, and words of Ark's. */
export interface Alarm {
  readonly event: 'failed' | 'missed' | 'stale' | 'test';
  readonly instance: string;
  readonly schedule?: string;
  readonly at: string;
  readonly message: string;
  readonly code?: string;
}

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
    ways.push(
      delivered('webhook', () => request(door, webhook.url, patienceMs, { ...alarm, source: 'ark' })),
    );
  }
  if (email) ways.push(delivered('email', () => mail(email, alarm, means, patienceMs, door)));
  return Promise.all(ways);
}

export async function sendHeartbeat(
  { heartbeat }: Channels,
  patienceMs = PATIENCE_MS,
  door = openDoor(),
): Promise<Delivery | undefined> {
  return heartbeat && delivered('heartbeat', () => request(door, heartbeat.url, patienceMs));
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
async function request(door: Door, url: string, patienceMs: number, body?: object): Promise<void> {
  const { host } = new URL(url);
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
    answer.destroy();
    status = answer.statusCode ?? 0;
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

const SUBJECTS: Readonly<Record<Alarm['event'], string>> = {
  failed: 'a backup failed',
  missed: 'a backup was missed',
  stale: 'the last good backup is old',
  test: 'a test',
};

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
