import { codeAndText, type Form } from './form';
import { wordsOf } from './words';

const SUPPRESS_EMBEDS = 4;

/** https://discord.com/developers/docs/resources/webhook#execute-webhook */
export const discord: Form = {
  service: 'Discord',
  knows: ({ hostname, pathname }) =>
    /^((ptb|canary)\.)?discord(app)?\.com$/.test(hostname) &&
    /^\/api\/(v\d+\/)?webhooks\/\d+\/[^/]+/.test(pathname),
  make(url, alarm) {
    const { title, text } = wordsOf(alarm, { most: 2000, escape: backslashes });
    // People paste the addresses for messages in Slack's and GitHub's form too.
    const own = new URL(url);
    own.pathname = own.pathname.replace(/\/(slack|github)?\/?$/, '');
    const body = {
      content: `${title}\n${text}`,
      allowed_mentions: { parse: [] },
      flags: SUPPRESS_EMBEDS,
    };
    return { url: own, body };
  },
  // Nothing, or with `?wait=true` the message.
  took: ({ text, json }) => text === '' || typeof json.id === 'string',
  why: ({ json }) => codeAndText(json.code, json.message),
};

const backslashes = (text: string): string => text.replace(/[!-/:-@[-`{-~]/g, '\\$&');
