import type { InstanceState, Problem } from '../actions/backups/instances';
import { formatBytes } from '../bytes';
import { badgeText } from './listText';
import { table } from './table';
import { localTime } from './time';

export type Judged = InstanceState & { readonly stale?: boolean };

const WORDS: Readonly<Record<Problem, string>> = {
  damaged: 'the newest backup is damaged',
  none: 'no good backup',
  stranger: 'a newer backup is by a stranger and does not count',
  future: 'a backup is dated in the future',
  plain: 'suddenly not encrypted',
  late: 'the next one was due and is not there',
};

/** Two apps may have one name: then the beginning of the number that each drew for itself is said too. */
function calledOf({ instance, id }: InstanceState, all: readonly InstanceState[]): string {
  if (instance === undefined) return '(they do not say whose)';
  const alone = all.filter((other) => other.instance === instance).length === 1;
  return alone || id === undefined ? instance : `${instance} (${id.slice(0, 8)})`;
}

/** A table, and below it what needs attention. */
export function instancesText(instances: readonly Judged[]): string[] {
  const rows = instances.map((state) => [
    calledOf(state, instances),
    state.lastGood ? localTime(state.lastGood.createdAt) : '',
    state.age === undefined ? '' : ageText(state.age),
    state.lastGood ? state.lastGood.badges.map(badgeText).join(', ') : '',
    state.lastGood ? formatBytes(state.lastGood.size) : '',
    `${state.backups}, ${formatBytes(state.bytes)}`,
    state.next === undefined ? '' : localTime(state.next),
    state.storages.join(', '),
  ]);
  const names = ['instance', 'last good', 'age', 'state', 'size', 'backups', 'next', 'storages'];
  const troubles = instances.flatMap((state) => {
    const words = [...(state.stale ? ['too old'] : []), ...state.problems.map((problem) => WORDS[problem])];
    return words.length === 0 ? [] : [`! ${calledOf(state, instances)}: ${words.join('; ')}`];
  });
  return [...table(names, rows, { right: [2, 4] }), ...troubles];
}

function ageText(seconds: number): string {
  const hours = Math.floor(seconds / 3600);
  if (hours >= 48) return `${Math.floor(hours / 24)} d`;
  return hours > 0 ? `${hours} h` : `${Math.floor(seconds / 60)} min`;
}
