import type { AlarmChannels } from '../api/api';

type WebhookForm = NonNullable<NonNullable<AlarmChannels['webhook']>['form']>;

/** Stands for a secret that the server has and does not show; sent back, it keeps it. */
export const MASK = '********';

/** What is typed, also while it is not whole. */
export interface AlarmForm {
  readonly webhook: {
    readonly on: boolean;
    readonly url: string;
    readonly form: WebhookForm;
    readonly secret: string;
  };
  readonly email: {
    readonly on: boolean;
    /** Addresses, separated by commas, spaces or new lines. */
    readonly to: string;
    readonly from: string;
    /** Without it the app sends by its own means. */
    readonly smtp: boolean;
    readonly host: string;
    readonly port: number | null;
    readonly secure: boolean;
    readonly user: string;
    readonly password: string;
  };
  readonly heartbeat: { readonly on: boolean; readonly url: string };
  readonly stale: { readonly on: boolean; readonly hours: number | null };
  readonly weekly: {
    readonly on: boolean;
    /** 0: Sunday. */
    readonly day: number;
    readonly hour: number;
    readonly timeZone: string;
  };
}

/** `app`: the app can send e-mail without a mail server of ours. */
export function alarmForm(
  { webhook, email, heartbeat, staleHours, weekly }: AlarmChannels,
  app: boolean,
): AlarmForm {
  const { smtp } = email ?? {};
  return {
    webhook: {
      on: webhook !== undefined,
      url: webhook?.url ?? '',
      form: webhook?.form ?? 'auto',
      secret: webhook?.secret ?? '',
    },
    email: {
      on: email !== undefined,
      to: email?.to.join(', ') ?? '',
      from: email?.from ?? '',
      smtp: smtp !== undefined || !app,
      host: smtp?.host ?? '',
      port: smtp?.port ?? 587,
      secure: smtp?.secure ?? false,
      user: smtp?.user ?? '',
      password: smtp?.password ?? '',
    },
    heartbeat: { on: heartbeat !== undefined, url: heartbeat?.url ?? '' },
    stale: { on: staleHours !== undefined, hours: staleHours ?? 26 },
    weekly: {
      on: weekly !== undefined,
      day: weekly?.day ?? 1,
      hour: weekly?.hour ?? 9,
      timeZone: weekly?.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
    },
  };
}

const addresses = (text: string): string[] => text.split(/[\s,;]+/).filter((address) => address !== '');

export type AlarmField = 'webhook' | 'heartbeat' | 'to' | 'from' | 'host' | 'port' | 'hours';

const isUrl = (text: string): boolean => {
  if (text === MASK) return true;
  try {
    return ['http:', 'https:'].includes(new URL(text).protocol);
  } catch {
    return false;
  }
};
const isAddress = (text: string): boolean => /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text);

/** The fields that cannot stay as they are. */
export function alarmFaults({ webhook, email, heartbeat, stale }: AlarmForm): ReadonlySet<AlarmField> {
  const faults = new Set<AlarmField>();
  if (webhook.on && !isUrl(webhook.url.trim())) faults.add('webhook');
  if (heartbeat.on && !isUrl(heartbeat.url.trim())) faults.add('heartbeat');
  if (stale.on && !(stale.hours !== null && stale.hours > 0)) faults.add('hours');
  if (!email.on) return faults;
  const to = addresses(email.to);
  if (to.length === 0 || to.length > 20 || !to.every(isAddress)) faults.add('to');
  if (email.from.trim() !== '' && !isAddress(email.from.trim())) faults.add('from');
  if (email.smtp && email.host.trim() === '') faults.add('host');
  if (email.smtp && email.port === null) faults.add('port');
  return faults;
}

/** What the server is told; it takes the place of all. */
export function channelsOf({ webhook, email, heartbeat, stale, weekly }: AlarmForm): AlarmChannels {
  const { host, port, secure, user, password } = email;
  return {
    ...(webhook.on && {
      webhook: {
        url: webhook.url.trim(),
        ...(webhook.form !== 'auto' && { form: webhook.form }),
        ...(webhook.secret !== '' && { secret: webhook.secret }),
      },
    }),
    ...(heartbeat.on && { heartbeat: { url: heartbeat.url.trim() } }),
    ...(stale.on && stale.hours !== null && { staleHours: stale.hours }),
    ...(weekly.on && { weekly: { day: weekly.day, hour: weekly.hour, timeZone: weekly.timeZone } }),
    ...(email.on && {
      email: {
        to: addresses(email.to),
        ...(email.from.trim() !== '' && { from: email.from.trim() }),
        ...(email.smtp && {
          smtp: {
            host: host.trim(),
            port: port ?? 587,
            secure,
            ...(user.trim() !== '' && { user: user.trim() }),
            ...(password !== '' && { password }),
          },
        }),
      },
    }),
  };
}
