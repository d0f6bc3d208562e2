import type { Form } from './form';
import { wordsOf } from './words';

/** https://api.slack.com/messaging/webhooks; Mattermost and Rocket.Chat take the same. */
export const slack: Form = {
  service: 'Slack',
  knows: ({ hostname, pathname }) =>
    /^hooks\.slack(-gov)?\.com$/.test(hostname) && pathname.startsWith('/services/'),
  make(url, alarm) {
    const { title, text } = wordsOf(alarm, { most: 3000, escape: entities });
    const body = {
      text: `${title}\n${text}`,
      mrkdwn: false,
      parse: 'none',
      link_names: false,
      unfurl_links: false,
      unfurl_media: false,
    };
    return { url, body };
  },
  took: ({ text, json }) => text.trim() === 'ok' || json.success === true,
  why({ text, json }) {
    if (typeof json.error === 'string') return json.error;
    return /^[a-z_]{1,60}$/.test(text.trim()) ? text.trim() : undefined;
  },
};

/** The three signs that mean something to Slack where Markdown is off. */
const entities = (text: string): string =>
  text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
