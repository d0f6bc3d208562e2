import * as z from 'zod';
import { Holder } from './holders';
import type { Detail } from './told';

const name = z.string();
const names = z.array(z.string());
const count = z.number();

/** What is known of a failure of a database besides its code. `said`: the server's own words. */
export const DATABASE_DETAILS = {
  'database-login': { error: 'DATABASE_LOGIN_REFUSED', fields: { database: name, said: name } },
  'database-password': { error: 'DATABASE_LOGIN_REFUSED', fields: { database: name } },
  'database-name': { error: 'DATABASE_UNKNOWN', fields: { database: name, said: name } },
  'database-crowded': { error: 'DATABASE_CROWDED', fields: { database: name, said: name } },
  'database-away': { error: 'DATABASE_UNREACHABLE', fields: { database: name, said: name } },
  // Values of settings are texts: in no language they have separators.
  'locks-needed': {
    error: 'TOO_MANY_LOCKS',
    fields: { tables: count, needed: count, available: count, each: name, enough: name },
  },
  // Of a server that answers: `said` is its own words.
  'database-lost': { error: 'DATABASE_LOST', fields: { said: name } },
  'database-unclear': { error: 'DATABASE_LOST', fields: { database: name } },
  'database-disk-full': { error: 'DATABASE_FULL', fields: { said: name } },
  // Sizes are texts: each language writes them alike.
  'database-no-room': {
    error: 'DATABASE_FULL',
    fields: { needed: name, database: name, free: name, margin: name },
  },
  'database-read-only': { error: 'DATABASE_READ_ONLY', fields: { said: name } },
  'database-denied': { error: 'DATABASE_REFUSED', fields: { said: name } },
  'database-refused': { error: 'DATABASE_REFUSED', fields: { said: name } },
  'database-character': { error: 'VALUE_UNFIT', fields: { said: name } },
  'database-old': { error: 'DATABASE_TOO_OLD', fields: { version: name } },
  'server-old': { error: 'DATABASE_TOO_OLD', fields: { server: name, version: name, least: name } },
  'server-denied': { error: 'DATABASE_REFUSED', fields: { said: name } },
  'database-no-schemas': { error: 'SCHEMA_NOT_ALLOWED', fields: { user: name, database: name } },
  'pooler-silent': { error: 'DATABASE_POOLED', fields: { database: name, seconds: count } },
  pooler: { error: 'DATABASE_POOLED', fields: { database: name } },
  // Locks.
  'tables-stayed-locked': { error: 'TABLE_LOCKED', fields: { said: name } },
  'tables-gave-up': { error: 'TABLE_LOCKED', fields: { said: name } },
  'tables-not-seen': { error: 'TABLE_LOCKED', fields: { tables: names, holders: z.array(Holder) } },
  'tables-locked': { error: 'TABLE_LOCKED', fields: { tables: names, holders: z.array(Holder) } },
  /** By whom the account may not see. */
  'tables-not-seen-hidden': { error: 'TABLE_LOCKED', fields: {} },
  'tables-locked-hidden': { error: 'TABLE_LOCKED', fields: {} },
  'tables-types-altered': { error: 'TABLE_LOCKED', fields: { database: name } },
  'tables-altered': { error: 'TABLE_LOCKED', fields: { database: name } },
  'tables-rewritten': { error: 'TABLE_LOCKED', fields: { database: name } },
  'database-url': { error: 'DATABASE_URL_INVALID', fields: { example: name } },
  'database-url-nameless': { error: 'DATABASE_URL_INVALID', fields: { example: name } },
  'database-url-flag': { error: 'DATABASE_URL_INVALID', fields: { option: name, example: name } },
  'database-url-stranger': { error: 'DATABASE_URL_INVALID', fields: { option: name, example: name } },
  'database-kind': { error: 'DATABASE_URL_INVALID', fields: { named: name, known: names, example: name } },
  'database-pem': { error: 'DATABASE_URL_INVALID', fields: { variable: name, why: name } },
  'database-file': { error: 'DATABASE_URL_INVALID', fields: { path: name, why: name } },
  'settings-wrong': { error: 'DATABASE_URL_INVALID', fields: { settings: names } },
  'certificate-unknown': { error: 'DATABASE_UNREACHABLE', fields: { database: name, said: name } },
  'certificate-wrong': { error: 'DATABASE_UNREACHABLE', fields: { database: name, said: name } },
  'locks-out': { error: 'TOO_MANY_LOCKS', fields: {} },
  'database-elsewhere': { error: 'DATABASE_UNREACHABLE', fields: { database: name, here: name } },
  'embedded-absent': { error: 'DATABASE_UNREACHABLE', fields: { package: name } },
  'embedded-init': { error: 'DATABASE_UNREACHABLE', fields: { said: name } },
  'embedded-start': { error: 'DATABASE_UNREACHABLE', fields: { said: name } },
  'embedded-user': { error: 'DATABASE_UNREACHABLE', fields: { said: name } },
  'embedded-folder': { error: 'DATABASE_UNREACHABLE', fields: { folder: name } },
} as const satisfies Readonly<Record<string, Detail>>;
