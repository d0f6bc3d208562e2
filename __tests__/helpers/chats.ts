import { createHmac } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { listen } from './listener';

/** What a chat would show, and a refusal where its documents say that it refuses. */
interface Taken {
  readonly status?: number;
  readonly answer: string | object;
  /** What people read, with the service's own escapes undone. */
  readonly shown?: string;
}
interface Chat {
  readonly host: string;
  readonly path: string;
  readonly most: number;
  take(body: Record<string, unknown>, url: URL): Taken;
}

const SECRET = 'SEC0123456789abcdef';
const NOW = () => Date.now();

const no = (answer: string | object, status = 200): Taken => ({ status, answer });
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const plainEntities = (value: string): string =>
  value.replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&');
const only = (body: object, ...names: string[]): boolean =>
  Object.keys(body).every((name) => names.includes(name));

/** Doubles of the services, as far as their documents say what they take. */
export const CHATS = {
  slack: {
    host: 'hooks.slack.com',
    path: '/services/T000/B000/XXXXXXXXXXXXXXXX',
    most: 40_000,
    take(body) {
      const said = text(body.text);
      if (said === '') return no('no_text', 400);
      // Whatever stands between these signs is a mention or a link.
      if (/[<>]|&(?!amp;|lt;|gt;)/.test(said) || body.mrkdwn !== false || body.link_names === true)
        return no('invalid_payload', 400);
      return { answer: 'ok', shown: plainEntities(said) };
    },
  },
  discord: {
    host: 'discord.com',
    path: '/api/webhooks/123456789012345678/abc-DEF_0123456789abcdef',
    most: 2000,
    take(body) {
      const said = text(body.content);
      if (said === '' || said.length > 2000) return no({ message: 'Invalid Form Body', code: 50035 }, 400);
      const mentions = body.allowed_mentions as { parse?: unknown[] } | undefined;
      if (mentions?.parse?.length !== 0) return no({ message: 'would ping', code: 50035 }, 400);
      const bare = said
        .split('\n')
        .slice(1)
        .join('\n')
        .replace(/\\[!-/:-@[-`{-~]/g, '');
      if (/[*_~`|<@#>[\]]/.test(bare)) return no({ message: 'markup', code: 50035 }, 400);
      return { status: 204, answer: '', shown: said.replace(/\\([!-/:-@[-`{-~])/g, '$1') };
    },
  },
  teams: {
    host: 'prod-12.westeurope.logic.azure.com',
    path: '/workflows/0123456789abcdef/triggers/manual/paths/invoke?api-version=2016-06-01&sig=abcdefghijklm',
    most: 28_000,
    take(body) {
      const [card] = (body.attachments ?? []) as {
        contentType?: string;
        content?: {
          type?: string;
          version?: string;
          body?: { type: string; inlines?: { text: string }[] }[];
        };
      }[];
      const good =
        body.type === 'message' &&
        card?.contentType === 'application/vnd.microsoft.card.adaptive' &&
        card.content?.type === 'AdaptiveCard' &&
        card.content.body?.every((block) => block.type === 'RichTextBlock');
      if (!good || JSON.stringify(body).length > 28_000)
        return no(
          { error: { code: 'TriggerInputSchemaMismatch', message: 'The input body is not it' } },
          400,
        );
      const lines = card.content?.body?.map(({ inlines = [] }) => inlines.map((run) => run.text).join(''));
      return { status: 202, answer: '', shown: lines?.join('\n') ?? '' };
    },
  },
  'teams-connector': {
    host: 'contoso.webhook.office.com',
    path: '/webhookb2/0123/IncomingWebhook/4567/89ab',
    most: 28_000,
    take(body) {
      if (body['@type'] !== 'MessageCard' || text(body.summary) === '' || text(body.text) === '')
        return no('Summary or Text is required.', 400);
      if (JSON.stringify(body).length > 28_000)
        return no(
          'Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 413',
        );
      const bare = text(body.text).replace(/\\[\\`*_{}[\]()#+.!|~-]|&(amp|lt|gt);/g, '');
      if (/[`*_[\]<>#&]/.test(bare)) return no('Bad payload received by generic incoming webhook.', 400);
      const shown = plainEntities(text(body.text).replace(/\\([\\`*_{}[\]()#+.!|~-])/g, '$1'));
      return { answer: '1', shown: `${text(body.title)}\n${shown.replace(/\n\n/g, '\n')}` };
    },
  },
  telegram: {
    host: 'api.telegram.org',
    path: '/bot123456:ABC-DEF1234ghIkl/sendMessage?chat_id=-1001234&message_thread_id=7',
    most: 4096,
    take(body, { search }) {
      const bad = (description: string) => no({ ok: false, error_code: 400, description }, 400);
      const said = text(body.text);
      if (search !== '' || body.chat_id !== '-1001234') return bad('Bad Request: chat not found');
      if (body.message_thread_id !== '7') return bad('Bad Request: message thread not found');
      if (said === '' || said.length > 4096) return bad('Bad Request: message is too long');
      if (body.parse_mode !== undefined) return bad("Bad Request: can't parse entities");
      const [pre] = (body.entities ?? []) as { type: string; offset: number; length: number }[];
      const covered = pre?.type === 'pre' && pre.offset + pre.length === said.length;
      if (!covered || said.slice(0, pre.offset).includes('Instance')) return bad('Bad Request: would link');
      return { answer: { ok: true, result: { message_id: 1 } }, shown: said };
    },
  },
  feishu: {
    host: 'open.feishu.cn',
    path: '/open-apis/bot/v2/hook/01234567-89ab-cdef',
    most: 20_000,
    take(body) {
      const key = `${text(body.timestamp)}\n${SECRET}`;
      const age = NOW() / 1000 - Number(body.timestamp);
      if (body.sign !== createHmac('sha256', key).update('').digest('base64') || !(Math.abs(age) < 3600))
        return no({
          code: 19021,
          msg: 'sign match fail or timestamp is not within one hour from current time',
        });
      const { post } = (body.content ?? {}) as {
        post?: { zh_cn?: { title: string; content: { tag: string; text: string }[][] } };
      };
      const parts = post?.zh_cn?.content.flat() ?? [];
      if (
        body.msg_type !== 'post' ||
        !only(body, 'timestamp', 'sign', 'msg_type', 'content') ||
        parts.length === 0
      )
        return no({ code: 9499, msg: 'Bad Request', data: {} });
      if (parts.some((part) => part.tag !== 'text')) return no({ code: 9499, msg: 'mention' });
      if (JSON.stringify(body).length > 20_000) return no({ code: 11232, msg: 'too large' });
      const shown = [post?.zh_cn?.title, ...parts.map((part) => part.text)].join('\n');
      return {
        answer: { StatusCode: 0, StatusMessage: 'success', code: 0, data: {}, msg: 'success' },
        shown,
      };
    },
  },
  dingtalk: {
    host: 'oapi.dingtalk.com',
    path: '/robot/send?access_token=0123456789abcdef0123456789abcdef',
    most: 20_000,
    take(body, { searchParams }) {
      const timestamp = searchParams.get('timestamp') ?? '';
      const sign = createHmac('sha256', SECRET).update(`${timestamp}\n${SECRET}`).digest('base64');
      if (searchParams.get('access_token') !== '0123456789abcdef0123456789abcdef')
        return no({ errcode: 300005, errmsg: 'token is not exist' });
      if (searchParams.get('sign') !== sign || !(Math.abs(NOW() - Number(timestamp)) < 3_600_000))
        return no({ errcode: 310000, errmsg: 'sign not match' });
      const { content } = (body.text ?? {}) as { content?: string };
      if (body.msgtype !== 'text' || !content)
        return no({ errcode: 40035, errmsg: 'missing parameter msgtype' });
      // A robot may be told to take only what has a certain word.
      if (!content.includes('Ark')) return no({ errcode: 310000, errmsg: 'keywords not in content' });
      const at = (body.at ?? {}) as { isAtAll?: boolean; atMobiles?: string[] };
      if (at.isAtAll || (at.atMobiles ?? []).length > 0) return no({ errcode: 1, errmsg: 'mentions' });
      if (Buffer.byteLength(content) > 20_000) return no({ errcode: 460101, errmsg: 'message too long' });
      return { answer: { errcode: 0, errmsg: 'ok' }, shown: content };
    },
  },
  wecom: {
    host: 'qyapi.weixin.qq.com',
    path: '/cgi-bin/webhook/send?key=01234567-89ab-cdef-0123',
    most: 2048,
    take(body) {
      const { content, mentioned_list } = (body.text ?? {}) as {
        content?: string;
        mentioned_list?: string[];
      };
      if (body.msgtype !== 'text' || !content) return no({ errcode: 40008, errmsg: 'invalid message type' });
      if (mentioned_list) return no({ errcode: 1, errmsg: 'mentions' });
      if (Buffer.byteLength(content) > 2048)
        return no({ errcode: 40058, errmsg: 'text.content exceed max length 2048' });
      return { answer: { errcode: 0, errmsg: 'ok' }, shown: content };
    },
  },
} as const satisfies Readonly<Record<string, Chat>>;
export type ChatName = keyof typeof CHATS;
export const CHAT_NAMES = Object.keys(CHATS) as ChatName[];

/** A server of one of them; `shown` is what people would have read. */
export async function chatDouble(name: ChatName) {
  const chat: Chat = CHATS[name];
  const shown: string[] = [];
  let answerWith: Taken | undefined;
  const server = await listen((request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '', `http://${chat.host}`);
    const { body } = server.heard.at(-1)!;
    const taken = answerWith ?? chat.take(JSON.parse(body) as Record<string, unknown>, url);
    if (taken.shown !== undefined) shown.push(taken.shown);
    response.writeHead(taken.status ?? 200);
    response.end(typeof taken.answer === 'string' ? taken.answer : JSON.stringify(taken.answer));
  });
  const { port } = new URL(server.url);
  return {
    shown,
    heard: server.heard,
    secret: SECRET,
    /** Of the service itself, for a door that takes every name for this machine. */
    url: `http://${chat.host}:${port}${chat.path}`,
    /** Somewhere else: the form has to be chosen. */
    elsewhere: `http://127.0.0.1:${port}${chat.path}`,
    answer: (taken: Taken) => (answerWith = taken),
    close: () => server.close(),
  };
}
