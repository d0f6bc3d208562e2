import { SUBJECTS, type Alarm } from '../alarm';

interface Room {
  /** How much the service takes, title included. */
  readonly most: number;
  /** How much of it a text takes; never less than its UTF-16 units. */
  readonly measure?: (text: string) => number;
  /** Sign by sign: what is markup for the service stands for itself. */
  readonly escape?: (text: string) => string;
}

export interface Words {
  /** Ark's own words only. */
  readonly title: string;
  /** Lines with the names and texts of others, escaped. */
  readonly text: string;
}

/** No service takes less than twice that. */
const NAME_AT_MOST = 300;
const SPARE = 16;
const JOINER = '\u2060';

/** An alarm in words, no longer than the service takes: the names first, as the message may be cut. */
export function wordsOf(alarm: Alarm, { most, measure = lengthOf, escape = same }: Room): Words {
  const title = `Ark: ${SUBJECTS[alarm.event]}`;
  const cost = (text: string) => measure(escape(text));
  const name = (text: string) => shortened(calm(text), NAME_AT_MOST, cost);
  const head = [
    `Instance: ${name(alarm.instance)}`,
    ...(alarm.schedule === undefined ? [] : [`Schedule: ${name(alarm.schedule)}`]),
    `Time: ${name(alarm.at)}`,
    ...(alarm.code === undefined ? [] : [`Code: ${name(alarm.code)}`]),
  ].join('\n');
  const room = most - cost(title) - cost(head) - SPARE;
  return { title, text: escape(`${head}\n${shortened(calm(alarm.message), room, cost)}`) };
}

const lengthOf = (text: string): number => text.length;
const same = (text: string): string => text;

/** One line of nothing but text: no signs that act, no mentions, no links that a click follows. */
function calm(text: string): string {
  return text
    .replace(/(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/\p{Cs}/gu, '\ufffd')
    .replace(/@/g, `@${JOINER}`)
    .replace(/:\/\//g, `:${JOINER}//`)
    .replace(/\b(www|mailto)([.:])/gi, `$1${JOINER}$2`)
    .replace(/<(?=[a-z!#/@])/gi, `<${JOINER}`)
    .replace(/\{(?=\{)/g, `{${JOINER}`)
    .trim();
}

const characters = new Intl.Segmenter('en', { granularity: 'grapheme' });
/** What looks like a single character and is longer is a trick; it is cut between its code points. */
const CHARACTER_AT_MOST = 32;
/** The last character that is looked at must be a whole one. */
const BEYOND = 2 * CHARACTER_AT_MOST;

/** The beginning that has room, whole characters only, with "…" where something is left out. */
export function shortened(text: string, room: number, cost: (text: string) => number): string {
  if (text.length <= room && cost(text) <= room) return text;
  const dots = cost('…');
  let used = dots;
  let end = 0;
  for (const { segment } of characters.segment(text.slice(0, Math.max(0, room) + BEYOND))) {
    for (const piece of segment.length > CHARACTER_AT_MOST ? segment : [segment]) {
      used += cost(piece);
      if (used > room) return dots > room ? '' : `${text.slice(0, end)}…`;
      end += piece.length;
    }
  }
  return dots > room ? '' : `${text.slice(0, end)}…`;
}
