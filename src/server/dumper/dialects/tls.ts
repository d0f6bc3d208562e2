import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import type { Settings } from '../../environment';
import { refused } from '../../errors/errors';

const PEM = [
  ['ca', 'DB_DIALECT_OPTIONS_SSL_CA'],
  ['key', 'DB_DIALECT_OPTIONS_SSL_KEY'],
  ['cert', 'DB_DIALECT_OPTIONS_SSL_CERT'],
] as const;

/** TLS as NocoBase asks for it: by any of its variables, whose values are files or what would be in them. */
export function tlsOf(settings: Settings): ConnectionOptions | undefined {
  const {
    DB_DIALECT_OPTIONS_SSL_MODE: mode,
    DB_DIALECT_OPTIONS_SSL_REJECT_UNAUTHORIZED: rejectUnauthorized,
  } = settings;
  const files = PEM.flatMap(([option, name]) => {
    const value = settings[name];
    return value === undefined ? [] : [[option, pemOf(name, value)] as const];
  });
  if (mode === undefined && rejectUnauthorized === undefined && files.length === 0) return undefined;
  return { ...Object.fromEntries(files), ...(rejectUnauthorized !== undefined && { rejectUnauthorized }) };
}

function pemOf(name: string, value: string): string {
  if (value.includes('-----BEGIN ')) return value;
  try {
    return readFileSync(value, 'utf8');
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code ?? 'unreadable';
    throw refused('database-pem', { variable: name, why }, { cause });
  }
}
