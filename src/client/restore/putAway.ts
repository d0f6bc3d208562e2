import { recall, remember } from '../parts/remembered';

const KEY = 'ark.putAway';
/** Far more than can be undone at a time. */
const MOST = 50;

/** The jobs whose undo is no longer shown at the top, in this browser. */
export const wasPutAway = (): readonly string[] => (recall(KEY) ?? '').split(' ').filter(Boolean);

/** With one more. */
export function putAway(job: string): readonly string[] {
  const all = [...wasPutAway(), job].slice(-MOST);
  remember(KEY, all.join(' '));
  return all;
}
