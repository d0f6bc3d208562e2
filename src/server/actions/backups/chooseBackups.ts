import type { BackupItem } from '../../api/api';
import type { Badge } from '../../api/badges';

/** What a list is narrowed to; of each that is there all must fit. */
export interface Choice {
  readonly instance?: string | undefined;
  /** One of these; `good`: all that are not damaged. */
  readonly states?: readonly (Badge | 'good')[] | undefined;
  readonly since?: Date | undefined;
  /** The moment itself too. */
  readonly until?: Date | undefined;
  /** So many of each instance; copies of one backup in several storages count once. */
  readonly latest?: number | undefined;
}

type Listed = Pick<BackupItem, 'name' | 'createdAt' | 'instance' | 'id'> & {
  readonly badges: readonly Badge[];
};

/** Those of a list, newest first, that are meant. */
export function chooseBackups<T extends Listed>(
  all: readonly T[],
  { instance, states, since, until, latest }: Choice,
): T[] {
  const fitting = all.filter((backup) => {
    const at = Date.parse(backup.createdAt);
    return (
      (instance === undefined || backup.instance === instance) &&
      (states === undefined || states.some((state) => isOf(backup.badges, state))) &&
      (since === undefined || at >= since.getTime()) &&
      (until === undefined || at <= until.getTime())
    );
  });
  if (latest === undefined) return fitting;
  const taken = new Map<string, Set<string>>();
  return fitting.filter((backup) => {
    const of = backup.instance ?? '';
    const those = taken.get(of) ?? new Set<string>();
    taken.set(of, those);
    const key = backup.id ?? backup.name;
    if (!those.has(key) && those.size >= latest) return false;
    those.add(key);
    return true;
  });
}

const isOf = (badges: readonly Badge[], state: Badge | 'good'): boolean =>
  state === 'good' ? !badges.includes('damaged') : badges.includes(state);
