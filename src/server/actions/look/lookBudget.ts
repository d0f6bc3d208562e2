import { refused } from '../../errors/errors';
import type { Budget } from '../../dumper/look/page';

/** A page for somebody who waits: what a search has not come to by then, it comes to with the next question. */
export const LOOK_BUDGET: Budget = {
  value: 4 * 1024,
  page: 4 * 1024 * 1024,
  csv: 64 * 1024 * 1024,
  ms: 5000,
};

/** After so long older backups wait for the next question. */
export const HISTORY_MS = 15_000;

/** `column=value`; a value may have more of these signs. */
export function conditionOf(text: string): { readonly column: string; readonly value: string } {
  const at = text.indexOf('=');
  if (at > 0) return { column: text.slice(0, at), value: text.slice(at + 1) };
  throw refused('look-condition', { said: JSON.stringify(text) });
}
