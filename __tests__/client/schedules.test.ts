import { alarmFaults, alarmForm, channelsOf, MASK } from '../../src/client/alarms/alarmForm';
import type { NotBackedUp, Pruned, Safety, ScheduleItem } from '../../src/client/api/api';
import { deliveryText } from '../../src/client/alarms/deliveryText';
import { reasonText, retentionText } from '../../src/client/schedules/retentionText';
import { levelText, safetyLevel } from '../../src/client/safety/safetyText';
import {
  changeOf,
  faultsOf,
  formOf,
  inputOf,
  newForm,
  timingOf,
} from '../../src/client/schedules/scheduleForm';
import { isZone, timingText } from '../../src/client/schedules/timingText';
import { ScheduleInput } from '../../src/server/api/input';
import { MASK as SERVER_MASK } from '../../src/server/secrets/mask';
import { DEFAULT_GROUPS } from '../../src/server/dumper/app/groups';
import { ScheduleChange } from '../../src/server/api/input';
import { Channels, sendAlarm, type Channels as AlarmChannels } from '../../src/server/jobs/notify';
import { retain, reasonText as serverReason, type Candidate } from '../../src/server/jobs/retention';
import { checkTiming } from '../../src/server/jobs/schedule';
import { listen, listenForMail } from '../helpers/listener';
import { spoken } from '../helpers/spoken';

const english = spoken('en-US');

describe('a timing in words', () => {
  test.each([
    [{ every: 1, unit: 'minutes' }, 'every minute'],
    [{ every: 15, unit: 'minutes' }, 'every 15 minutes'],
    [{ every: 6, unit: 'hours' }, 'every 6 hours'],
    [{ every: 1, unit: 'days', at: '02:30' }, 'daily at 02:30'],
    [{ every: 3, unit: 'days' }, 'every 3 days at 00:00'],
    [{ cron: '30 2 * * *' }, 'daily at 02:30'],
    [{ cron: '@daily' }, 'daily at 00:00'],
    [{ cron: '*/15 * * * *' }, 'every 15 minutes'],
    [{ cron: '5 * * * *' }, 'every hour at minute 05'],
    [{ cron: '0 3 * * MON-FRI' }, 'Mon, Tue, Wed, Thu, and Fri at 03:00'],
    [{ cron: '0 3 * * 7,sat' }, 'Saturday and Sunday at 03:00'],
    [{ cron: '0 4 1 * *' }, 'on day 1 of each month at 04:00'],
    // Each hour begins anew: that is not every seven minutes.
    [{ cron: '*/7 * * * *' }, 'by cron */7 * * * *'],
    [{ cron: '0 3 1 * MON' }, 'by cron 0 3 1 * MON'],
    [{ cron: '*/15 8-18 * * MON-FRI' }, 'by cron */15 8-18 * * MON-FRI'],
  ] as const)('%j is %s', (timing, words) => {
    // Only what the server takes needs words.
    checkTiming(timing, 'Europe/Berlin');
    expect(timingText(english, timing)).toBe(words);
  });

  test('zones are known or not', () => {
    expect(['Europe/Berlin', 'UTC', 'Mars/Olympus', ''].map(isZone)).toEqual([true, true, false, false]);
  });
});

describe('the form of a schedule', () => {
  const fresh = newForm('nightly', 'Europe/Berlin');

  test('what is set at first is what the server takes', () => {
    expect(faultsOf(fresh, new Set())).toEqual({});
    expect(ScheduleInput.parse(inputOf(fresh, timingOf(fresh.timing)!))).toMatchObject({
      timing: { every: 1, unit: 'days', at: '02:30' },
      groups: expect.arrayContaining(['required', 'custom']) as unknown,
      prove: true,
      retention: { last: 7, weekly: 4, monthly: 6 },
    });
  });

  test('what is not whole is said', () => {
    const cron = { ...fresh.timing, mode: 'cron', cron: ' ' } as const;
    const nothing = { ...fresh.retention, last: 0, weekly: 0, monthly: 0 };
    const short = { on: true, first: 'short', second: 'short' };
    expect(
      faultsOf(
        { ...fresh, name: 'a/b', timing: cron, timeZone: 'Mars', retention: nothing, encryption: short },
        new Set(),
      ),
    ).toEqual({ name: 'invalid', timing: true, timeZone: true, passphrase: true, retention: true });
    expect(faultsOf(fresh, new Set(['nightly']))).toEqual({ name: 'taken' });
    expect(timingOf({ ...fresh.timing, every: null })).toBeUndefined();
    expect(timingOf({ ...fresh.timing, at: '' })).toBeUndefined();
  });

  const saved: ScheduleItem = {
    ...inputOf(fresh, { cron: '0 3 * * *' }),
    on: true,
    timeZone: 'UTC',
    storages: ['offsite'],
    since: '2026-11-20T00:00:00.000Z',
    next: [],
    problems: [],
  };

  test('what was saved comes back unchanged', () => {
    const form = formOf(saved);
    expect(inputOf(form, timingOf(form.timing)!)).toEqual(
      inputOf({ ...fresh, timeZone: 'UTC', storages: ['offsite'] }, { cron: '0 3 * * *' }),
    );
    expect(formOf({ ...saved, timing: { every: 2, unit: 'hours' } }).timing).toMatchObject({
      mode: 'every',
      every: 2,
      unit: 'hours',
    });
  });

  test('secrets and selections that the form does not show stay', () => {
    const all = {
      ...saved,
      passphrase: SERVER_MASK,
      all: true,
      groups: undefined,
    } as unknown as ScheduleItem;
    const change = changeOf(formOf(all), { cron: '0 3 * * *' });
    expect(Object.keys(change)).not.toContain('passphrase');
    expect(Object.keys(change)).not.toContain('groups');
    expect(ScheduleChange.parse(change)).toEqual(change);
  });

  test('what is switched off is taken away', () => {
    const form = formOf({ ...saved, passphrase: SERVER_MASK });
    const off = { on: false, first: '', second: '' };
    const change = changeOf(
      { ...form, encryption: off, retention: { ...form.retention, on: false } },
      { cron: '0 3 * * *' },
    );
    expect(change).toMatchObject({ passphrase: null, recipients: null, retention: null });
    expect(ScheduleChange.parse(change)).toEqual(change);
  });
});

