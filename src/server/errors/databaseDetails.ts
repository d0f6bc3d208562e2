import * as z from 'zod';
import type { Detail } from './told';

const name = z.string();
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
} as const satisfies Readonly<Record<string, Detail>>;
