import { createHmac } from 'node:crypto';
import { codeAndText, type Form } from './form';
import { wordsOf } from './words';

/** https://open.dingtalk.com/document/orgapp/custom-robots-send-group-messages */
export const dingtalk: Form = {
  service: 'DingTalk',
  knows: ({ hostname, pathname }) => hostname === 'oapi.dingtalk.com' && pathname === '/robot/send',
  make(url, alarm, secret, now) {
    const { title, text } = wordsOf(alarm, { most: 4000 });
    const body = {
      msgtype: 'text',
      text: { content: `${title}\n${text}` },
      at: { isAtAll: false, atMobiles: [], atUserIds: [] },
    };
    return { url: secret === undefined ? url : signed(url, secret, now), body };
  },
  took: ({ json }) => json.errcode === 0,
  why: ({ json }) => codeAndText(json.errcode, json.errmsg),
};

function signed(url: URL, secret: string, now: Date): URL {
  const timestamp = String(now.getTime());
  const sign = createHmac('sha256', secret).update(`${timestamp}\n${secret}`).digest('base64');
  const to = new URL(url);
  to.searchParams.set('timestamp', timestamp);
  to.searchParams.set('sign', sign);
  return to;
}
