import type { Failure, StorageCheck } from '../api/api';
import type { Details } from '../parts/detailText';
import { fieldNames, needsFolder, type Draft } from './storageForm';

/** What is wrong, by the name of the field. */
export type Faults = Readonly<Partial<Record<string, Details>>>;

const NAME = /^[\p{L}\p{N}][\p{L}\p{N}_-]{0,39}$/u;
const ABSOLUTE = /^(\/|[a-z]:[\\/]|\\\\)/i;

interface Known {
  /** Names of the other storages. */
  readonly taken: readonly string[];
  /** The secrets that it has already. */
  readonly kept: ReadonlySet<string>;
}

/** What can be told before the server is asked. */
export function faultsOf(draft: Draft, { taken, kept }: Known): Faults {
  const faults: Record<string, Details> = {};
  const text = (field: string) => draft.values[field]?.trim() ?? '';
  const name = draft.name.trim();
  if (name === '') faults.name = { code: 'field-missing', field: 'name' };
  else if (!NAME.test(name)) faults.name = { code: 'field-name', field: 'name' };
  else if (taken.some((other) => other.toLowerCase() === name.toLowerCase()))
    faults.name = { code: 'storage-taken', name };
  for (const field of draft.kind.fields) {
    const { name: at } = field;
    const value = text(at);
    const needed =
      field.needed ||
      (field.neededWithout !== undefined && text(field.neededWithout) === '') ||
      (at === 'path' && needsFolder(draft));
    if (value === '' && needed && !kept.has(at)) faults[at] = { code: 'field-missing', field: at };
    if (field.address && /[<>]/.test(value)) faults[at] = { code: 'field-replace', field: at };
    if (field.absolute && value !== '' && !ABSOLUTE.test(value))
      faults[at] = { code: 'field-absolute', field: at };
  }
  return faults;
}

/** The field that the server names, and what it says of it; undefined if it speaks of something else. */
export function faultSaid({ details }: Pick<Failure, 'details'>, kind: Draft['kind']): Faults | undefined {
  if (details?.code === 'storage-taken') return { name: details };
  if (!details || !('field' in details)) return undefined;
  return ['name', ...fieldNames(kind)].includes(details.field) ? { [details.field]: details } : undefined;
}

/** The fields that a test points at. */
export function suspects(checks: readonly StorageCheck[], { fields }: Draft['kind']): ReadonlySet<string> {
  const refused = checks.some((check) => check.state === 'failed' && check.code === 'STORAGE_LOGIN_REFUSED');
  return new Set(refused ? fields.filter((field) => field.signIn).map((field) => field.name) : []);
}
