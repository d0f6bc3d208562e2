import { MASK } from './mask';
import type { Seal } from './seal';

/**
 * The secrets of a kind of record. A record is open while Ark works with it, sealed where it is kept, and masked where
 * it is shown. What somebody enters is open: a text that looks sealed is an odd secret, and nothing opens it.
 */
export interface SecretFields {
  /** Where they are: `password`, `email.smtp.password`. */
  readonly paths: readonly string[];
  /** Whom a secret is sent to. It goes to nobody else: whoever may change settings could have it sent to himself. */
  goesTo(record: unknown, path: string): string | undefined;
}

export const sealSecrets = <T>(record: T, fields: SecretFields, seal: Seal): T =>
  eachSecret(record, fields, (secret) => seal.close(secret));

/** Throws SECRET_UNREADABLE where the key is another now. */
export const openSecrets = <T>(record: T, fields: SecretFields, seal: Seal): T =>
  eachSecret(record, fields, (secret) => seal.open(secret));

export const maskSecrets = <T>(record: T, fields: SecretFields): T => eachSecret(record, fields, () => MASK);

/** A secret that was to stay as it is and cannot: there is `none`, or it would go `elsewhere`. */
export interface NotKept {
  readonly path: string;
  readonly why: 'none' | 'elsewhere';
}

/**
 * What was entered, with the secrets of before where a mask stands, or with `leftOut: 'kept'` where nothing does.
 * `before` is open.
 */
export function keepSecrets<T>(
  entered: T,
  before: unknown,
  fields: SecretFields,
  leftOut: 'kept' | 'gone',
): { readonly record: T; readonly notKept: readonly NotKept[] } {
  const notKept: NotKept[] = [];
  let record = entered;
  for (const path of fields.paths) {
    const value = at(entered, path);
    if (value !== MASK && !(value === undefined && leftOut === 'kept')) continue;
    const old = at(before, path);
    if (typeof old !== 'string') {
      if (value === MASK) notKept.push({ path, why: 'none' });
    } else if (fields.goesTo(entered, path) !== fields.goesTo(before, path)) {
      notKept.push({ path, why: 'elsewhere' });
    } else {
      record = put(record, path, old);
    }
  }
  return { record, notKept };
}

const eachSecret = <T>(record: T, { paths }: SecretFields, change: (secret: string) => string): T =>
  paths.reduce((changed, path) => {
    const secret = at(changed, path);
    return typeof secret === 'string' ? put(changed, path, change(secret)) : changed;
  }, record);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

const at = (record: unknown, path: string): unknown =>
  path.split('.').reduce((value, name) => (isObject(value) ? value[name] : undefined), record);

function put<T>(record: T, path: string, secret: string): T {
  const [name = '', ...rest] = path.split('.');
  if (!isObject(record)) return record;
  return { ...record, [name]: rest.length === 0 ? secret : put(record[name], rest.join('.'), secret) };
}
