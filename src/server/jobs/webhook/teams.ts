import { codeAndText, type Answer, type Form } from './form';
import { wordsOf } from './words';

/** 28 KB are taken, the card included. */
const MOST = 4000;

/** https://support.microsoft.com/office/8ae491c7-0394-4861-ba59-055e33f75498: "Post to a channel when a webhook request is received". */
export const teams: Form = {
  service: 'Microsoft Teams',
  knows: ({ hostname, pathname }) =>
    /(\.logic\.azure\.(com|us|cn)|\.api\.powerplatform\.(com|us|cn))$/.test(hostname) &&
    /\/workflows\/[^/]+\/triggers\//.test(pathname),
  make(url, alarm) {
    const { title, text } = wordsOf(alarm, { most: MOST });
    // Unlike a TextBlock, a TextRun knows no Markdown.
    const block = (words: string, weight: string) => ({
      type: 'RichTextBlock',
      inlines: [{ type: 'TextRun', text: words, weight }],
    });
    const content = {
      $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
      type: 'AdaptiveCard',
      version: '1.2',
      body: [block(title, 'Bolder'), ...text.split('\n').map((line) => block(line, 'Default'))],
    };
    const contentType = 'application/vnd.microsoft.card.adaptive';
    const attachments = [{ contentType, contentUrl: null, content }];
    return { url, body: { type: 'message', attachments } };
  },
  // 202: the workflow has begun. What becomes of it is in its own history.
  took: () => true,
  why,
};

/** The connectors that Microsoft is turning off: https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using */
export const teamsConnector: Form = {
  service: 'Microsoft Teams',
  knows: ({ hostname, pathname }) =>
    (hostname.endsWith('.webhook.office.com') && pathname.startsWith('/webhookb2/')) ||
    (hostname === 'outlook.office.com' && pathname.startsWith('/webhook/')),
  make(url, alarm) {
    const { title, text } = wordsOf(alarm, { most: MOST, escape: literal });
    const body = {
      '@type': 'MessageCard',
      '@context': 'https://schema.org/extensions',
      summary: title,
      title,
      text: text.replace(/\n/g, '\n\n'),
    };
    return { url, body };
  },
  // What it could not deliver it says with 200, in words.
  took: ({ text }) => text.trim() === '1',
  why({ text, json }) {
    return /^(Webhook message delivery failed|Bad payload|Summary or Text)/.test(text)
      ? text
      : why({ text, json });
  },
};

function why({ json }: Answer): string | undefined {
  const error = (json.error ?? {}) as Readonly<Record<string, unknown>>;
  return codeAndText(error.code, error.message);
}

/** It reads Markdown, and HTML in it. */
const literal = (text: string): string =>
  text
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/[\\`*_{}[\]()#+.!|~-]/g, '\\$&');
