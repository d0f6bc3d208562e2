import type { ApiError, StorageCheck } from './api';
import type { I18n } from './i18n';
import { fieldsOf, SHAPES, type Draft, type Field } from './storageForm';

type Place = Field | 'name';
type Why = 'missing' | 'replace' | 'absolute' | 'name' | 'taken' | 'region' | 'again' | 'address';

/** What is wrong with a field: one of our own reasons, or the server's words. */
export type Fault = { readonly why: Why } | { readonly said: string };
export type Faults = Readonly<Partial<Record<Place, Fault>>>;

const NAME = /^[\p{L}\p{N}][\p{L}\p{N}_-]{0,39}$/u;
const ABSOLUTE = /^(\/|[a-z]:[\\/]|\\\\)/i;

interface Known {
  /** Names of the other storages. */
  readonly taken: readonly string[];
  /** It has a secret already. */
  readonly kept: boolean;
}

/** What can be told before the server is asked. */
export function faultsOf(draft: Draft, { taken, kept }: Known): Faults {
  const { needed, secret } = SHAPES[draft.kind];
  const faults: Partial<Record<Place, Fault>> = {};
  const text = (field: Field) => draft.values[field]?.trim() ?? '';
  const name = draft.name.trim();
  if (name === '') faults.name = { why: 'missing' };
  else if (!NAME.test(name)) faults.name = { why: 'name' };
  else if (taken.some((one) => one.toLowerCase() === name.toLowerCase())) faults.name = { why: 'taken' };
  for (const field of fieldsOf(draft.kind)) {
    if (/[<>]/.test(text(field)) && (field === 'endpoint' || field === 'url'))
      faults[field] = { why: 'replace' };
    if (text(field) === '' && needed.includes(field) && !(field === secret && kept))
      faults[field] = { why: 'missing' };
  }
  if (draft.kind === 'local' && text('folder') !== '' && !ABSOLUTE.test(text('folder')))
    faults.folder = { why: 'absolute' };
  if (draft.kind === 's3' && text('endpoint') === '' && text('region') === '')
    faults.region = { why: 'region' };
  return faults;
}

const WORDS: readonly (readonly [RegExp, Why])[] = [
  [/ is missing\.?$/, 'missing'],
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
  const places: readonly Place[] = ['name', ...fieldsOf(kind)];
  const found = places.find((one) => one === place);
  if (error.code !== 'STORAGE_INVALID' || found === undefined || said === undefined) return undefined;
  const known = WORDS.find(([form]) => form.test(said));
  return { [found]: known ? { why: known[1] } : { said } };
}

export const faultText = ({ t }: Pick<I18n, 't'>, fault: Fault): string =>
  'why' in fault ? t(`storage.fault.${fault.why}`) : fault.said;

/** The fields that a test points at. */
export function suspects(checks: readonly StorageCheck[], kind: Draft['kind']): ReadonlySet<Field> {
  const refused = checks.some((one) => one.state === 'failed' && one.code === 'STORAGE_LOGIN_REFUSED');
  if (!refused) return new Set();
  return new Set(kind === 's3' ? ['accessKeyId', 'secretAccessKey'] : ['user', 'password']);
}
