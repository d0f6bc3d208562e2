import { codeAndText, type Form } from './form';
import { wordsOf } from './words';

/** https://core.telegram.org/bots/api#sendmessage: the chat is in the address, `?chat_id=…`. */
export const telegram: Form = {
  service: 'Telegram',
  knows: ({ hostname, pathname }) =>
    hostname === 'api.telegram.org' && /^\/bot[^/]+\/sendMessage\/?$/i.test(pathname),
  lacks: ({ searchParams }) => (searchParams.get('chat_id') ? undefined : 'chat_id'),
  make(url, alarm) {
    const { title, text } = wordsOf(alarm, { most: 4096 });
    const bare = new URL(url);
    bare.search = '';
    // `message_thread_id`, `disable_notification` …; but nothing that would read the text as markup.
    const asked = [...url.searchParams].filter(
      ([name]) => !['text', 'parse_mode', 'entities'].includes(name),
    );
    const body = {
      ...Object.fromEntries(asked),
      text: `${title}\n${text}`,
      // In preformatted text there are no mentions, links or commands.
      entities: [{ type: 'pre', offset: title.length + 1, length: text.length }],
      link_preview_options: { is_disabled: true },
    };
    return { url: bare, body };
  },
  took: ({ json }) => json.ok === true,
  why: ({ json }) => (json.ok === false ? codeAndText(json.error_code, json.description) : undefined),
};
