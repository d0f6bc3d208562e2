import * as z from 'zod';
import { KeptDetails } from '../../errors/details';
import { refused } from '../../errors/errors';
import type { Host } from '../../host';
import type { Alarm } from '../../jobs/alarm';
import { Channels, sendAlarm, sendHeartbeat, undelivered, type Delivery } from '../../jobs/notify';
import { formOf, lacking } from '../../jobs/webhook/forms';
import { openDoor } from '../../outgoing';
import { readBook } from '../../jobs/runs';
import { checkTiming, type Plan } from '../../jobs/schedule';
import { inTurn } from '../inTurn';
import { keepSecrets, maskSecrets, openSecrets, sealSecrets, type SecretFields } from '../../secrets/fields';
import type * as api from '../../api/api';
import { DAY } from '../../durations';

/** Who is told of what, kept with its secrets sealed; and how telling went. */
type Where = Pick<Host, 'settings' | 'seal' | 'instance' | 'notify' | 'environment' | 'exclusive'>;

const doorOf = ({ environment }: Where) => openDoor(environment.ARK_OUTGOING);

const Sent = z.object({
  at: z.iso.datetime(),
  event: z.enum(['failed', 'missed', 'stale', 'well', 'unwell', 'test', 'heartbeat']),
  channel: z.enum(['webhook', 'email', 'heartbeat']),
  schedule: z.string().optional(),
  error: z.string().optional(),
  details: KeptDetails,
});
export const AlarmLog = z.object({
  /** Newest first. */
  sent: z.array(Sent),
  /** When the last good backup was found to be old; told again once a day. */
  staleToldAt: z.iso.datetime().optional(),
  /** Up to here the weekly word was given, or is given up. */
  weeklySettled: z.iso.datetime().optional(),
  /** When each was set to what it is now: what was sent before went elsewhere. */
  changed: z
    .object({ webhook: z.iso.datetime(), email: z.iso.datetime(), heartbeat: z.iso.datetime() })
    .partial()
    .optional(),
  /** From here on age counts where there was never a backup. */
  since: z.iso.datetime().optional(),
});
export type AlarmLog = z.infer<typeof AlarmLog>;

const SENT_KEPT = 50;

export const readAlarmLog = async ({ settings }: Pick<Host, 'settings'>): Promise<AlarmLog> =>
  AlarmLog.catch({ sent: [] }).parse(await settings.get('settings', 'alarm log'));

/** Addresses of webhooks and heart-beats let whoever knows them speak for us: they are secrets like passwords. */
const SECRETS: SecretFields = {
  paths: ['webhook.url', 'webhook.secret', 'heartbeat.url', 'email.smtp.password'],
  goesTo(channels, path) {
    // The secret of a webhook is sent to nobody: it signs.
    if (path !== 'email.smtp.password') return undefined;
    const smtp = (channels as Channels | undefined)?.email?.smtp;
    return smtp && [smtp.host, smtp.port, smtp.secure, smtp.user].join(' ');
  },
};

/** With the secrets as they are; the sealed text is no address, so it is opened before it is checked. */
export async function readChannels({ settings, seal }: Pick<Host, 'settings' | 'seal'>): Promise<Channels> {
  const value = await settings.get('settings', 'alarms');
  if (value === undefined) return {};
  return Channels.parse(openSecrets(value, SECRETS, seal));
}

/** Without the secrets. */
export async function describeChannels(host: Where): Promise<api.AlarmSettings> {
  const [channels, { sent }] = [await readChannels(host), await readAlarmLog(host)];
  const { webhook } = channels;
  return {
    channels: maskSecrets(channels, SECRETS),
    ...(webhook && { form: formOf(webhook.url, webhook.form) }),
    app: host.notify !== undefined,
    sent,
  };
}

/** Takes the place of what was set; a secret that is the mask stays as it was. */
export const saveChannels = (host: Where, channels: unknown, now: Date): Promise<void> =>
  inTurn(host, 'channels', () => replaceChannels(host, channels, now));

