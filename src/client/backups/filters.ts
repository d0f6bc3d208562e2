import type { BackupItem, GroupName } from '../api/api';

export type StateFilter = 'all' | 'ok' | 'unverified' | 'encrypted' | 'damaged';
export const STATE_FILTERS: readonly StateFilter[] = ['all', 'ok', 'unverified', 'encrypted', 'damaged'];

/** What the list is narrowed to; all of it must fit. */
export interface Filters {
  readonly search: string;
  readonly state: StateFilter;
  readonly storage?: string | undefined;
  /** Days as the reader's calendar has them, both included: `2026-11-29`. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly group?: GroupName | undefined;
  /** A part of the name or title of a collection. */
  readonly contains?: string | undefined;
}

export const NO_FILTERS: Filters = { search: '', state: 'all' };

/** Those that are on, of which the list shows chips. */
export const CHIPS = ['group', 'from', 'to', 'contains'] as const satisfies readonly (keyof Filters)[];

export const isNarrowed = (filters: Filters): boolean =>
  filters.search.trim() !== '' ||
  filters.state !== 'all' ||
  filters.storage !== undefined ||
  CHIPS.some((name) => filters[name] !== undefined);

/** What was kept of them, whatever it is by now. */
export function filtersOf(text: string | null): Filters {
  try {
    const kept = JSON.parse(text ?? '{}') as Partial<Record<keyof Filters, unknown>>;
    const textOf = (name: keyof Filters) => {
      const value = kept[name];
      return typeof value === 'string' && value !== '' ? value.slice(0, 200) : undefined;
    };
    const day = (name: 'from' | 'to') => {
      const value = textOf(name);
      return value !== undefined && /^\d{4}-\d\d-\d\d$/.test(value) ? value : undefined;
    };
    return {
      search: textOf('search') ?? '',
      state: STATE_FILTERS.find((state) => state === kept.state) ?? 'all',
      storage: textOf('storage'),
      from: day('from'),
      to: day('to'),
      group: textOf('group') as GroupName | undefined,
      contains: textOf('contains'),
    };
  } catch {
    return NO_FILTERS;
  }
}

const hasState = (backup: BackupItem, state: StateFilter): boolean => {
  if (state === 'encrypted') return backup.encrypted;
  if (state === 'unverified') return backup.state !== 'damaged' && backup.verifiedAt === undefined;
  if (state === 'damaged') return backup.state === 'damaged';
  return state === 'all' || backup.state !== 'damaged';
};

/** `having`: keys of those with the collection that is looked for, once that is known. */
export function matches(
  backup: BackupItem,
  { search, state, storage, from, to, group }: Filters,
  having: ((backup: BackupItem) => boolean) | undefined,
): boolean {
  const wanted = search.trim().toLowerCase();
  const at = Date.parse(backup.createdAt);
  return (
    hasState(backup, state) &&
    (storage === undefined || backup.storage === storage) &&
    (wanted === '' ||
      [backup.name, backup.createdBy, backup.instance, backup.note].some((text) =>
        text?.toLowerCase().includes(wanted),
      )) &&
    (from === undefined || at >= new Date(`${from}T00:00:00`).getTime()) &&
    (to === undefined || at <= new Date(`${to}T23:59:59.999`).getTime()) &&
    (group === undefined || backup.groups.some((sum) => sum.group === group)) &&
    (having === undefined || having(backup))
  );
}
