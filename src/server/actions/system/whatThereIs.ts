import type { GroupName } from '../../dumper/app/groups';
import type { AppFiles } from '../../dumper/files/folders';
import type { Host } from '../../host';
import type * as api from '../../api/api';
import { liveCollections } from '../restore/liveCollections';

/** What can be in a backup: the groups that have rows, and where the files are. */
export interface WhatThereIs {
  readonly groups: ReadonlySet<GroupName>;
  readonly files: AppFiles;
}

/** As old as an answer may be: pages that are open look again and again. */
const AGE_MS = 15_000;

const asked = new WeakMap<Host['database'], { answer: Promise<WhatThereIs>; at?: number }>();

/**
 * One question at a time however many look, and whoever looks while it is under way joins it: a look that is given up
 * leaves nothing behind that the next would add to. What failed is asked anew.
 */
export function whatThereIs(host: Host, now: Date): Promise<WhatThereIs> {
  const before = asked.get(host.database);
  if (before && (before.at === undefined || Math.abs(now.getTime() - before.at) < AGE_MS))
    return before.answer;
  const mine: { answer: Promise<WhatThereIs>; at?: number } = { answer: look(host) };
  asked.set(host.database, mine);
  mine.answer.then(
    () => (mine.at = now.getTime()),
    () => asked.delete(host.database),
  );
  return mine.answer;
}

async function look(host: Host): Promise<WhatThereIs> {
  const [live, files] = await Promise.all([liveCollections(host), host.files()]);
  return { groups: new Set(live.filter(mayHaveRows).map((collection) => collection.group)), files };
}

/** How many rows a table has that was never analysed nobody knows; what has none of its own takes no room. */
const mayHaveRows = ({ rows, bytes }: api.LiveCollection): boolean => (rows ?? bytes) > 0;
