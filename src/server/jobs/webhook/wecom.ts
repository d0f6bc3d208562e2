import { codeAndText, type Form } from './form';
import { wordsOf } from './words';

/** https://developer.work.weixin.qq.com/document/path/91770: 2,048 bytes are taken. */
export const wecom: Form = {
  service: 'WeCom',
  knows: ({ hostname, pathname }) =>
    hostname === 'qyapi.weixin.qq.com' && pathname === '/cgi-bin/webhook/send',
  make(url, alarm) {
    const { title, text } = wordsOf(alarm, { most: 2048, measure: bytes });
    return { url, body: { msgtype: 'text', text: { content: `${title}\n${text}` } } };
  },
  took: ({ json }) => json.errcode === 0,
  why: ({ json }) => codeAndText(json.errcode, json.errmsg),
};

const bytes = (text: string): number => Buffer.byteLength(text);
