import type { ApiError, StorageCheck } from '../api/api';
import type { I18n } from '../parts/i18n';
import { fieldNames, type Draft } from './storageForm';

type Why = 'missing' | 'replace' | 'absolute' | 'name' | 'taken' | 'again' | 'address';

/** What is wrong with a field: one of our own reasons, or the server's words. */
export type Fault = { readonly why: Why } | { readonly said: string };
export type Faults = Readonly<Partial<Record<string, Fault>>>;

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
  const faults: Record<string, Fault> = {};
  const text = (field: string) => draft.values[field]?.trim() ?? '';
  const name = draft.name.trim();
  if (name === '') faults.name = { why: 'missing' };
  else if (!NAME.test(name)) faults.name = { why: 'name' };
  else if (taken.some((one) => one.toLowerCase() === name.toLowerCase())) faults.name = { why: 'taken' };
  for (const field of draft.kind.fields) {
    const value = text(field.name);
    const needed = field.needed || (field.neededWithout !== undefined && text(field.neededWithout) === '');
    if (value === '' && needed && !kept.has(field.name)) faults[field.name] = { why: 'missing' };
    if (field.address && /[<>]/.test(value)) faults[field.name] = { why: 'replace' };
    if (field.absolute && value !== '' && !ABSOLUTE.test(value)) faults[field.name] = { why: 'absolute' };
  }
  return faults;
}

const WORDS: readonly (readonly [RegExp, Why])[] = [
  [/ is missing\.?$| wants to know /, 'missing'],
  [/^enter it again/, 'again'],
  [/^replace what is in </, 'replace'],
  [/^this is not an address|^it begins with https/, 'address'],
  [/^the whole path is needed/, 'absolute'],
];

/** The field that the server names, and what it says of it; undefined if it speaks of something else. */
export function faultSaid(
  error: Pick<ApiError, 'code' | 'message'>,
  kind: Draft['kind'],
): Faults | undefined {
  if (error.code === 'STORAGE_EXISTS') return { name: { why: 'taken' } };
  const [, place, said] = /^(\w+): (.+)$/s.exec(error.message) ?? [];
  const places = ['name', ...fieldNames(kind)];
  const found = places.find((one) => one === place);
  if (error.code !== 'STORAGE_INVALID' || found === undefined || said === undefined) return undefined;
  const known = WORDS.find(([form]) => form.test(said));
  return { [found]: known ? { why: known[1] } : { said } };
}

export function faultText({ t, find }: Pick<I18n, 't' | 'find'>, fault: Fault, field: string): string {
  if ('said' in fault) return fault.said;
  return find(`storage.fault.${fault.why}.${field}`) ?? t(`storage.fault.${fault.why}`);
}

/** The fields that a test points at. */
export function suspects(checks: readonly StorageCheck[], { fields }: Draft['kind']): ReadonlySet<string> {
  const refused = checks.some((one) => one.state === 'failed' && one.code === 'STORAGE_LOGIN_REFUSED');
  return new Set(refused ? fields.filter((one) => one.signIn).map((one) => one.name) : []);
}
