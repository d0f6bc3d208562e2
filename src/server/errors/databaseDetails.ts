import * as z from 'zod';
import type { Detail } from './told';

const name = z.string();
const names = z.array(z.string());
const count = z.number();

/** What is known of a failure of a database besides its code. `said`: the server's own words. */
export const DATABASE_DETAILS = {
  'database-login': {
    error: 'DATABASE_LOGIN_REFUSED',
    fields: { database: name, said: name },
    text: '{{database}} refused the login: {{said}}. Check the user and the password.',
  },
  'database-password': {
    error: 'DATABASE_LOGIN_REFUSED',
    fields: { database: name },
    text: '{{database}} wants a password, and none was given. Put it into the URL, DB_PASSWORD, PGPASSWORD or ~/.pgpass.',
  },
  'database-name': {
    error: 'DATABASE_UNKNOWN',
    fields: { database: name, said: name },
    text: '{{database}}: {{said}}. Create it first, or check the name.',
  },
  'database-crowded': {
    error: 'DATABASE_CROWDED',
    fields: { database: name, said: name },
    text: '{{database}} has no connection left for Ark: {{said}}. A job takes two, and one more for each of ARK_WORKERS. Raise the limit (of the role: ALTER ROLE … CONNECTION LIMIT, or max_connections), or end other sessions.',
  },
  'database-away': {
    error: 'DATABASE_UNREACHABLE',
    fields: { database: name, said: name },
    text: 'Cannot reach {{database}}: {{said}}. Check host, port and that the server is running.',
  },
  // Values of settings are texts: in no language they have separators.
  'locks-needed': {
    error: 'TOO_MANY_LOCKS',
    fields: { tables: count, needed: count, available: count, each: name, enough: name },
    text: 'To change the places of {{tables}} tables and views at once takes {{needed}} locks, and the server has {{available}}: max_locks_per_transaction is {{each}}. Nothing was changed. Set max_locks_per_transaction = {{enough}} in postgresql.conf and restart the server, or restore fewer collections at a time.',
  },
  // Of a server that answers: `said` is its own words.
  'database-lost': {
    error: 'DATABASE_LOST',
    fields: { said: name },
    text: 'The connection to the database was lost: {{said}}. Nothing was changed; try again.',
  },
  'database-unclear': {
    error: 'DATABASE_LOST',
    fields: { database: name },
    text: 'The connection to {{database}} was lost while the swap was being committed, and the server does not answer. It has either happened as a whole or not at all: the list of undos will tell.',
  },
  'database-disk-full': {
    error: 'DATABASE_FULL',
    fields: { said: name },
    text: "The server's disk is full: {{said}}. Nothing was changed. Free some space there.",
  },
  // Sizes are texts: each language writes them alike.
  'database-no-room': {
    error: 'DATABASE_FULL',
    fields: { needed: name, database: name, free: name, margin: name },
    text: 'A rehearsal needs about {{needed}} for a while, and the disk of {{database}} has {{free}} free, of which {{margin}} are left to the app. Free some space, or rehearse elsewhere.',
  },
  'database-read-only': {
    error: 'DATABASE_READ_ONLY',
    fields: { said: name },
    text: 'The server can only be read: {{said}}. Nothing was changed. A standby can be backed up; whatever writes needs the primary.',
  },
  'database-denied': {
    error: 'DATABASE_REFUSED',
    fields: { said: name },
    text: 'The database user may not do what is needed: {{said}}. A backup has to read every table and sequence; their owner may run GRANT SELECT ON ALL TABLES IN SCHEMA … TO …; GRANT SELECT ON ALL SEQUENCES IN SCHEMA … TO …;',
  },
  'database-refused': {
    error: 'DATABASE_REFUSED',
    fields: { said: name },
    text: 'The database refused: {{said}}',
  },
  'database-character': {
    error: 'VALUE_UNFIT',
    fields: { said: name },
    text: 'The database cannot take a character of a name or value: {{said}}. Nothing was changed.',
  },
  'database-old': {
    error: 'DATABASE_TOO_OLD',
    fields: { version: name },
    text: 'PostgreSQL {{version}} is too old; Ark needs 12 or newer.',
  },
  'server-old': {
    error: 'DATABASE_TOO_OLD',
    fields: { server: name, version: name, least: name },
    text: '{{server}} {{version}} is too old; Ark needs {{least}} or newer: only since then several tables change places whole or not at all.',
  },
  'server-denied': {
    error: 'DATABASE_REFUSED',
    fields: { said: name },
    text: "The database user may not do what is needed: {{said}}. Ark needs the rights that the app's own account has: GRANT ALL ON its database.",
  },
  'database-no-schemas': {
    error: 'SCHEMA_NOT_ALLOWED',
    fields: { user: name, database: name },
    text: "{{user}} may not create schemas in {{database}}, which a restore needs for staging. Nothing was changed. Run as the database's owner: GRANT CREATE ON DATABASE ... TO {{user}};",
  },
  'pooler-silent': {
    error: 'DATABASE_POOLED',
    fields: { database: name, seconds: count },
    text: "{{database}} took the login and then said nothing for {{seconds}} seconds, as a connection pooler does whose sessions are all taken: through it Ark could neither hold one moment nor swap tables safely. Nothing was done. Give the server's own address; in NocoBase set ARK_DB_HOST and ARK_DB_PORT.",
  },
  pooler: {
    error: 'DATABASE_POOLED',
    fields: { database: name },
    text: "{{database}} is a connection pooler, such as PgBouncer, and not the server itself: through it Ark could neither hold one moment nor swap tables safely. Nothing was done. Give the server's own address; in NocoBase set ARK_DB_HOST and ARK_DB_PORT.",
  },
  // Locks. `holders`: table, process, program, role and time, as far as the server shows them.
  'tables-stayed-locked': {
    error: 'TABLE_LOCKED',
    fields: { said: name },
    text: 'A table stayed locked: {{said}}. Nothing was changed.',
  },
  'tables-gave-up': {
    error: 'TABLE_LOCKED',
    fields: { said: name },
    text: 'The server gave up: {{said}}. Nothing was changed. Try again; on a standby, hot_standby_feedback = on or a larger max_standby_streaming_delay lets long reading end.',
  },
  'tables-not-seen': {
    error: 'TABLE_LOCKED',
    fields: {},
    text: 'Somebody holds a table locked, and Ark cannot even look at it. Nothing was changed. End that transaction, or try again later.',
  },
  'tables-not-seen-held': {
    error: 'TABLE_LOCKED',
    fields: { holders: names },
    text: 'Somebody holds a table locked ({{holders}}), and Ark cannot even look at it. Nothing was changed. End that transaction, or try again later.',
  },
  'tables-locked': {
    error: 'TABLE_LOCKED',
    fields: {},
    text: 'Somebody holds a lock on a table that is to be replaced. Nothing was changed. End that transaction, or try again later.',
  },
  'tables-locked-held': {
    error: 'TABLE_LOCKED',
    fields: { holders: names },
    text: 'Somebody holds a lock on a table that is to be replaced ({{holders}}). Nothing was changed. End that transaction, or try again later.',
  },
  'tables-types-altered': {
    error: 'TABLE_LOCKED',
    fields: { database: name },
    text: 'Types of {{database}} were altered by others while rows were read. Nothing was changed by Ark. Try again when nobody alters types.',
  },
  'tables-altered': {
    error: 'TABLE_LOCKED',
    fields: { database: name },
    text: 'The structure of {{database}} was changed by others again and again during the restore. Nothing was changed by Ark. Try again when nobody alters tables.',
  },
  'tables-rewritten': {
    error: 'TABLE_LOCKED',
    fields: { database: name },
    text: 'Tables of {{database}} were emptied, rewritten or altered each time the backup began. Nothing was changed. Try again when that has ended.',
  },
} as const satisfies Readonly<Record<string, Detail>>;
