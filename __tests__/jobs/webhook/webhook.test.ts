import { SUBJECTS, type Alarm } from '../../../src/server/jobs/alarm';
import { Channels, sendAlarm } from '../../../src/server/jobs/notify';
import { FORM_NAMES, formOf, lacking } from '../../../src/server/jobs/webhook/forms';
import { shortened } from '../../../src/server/jobs/webhook/words';
import { openDoor } from '../../../src/server/outgoing';
import { CHAT_NAMES, chatDouble, CHATS, type ChatName } from '../../helpers/chats';
import { listen } from '../../helpers/listener';

/** The names of all services mean this machine. */
const door = openDoor('all', {
  resolve: (_host, _options, done) => done(null, [{ address: '127.0.0.1', family: 4 }]),
});
const EVENTS = Object.keys(SUBJECTS) as Alarm['event'][];
const AT = '2026-06-10T02:30:00.000Z';

const HOSTILE: readonly string[] = [
  '@everyone @here @channel @all @某人 <@U123> <!channel> <!everyone> <@&99> <#C1>',
  '<at user_id="all">all</at> <at id="all"></at> <at>x</at>',
  '*bold* _it_ ~gone~ `code` ```block``` ||spoiler|| # head\n> quote\n- list\n1. one',
  '[click](https://evil.example) <https://evil.example|click> https://evil.example www.evil.example mailto:a@b.cc',
  '<script>alert(1)</script> <b>x</b> &lt;!channel&gt; &amp; <a href="tg://user?id=1">x</a>',
  '{{DATE(2017-02-14T06:08:39Z,SHORT)}} ${x} @{triggerBody()} %s $& $1 {"text":"x"} "}',
  'a\nInstance: forged\r\nTime: forged\u2028Code: forged\u0000\u001b[31m',
  '\u202egnp.exe\u2066 \u200b\u200e\ufeff \ud800 \udc00',
  '/start #tag $CASH 👨‍👩‍👧‍👦🇩🇪 e\u0301 \\ \\\\ \\',
  '备份失败，存储空间不足。',
];
const LONG: readonly string[] = [
  'x'.repeat(100_000),
  '👨‍👩‍👧‍👦'.repeat(5_000),
  '备'.repeat(20_000),
  '<&>*_'.repeat(10_000),
  `e${'\u0301'.repeat(50_000)}`,
  '@'.repeat(10_000),
];

const closing: { close(): void }[] = [];
afterAll(() => closing.forEach((made) => made.close()));
async function chat(name: ChatName) {
  const made = await chatDouble(name);
  closing.push(made);
  return made;
}

const send = async (webhook: NonNullable<Channels['webhook']>, alarm: Alarm) => {
  const [delivery] = await sendAlarm(
    { webhook: Channels.parse({ webhook }).webhook },
    alarm,
    undefined,
    3000,
    door,
  );
  return delivery;
};
const alarmOf = (change: Partial<Alarm> = {}): Alarm => ({
  event: 'failed',
  instance: 'shop',
  schedule: 'nightly',
  at: AT,
  message: 'No space left.',
  code: 'STORAGE_FULL',
  ...change,
});

it('there is a double for every form', () => {
  expect([...CHAT_NAMES].sort()).toEqual([...FORM_NAMES].sort());
});