async function replaceChannels(host: Where, channels: unknown, now: Date): Promise<void> {
  const before = await readChannels(host).catch((): Channels => ({}));
  const { record, notKept } = keepSecrets(channels, before, SECRETS, 'gone');
  const parsed = Channels.safeParse(record);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw refused('input-wrong', {
      said: `${issue?.path.join('.') ?? 'alarms'}: ${issue?.message ?? 'cannot be'}.`,
    });
  }
  if (notKept.length > 0) {
    const ofWebhook = notKept.some(({ path }) => path === 'webhook.secret');
    throw refused(ofWebhook ? 'webhook-secret-again' : 'mail-password-again', {});
  }
  const { webhook, weekly } = parsed.data;
  if (weekly) {
    const { timing, timeZone } = weeklyPlan(weekly, now);
    checkTiming(timing, timeZone);
  }
  const lacks = webhook && lacking(webhook.url, webhook.form);
  if (lacks) throw refused('alarm-lacks', lacks);
  await host.settings.save('settings', 'alarms', sealSecrets(parsed.data, SECRETS, host.seal));
  // What was due by another plan is not made up for by this one.
  const replanned = JSON.stringify(weekly) !== JSON.stringify(before.weekly);
  const other = WAYS.filter((way) => JSON.stringify(parsed.data[way]) !== JSON.stringify(before[way]));
  await changeLog(host, (log) => ({
    ...log,
    changed: { ...log.changed, ...Object.fromEntries(other.map((way) => [way, now.toISOString()])) },
    since: log.since ?? now.toISOString(),
    ...(replanned && { weeklySettled: now.toISOString() }),
  }));
}

const WAYS = ['webhook', 'email', 'heartbeat'] as const;

/** Of each that is set: whether the newest message went through; undefined where none was sent since it was set. */
export const deliveredBy = (
  channels: Channels,
  { sent, changed = {} }: AlarmLog,
): { delivered: boolean | undefined }[] =>
  WAYS.filter((way) => channels[way] !== undefined).map((way) => {
    const newest = sent.find(({ channel, at }) => channel === way && at >= (changed[way] ?? ''));
    return { delivered: newest && newest.error === undefined };
  });

/** When the weekly word is due. */
export const weeklyPlan = ({ day, hour, timeZone }: NonNullable<Channels['weekly']>, since: Date): Plan => ({
  timing: { cron: `0 ${hour} * * ${day}` },
  timeZone: timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
  since,
});

/** The only way to change the log: several runs, and several processes, may have something to tell at once. */
export function changeLog(host: Where, edit: (log: AlarmLog) => AlarmLog): Promise<boolean> {
  return inTurn(host, 'alarms', async () => {
    const log = await readAlarmLog(host);
    const edited = edit(log);
    if (edited === log) return false;
    await host.settings.save('settings', 'alarm log', edited);
    return true;
  });
}

const note = (host: Where, entries: AlarmLog['sent']): Promise<boolean> =>
  changeLog(host, (log) => ({ ...log, sent: [...entries, ...log.sent].slice(0, SENT_KEPT) }));

const entriesOf = (
  deliveries: readonly Delivery[],
  event: { at: string; event: AlarmLog['sent'][number]['event']; schedule?: string | undefined },
): AlarmLog['sent'] =>
  deliveries.map(({ channel, error, details }) => ({
    at: event.at,
    event: event.event,
    channel,
    ...(event.schedule !== undefined && { schedule: event.schedule }),
    ...(error !== undefined && { error }),
    ...(details && { details }),
  }));

/** Never rejects: whatever befalls an alarm is told in its log. */
export async function raise(host: Where, alarm: Omit<Alarm, 'instance' | 'at'>, now: Date): Promise<void> {
  const at = now.toISOString();
  const told = { ...alarm, instance: host.instance, at };
  const deliveries = await readChannels(host)
    .then((channels) => sendAlarm(channels, told, meansOf(host), undefined, doorOf(host)))
    .catch((error: unknown): Delivery[] => [{ channel: 'webhook', ...undelivered(error) }]);
  const entries = entriesOf(deliveries, { at, event: alarm.event, schedule: alarm.schedule });
  await note(host, entries).catch(() => undefined);
}

