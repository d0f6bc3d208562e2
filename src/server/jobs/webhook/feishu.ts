import { createHmac } from 'node:crypto';
import { codeAndText, type Form } from './form';
import { wordsOf } from './words';

/** https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot; Lark is the same elsewhere. */
export const feishu: Form = {
  service: 'Feishu',
  knows: ({ hostname, pathname }) =>
    /^open\.(feishu\.cn|larksuite\.com)$/.test(hostname) && pathname.startsWith('/open-apis/bot/v2/hook/'),
  make(url, alarm, secret, now) {
    const { title, text } = wordsOf(alarm, { most: 4000 });
    // In a `text` message tags are mentions; in a `post` a text is a text.
    const content = text.split('\n').map((line) => [{ tag: 'text', text: line, un_escape: false }]);
    const body = {
      ...(secret !== undefined && signed(secret, now)),
      msg_type: 'post',
      content: { post: { zh_cn: { title, content } } },
    };
    return { url, body };
  },
  took: ({ json }) => (json.code ?? json.StatusCode) === 0,
  why: ({ json }) => codeAndText(json.code ?? json.StatusCode, json.msg ?? json.StatusMessage),
};

/** The text that others sign is the key here, and nothing is signed. */
function signed(secret: string, now: Date): { timestamp: string; sign: string } {
  const timestamp = String(Math.floor(now.getTime() / 1000));
  return { timestamp, sign: createHmac('sha256', `${timestamp}\n${secret}`).digest('base64') };
}
