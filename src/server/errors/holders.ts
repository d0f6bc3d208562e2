import * as z from 'zod';
import { inEnglish, unionOf, type Entry, type Told } from './told';

const name = z.string();

/** Who holds a lock; `?` is what the server does not show. The page has it in each language, as `holder.CODE`. */
export const HOLDERS = {
  session: { fields: { process: name, program: name, role: name, since: name } },
  prepared: { fields: { name } },
  'prepared-unseen': { fields: {} },
} as const satisfies Readonly<Record<string, Entry>>;

type Table = typeof HOLDERS;
export type Holder = Told<Table>;
export const Holder = unionOf(HOLDERS);

/** For people who read English. */
export function holderText(holder: Holder): string {
  const values: Readonly<Record<string, string>> = { ...holder };
  return inEnglish(`holder.${holder.code}`, (field) => values[field]);
}