test('every reason of the server has words', () => {
  const one = (name: string, day: number, more: Partial<Candidate> = {}): Candidate => ({
    name,
    size: 1,
    createdAt: `2026-11-${String(day).padStart(2, '0')}T02:30:00.000Z`,
    state: 'ok',
    whose: 'ours',
    schedule: 'nightly',
    ...more,
  });
  const context = {
    schedule: 'nightly',
    timeZone: 'UTC',
    now: new Date('2026-11-21T00:00:00.000Z'),
    newestFailed: false,
    justMade: 'newest',
  };
  const rule = { last: 1, hourly: 1, daily: 1, weekly: 1, monthly: 1, yearly: 1 };
  const candidates = [
    one('future', 28),
    one('newest', 20),
    one('proven', 19, { proven: true }),
    one('old', 18),
    one('used', 17, { inUse: true }),
    one('by hand', 16, { schedule: undefined }),
    one('foreign', 15, { whose: 'other', instance: 'other' }),
    one('copied', 15, { whose: 'copy' }),
    one('weekly one', 14, { schedule: 'weekly' }),
    one('locked', 13, { whose: 'unknown' }),
    one('broken', 12, { state: 'damaged' }),
  ];
  const decisions = [
    ...retain(candidates, rule, context),
    ...retain([one('a', 2), one('b', 1)], { last: 1 }, { ...context, newestFailed: true }),
  ];
  const reasons = decisions.flatMap((decision) =>
    decision.reasons.map((reason): Pruned['decisions'][number]['reasons'][number] => ({
      ...reason,
      text: serverReason(reason),
    })),
  );
  expect(new Set(reasons.map((reason) => reason.why)).size).toBe(18);
  for (const language of ['en-US', 'nl-NL'] as const) {
    const i18n = spoken(language);
    for (const reason of reasons) {
      const text = reasonText(i18n, reason);
      expect(text).not.toMatch(/\{\{|^why\./);
      if (language === 'nl-NL') expect(text).not.toBe(reason.text);
    }
  }
  expect(retentionText(english, { last: 7, weekly: 4, yearly: 0 })).toBe('the last 7 · 4 weekly');
});

describe('alarms', () => {
  test('masks keep what there is, and what is typed is what the server takes', () => {
    expect(MASK).toBe(SERVER_MASK);
    const form = alarmForm({ webhook: { url: MASK }, staleHours: 30 }, true);
    expect(channelsOf(form)).toEqual({ webhook: { url: MASK }, staleHours: 30 });
    expect(alarmFaults(form).size).toBe(0);
    const signed = { url: MASK, form: 'feishu', secret: MASK } as const;
    expect(channelsOf(alarmForm({ webhook: signed }, true))).toEqual({ webhook: signed });
    const email = {
      ...form.email,
      on: true,
      to: 'a@example.org, b@example.org',
      smtp: true,
      host: 'mail.example.org',
      user: 'ark',
      password: 'secret',
    };
    const webhook = { ...form.webhook, on: true, url: ' https://chat.example.org ' };
    const given = channelsOf({ ...form, webhook, email });
    expect(Channels.parse(given)).toEqual(given);
    expect(given.email).toEqual({
      to: ['a@example.org', 'b@example.org'],
      smtp: { host: 'mail.example.org', port: 587, secure: false, user: 'ark', password: 'secret' },
    });
  });

  test('what cannot be is found where it is', () => {
    const form = alarmForm({}, false);
    const faults = alarmFaults({
      webhook: { ...form.webhook, on: true, url: 'chat.example.org' },
      heartbeat: { on: true, url: 'ftp://example.org' },
      email: { ...form.email, on: true, to: 'nobody', from: 'x', host: '', port: null },
      stale: { on: true, hours: null },
      weekly: form.weekly,
    });
    expect([...faults].sort()).toEqual(['from', 'heartbeat', 'host', 'hours', 'port', 'to', 'webhook']);
  });

  test('what the server says of a delivery that failed is understood', async () => {
    const alarm = { event: 'test', instance: 'shop', at: '2026-11-21T00:00:00Z', message: 'x' } as const;
    const failure = async (channels: AlarmChannels, patienceMs?: number) => {
      const [delivery] = await sendAlarm(channels, alarm, undefined, patienceMs);
      expect(delivery?.details).toBeDefined();
      return deliveryText(english, delivery!);
    };
    const [angry, astray, silent] = await Promise.all([
      listen((_, response) => void response.writeHead(500).end()),
      listen((_, response) => void response.writeHead(302, { location: '/' }).end()),
      listen(() => undefined),
    ]);
    const mail = await listenForMail('550 no such user');
    const email = (port: number) => ({
      email: { to: ['a@example.org'], smtp: { host: '127.0.0.1', port, secure: false } },
    });
    const web = ({ url }: { url: string }) => ({ webhook: { url } });
    try {
      const [gone] = [await listen()];
      gone.close();
      expect(await failure(web(angry))).toMatch(/^127\.0\.0\.1:\d+ answered 500, so it did not take it\.$/);
      expect(await failure(web(astray))).toMatch(/ redirects \(302\)\. Enter the address/);
      expect(await failure(web(silent), 100)).toMatch(/ did not answer within 0\.1 seconds\.$/);
      expect(await failure(web(gone))).toMatch(/ cannot be reached \(.+\)\.$/);
      expect(await failure(email(mail.port))).toMatch(
        /^The mail server 127\.0\.0\.1:\d+ did not take it: .*550/,
      );
      expect(await failure({ email: { to: ['a@example.org'] } })).toMatch(/^No mail server is set/);
      // An old record has only the sentence.
      expect(deliveryText(english, { error: 'something old' })).toBe('something old');
    } finally {
      for (const one of [angry, astray, silent, mail]) one.close();
    }
  });
});

test('safe, or not, in a word', () => {
  const now = Date.parse('2026-11-21T00:00:00Z');
  const lastGood = { name: 'a.ark', createdAt: '2026-11-20T00:00:00Z', size: 1, storages: ['local'] };
  const none: Safety = {
    steps: [],
    storages: [],
    used: 0,
    schedules: { total: 0, on: 0 },
    alarms: false,
    banners: [{ level: 'warning', kind: 'none', message: '' }],
  };
  const notBackedUp: NotBackedUp = { groups: [], files: false, aesKey: false };
  const good: Safety = { ...none, lastGood, notBackedUp, banners: [] };
  expect(safetyLevel(none, now)).toBe('none');
  expect(levelText(english, none, 'none')).toBe('No good backup yet');
  const others = { ...none, storages: [{ name: 'local', kind: 'local', backups: 300, used: 1 }] };
  expect(levelText(english, others, 'none')).toBe('300 backups, none made by this installation');
  expect(safetyLevel(good, now)).toBe('good');
  // Whatever it is that no backup has, and where nobody can tell: it is not good.
  for (const group of DEFAULT_GROUPS)
    expect(safetyLevel({ ...good, notBackedUp: { ...notBackedUp, groups: [group] } }, now)).toBe('partly');
  expect(safetyLevel({ ...good, notBackedUp: { ...notBackedUp, files: true } }, now)).toBe('partly');
  expect(safetyLevel({ ...good, notBackedUp: { ...notBackedUp, aesKey: true } }, now)).toBe('partly');
  expect(safetyLevel({ ...none, lastGood, banners: [] }, now)).toBe('attention');
  const warned: Safety = { ...good, banners: [{ level: 'warning', kind: 'alarm', message: '' }] };
  expect(safetyLevel(warned, now)).toBe('attention');
  const failed: Safety = { ...none, banners: [{ level: 'error', kind: 'failed', message: '' }] };
  expect(safetyLevel(failed, now)).toBe('danger');
  // A month without a schedule, and nobody has noticed.
  const old = { ...good, lastGood: { ...lastGood, createdAt: '2026-10-20T00:00:00Z' } };
  expect(safetyLevel(old, now)).toBe('attention');
  expect(safetyLevel({ ...old, schedules: { total: 1, on: 1 } }, now)).toBe('good');
});
