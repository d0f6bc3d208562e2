import type { GroupName, LiveCollection } from '../api/api';
import { guessRows, type GuessedRows } from './rowCount';
import { PICKABLE } from '../parts/theme';

export interface GroupSum {
  readonly group: GroupName;
  readonly collections: number;
  readonly guessed: GuessedRows;
  readonly bytes: number;
}

/** How much each group holds, in reading order. Groups without collections are left out. */
export function groupSums(live: readonly LiveCollection[]): GroupSum[] {
  return PICKABLE.flatMap((group) => {
    const members = live.filter((collection) => collection.group === group);
    if (members.length === 0) return [];
    return [
      {
        group,
        collections: members.length,
        guessed: guessRows(members),
        bytes: members.reduce((sum, member) => sum + member.bytes, 0),
      },
    ];
  });
}