const meansOf = ({ notify }: Where) =>
  notify && ((message: { subject: string; text: string }, to: readonly string[]) => notify(message, to));

export async function beat(host: Where, schedule: string, now: Date): Promise<void> {
  const delivery = await readChannels(host)
    .then((channels) => sendHeartbeat(channels, undefined, doorOf(host)))
    .catch((error: unknown) => ({ channel: 'heartbeat' as const, ...undelivered(error) }));
  // One that came through is nothing to tell of.
  if (delivery?.error === undefined) return;
  await note(host, entriesOf([delivery], { at: now.toISOString(), event: 'heartbeat', schedule })).catch(
    () => undefined,
  );
}

/** When the last good backup was made, as far as schedules and jobs remember. */
async function lastGoodAt(host: Pick<Host, 'settings' | 'jobs'>): Promise<string | undefined> {
  const books = await Promise.all(
    (await host.settings.list('schedules')).map(({ name }) => readBook(host.settings, name)),
  );
  const jobs = (await host.jobs.list()).filter((job) => job.kind === 'backup' && job.state === 'done');
  return [...books.map((book) => book?.lastGood?.at), ...jobs.map((job) => job.startedAt)]
    .filter((at) => at !== undefined)
    .sort()
    .at(-1);
}

/** How old the last good backup is against the admin's limit; undefined where there is no limit. */
export async function ageOf(
  host: Where & Pick<Host, 'jobs'>,
  now: Date,
): Promise<{ old: boolean; lastGood: string | undefined; hours: number } | undefined> {
  const { staleHours: hours } = await readChannels(host);
  if (hours === undefined) return undefined;
  const lastGood = await lastGoodAt(host);
  const base = lastGood ?? (await readAlarmLog(host)).since ?? now.toISOString();
  return { old: now.getTime() - Date.parse(base) > hours * 3_600_000, lastGood, hours };
}

/** Raises the alarm of an old backup, once a day, by one process only. */
export async function checkAge(host: Where & Pick<Host, 'jobs'>, now: Date): Promise<void> {
  const age = await ageOf(host, now);
  if (!age?.old) return;
  const first = await changeLog(host, (log) => {
    const before = log.staleToldAt === undefined ? -Infinity : Date.parse(log.staleToldAt);
    const again = now.getTime() - before >= DAY || (age.lastGood ?? '') > (log.staleToldAt ?? '');
    return again ? { ...log, staleToldAt: now.toISOString() } : log;
  });
  if (first) await raise(host, { event: 'stale', message: ageText(age) }, now);
}

export const ageText = ({ lastGood, hours }: { lastGood: string | undefined; hours: number }): string =>
  lastGood === undefined
    ? `There is no good backup yet, and there should be one every ${hours} hours.`
    : `The last good backup is of ${lastGood}, older than the ${hours} hours that are allowed.`;

/** Tells everybody that this is a test, and how each way went. */
export async function testChannels(host: Where, now: Date): Promise<Delivery[]> {
  const at = now.toISOString();
  const channels = await readChannels(host);
  const message = 'This is a test. Ark will tell here when a backup fails, was missed, or is too old.';
  const alarm: Alarm = { event: 'test', instance: host.instance, at, message };
  const beaten = await sendHeartbeat(channels, undefined, doorOf(host));
  const deliveries = [
    ...(await sendAlarm(channels, alarm, meansOf(host), undefined, doorOf(host))),
    ...(beaten ? [beaten] : []),
  ];
  await note(host, entriesOf(deliveries, { at, event: 'test' }));
  if (deliveries.length > 0) return deliveries;
  throw refused('alarm-nobody', {});
}
