import { DETAILS } from '../../src/server/errors/details';
import { ERRORS } from '../../src/server/errors/errors';
import { REASONS } from '../../src/server/errors/reasons';
import type { Detail } from '../../src/server/errors/told';

/** Codes whose failures tell nothing beyond what the page says of the code itself. */
const SAID_BY_THE_CODE = [
  'ARCHIVE_EMPTY',
  'ARCHIVE_KEY_WRONG',
  'ARCHIVE_LOCKED',
  'ARCHIVE_NOT_ENCRYPTED',
  'CONFIRMATION_NEEDED',
  'CONSOLE_STOPPING',
  'JOB_CANCELLED',
  'LENGTH_MISSING',
  'RUN_KILLED',
  'SECRET_UNREADABLE',
];
/** Codes that tell more than that, and so far in English only. Whoever gives one details takes it out. */
const IN_ENGLISH = [
  'ACTION_UNKNOWN',
  'APP_REFUSED',
  'APP_TOO_OLD',
  'BODY_TOO_LARGE',
  'CONTENT_TYPE_WRONG',
  'DATABASE_URL_INVALID',
  'FILE_UNUSABLE',
  'INTERNAL',
  'METHOD_WRONG',
  'PORT_TAKEN',
  'PRUNE_FAILED',
  'REQUEST_FORBIDDEN',
  'REQUIRED_MISSING',
  'STRUCTURE_UNKNOWN',
  'TARGET_FAILED',
  'UNAUTHORIZED',
  'USAGE',
];

it('every code has details, or it is said why it has none', () => {
  const told = new Set(
    [...Object.values<Detail>(DETAILS), ...Object.values<Detail>(REASONS)].flatMap(
      ({ error }) => error ?? [],
    ),
  );
  const without = Object.keys(ERRORS).filter((code) => !told.has(code));
  expect(without.sort()).toEqual([...SAID_BY_THE_CODE, ...IN_ENGLISH].sort());
});