describe.each(CHAT_NAMES)('%s', (name) => {
  it('its own address is known, and everything in an alarm arrives', async () => {
    const service = await chat(name);
    for (const event of EVENTS) {
      const { secret } = service;
      expect(await send({ url: service.url, secret }, alarmOf({ event }))).toEqual({ channel: 'webhook' });
      const shown = service.shown.at(-1)!;
      expect(shown).toContain(`Ark: ${SUBJECTS[event]}`);
      for (const part of ['shop', 'nightly', AT, 'STORAGE_FULL', 'No space left.'])
        expect(shown).toContain(part);
    }
    expect(service.shown).toHaveLength(EVENTS.length);
  });

  it('elsewhere its form is chosen', async () => {
    const service = await chat(name);
    const { elsewhere: url, secret } = service;
    expect(formOf(url)).toBe('json');
    expect(await send({ url, secret, form: name }, alarmOf())).toEqual({ channel: 'webhook' });
    expect(service.shown).toHaveLength(1);
  });

  it('names and texts of others are data, however long, and as long as it takes', async () => {
    const service = await chat(name);
    for (const text of [...HOSTILE, ...LONG]) {
      for (const event of EVENTS) {
        const alarm = alarmOf({ event, instance: text, schedule: text, message: text });
        expect(await send({ url: service.url, secret: service.secret }, alarm)).toEqual({
          channel: 'webhook',
        });
        const shown = service.shown.at(-1)!;
        expect(shown).not.toMatch(/\p{Cs}/u);
        expect(shown.length).toBeLessThanOrEqual(CHATS[name].most);
        // Nothing in them begins a line, mentions, links or acts.
        expect(shown.match(/^(Ark: |Instance: |Schedule: |Time: |Code: )/gm)).toHaveLength(5);
        expect(shown.split('\n')).toHaveLength(6);
        expect(shown).toContain(`Time: ${AT}`);
        expect(shown).not.toMatch(/@\w|<[a-z!#@/]|:\/\/|www\.|\{\{|(?!\n)[\p{Cc}\p{Bidi_Control}\u200b]/iu);
      }
    }
    expect(service.shown).toHaveLength((HOSTILE.length + LONG.length) * EVENTS.length);
  });

  it('what it does not take is told in its own words, without the address', async () => {
    const service = await chat(name);
    const token = CHATS[name].path.split(/[/=?&]/).reduce((a, b) => (b.length > a.length ? b : a));
    const said: Record<ChatName, [number, string | object]> = {
      slack: [404, 'no_service'],
      discord: [404, { message: `Unknown Webhook ${token}`, code: 10015 }],
      teams: [401, { error: { code: 'DirectApiAuthorizationRequired', message: `no ${token}` } }],
      'teams-connector': [
        200,
        `Webhook message delivery failed with error: ${token} returned HTTP error 429`,
      ],
      telegram: [400, { ok: false, error_code: 400, description: `Bad Request: ${token} not found` }],
      feishu: [200, { code: 19024, msg: `Key Words Not Found ${token}` }],
      dingtalk: [200, { errcode: 310000, errmsg: `keywords not in content ${token}` }],
      wecom: [200, { errcode: 93000, errmsg: `invalid webhook url ${token}` }],
    };
    const [status, answer] = said[name];
    service.answer({ status, answer });
    const delivery = await send({ url: service.url }, alarmOf());
    expect(delivery?.details).toMatchObject({ code: 'alarm-refused' });
    expect(delivery?.error).toMatch(
      /no_service|Unknown Webhook|DirectApi|HTTP error 429|not found|19024|310000|93000/,
    );
    expect(delivery?.error).not.toContain(token);
  });

  it.each([
    ['a page', '<html>Welcome to the hotel</html>'],
    ['nothing', ''],
    ['another JSON', '{"status":"fine"}'],
    ['a list', '[1]'],
    ['endless', 'x'.repeat(1024 * 1024)],
  ])('200 with %s is no yes, where the service says more', async (what, answer) => {
    const service = await chat(name);
    service.answer({ status: 200, answer });
    const delivery = await send({ url: service.url }, alarmOf());
    // A workflow says nothing in its answer, nor does Discord.
    if (name === 'teams' || (name === 'discord' && what === 'nothing'))
      expect(delivery?.error).toBeUndefined();
    else expect(delivery?.details).toMatchObject({ code: 'alarm-unlike' });
  });
});

describe('signed', () => {
  it.each(['feishu', 'dingtalk'] as const)(
    '%s refuses what has a wrong secret or none, and says so',
    async (name) => {
      const service = await chat(name);
      for (const secret of [undefined, '', 'SECwrong']) {
        const delivery = await send({ url: service.url, ...(secret !== undefined && { secret }) }, alarmOf());
        expect(delivery?.error).toMatch(/sign (match fail|not match)/);
        if (secret) expect(delivery?.error).not.toContain(secret);
      }
      expect(service.shown).toEqual([]);
    },
  );
});

it.each([
  'https://chat.example.org/hooks.slack.com/services/T/B/X',
  'https://hooks.slack.com.evil.example/services/T/B/X',
  'https://hooks.slack.com/triggers/T/1/x',
  'https://hooks.slack.com@evil.example/services/T/B/X',
  'https://evil.example/?https://discord.com/api/webhooks/1/x',
  'https://discord.com/channels/1/2',
  'https://notwebhook.office.com/webhookb2/x',
  'https://api.telegram.org/bot1:x/getUpdates',
  'https://open.feishu.cn/open-apis/bot/hook/x',
  'https://oapi.dingtalk.com/gettoken',
  'https://logic.azure.com.evil.example/workflows/1/triggers/x',
])('%s is no address of a service, and gets JSON as ever', (url) => {
  expect(formOf(url)).toBe('json');
});

it('Ark’s own form is what it was, also where it is chosen for a service', async () => {
  const hook = await listen();
  closing.push(hook);
  const { port } = new URL(hook.url);
  for (const webhook of [
    { url: hook.url },
    { url: `http://hooks.slack.com:${port}/services/T/B/X`, form: 'json' as const },
  ]) {
    expect(await send(webhook, alarmOf())).toEqual({ channel: 'webhook' });
    expect(JSON.parse(hook.heard.at(-1)!.body)).toEqual({ ...alarmOf(), source: 'ark' });
  }
});

it('Discord’s addresses for other forms are taken too', async () => {
  const service = await chat('discord');
  for (const end of ['', '/', '/slack', '/github', '?wait=true&thread_id=5']) {
    expect(await send({ url: `${service.url}${end}` }, alarmOf())).toEqual({ channel: 'webhook' });
  }
  expect(service.heard.map(({ path }) => path)).toEqual([
    ...Array<string>(4).fill(CHATS.discord.path),
    `${CHATS.discord.path}?wait=true&thread_id=5`,
  ]);
});

it('a Telegram address without a chat lacks it', () => {
  const bot = 'https://api.telegram.org/bot1:x/sendMessage';
  expect(lacking(bot)).toEqual({ service: 'Telegram', part: 'chat_id' });
  expect(lacking('https://example.org/x', 'telegram')).toEqual({ service: 'Telegram', part: 'chat_id' });
  expect(lacking(`${bot}?chat_id=5`)).toBeUndefined();
  expect(lacking(bot, 'json')).toBeUndefined();
});

describe('a text is cut between characters', () => {
  const graphemes = (text: string) =>
    [...new Intl.Segmenter('en').segment(text)].map(({ segment }) => segment);
  it.each(['👨‍👩‍👧‍👦'.repeat(9), 'e\u0301'.repeat(40), '🇩🇪🇫🇷🇳🇱🇯🇵', '备份'.repeat(20), 'plain text that is long'])(
    '%s',
    (text) => {
      for (const cost of [(part: string) => part.length, (part: string) => Buffer.byteLength(part)]) {
        for (let room = 0; room <= cost(text) + 1; room += 1) {
          const cut = shortened(text, room, cost);
          expect(cost(cut)).toBeLessThanOrEqual(room);
          if (cut === text || cut === '') continue;
          expect(cut.endsWith('…')).toBe(true);
          const kept = graphemes(cut.slice(0, -1));
          expect(graphemes(text).slice(0, kept.length)).toEqual(kept);
        }
        expect(shortened(text, cost(text), cost)).toBe(text);
      }
    },
  );
});
