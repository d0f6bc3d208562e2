import * as z from 'zod';
import { isLongEnough, NewPassphrase, TOO_SHORT } from '../dumper/container/passphrase';
import { GroupName } from '../dumper/app/groups';
import { MASK } from '../secrets/mask';
import { JobKind } from '../jobs/jobs';
import { Retention } from '../jobs/retention';
import { Timing } from '../jobs/schedule';
import { BeforeChanges } from './beforeChanges';

/** So much of a file's beginning and end is announced before it is sent: what tells whether it can be a backup. */
const [FIRST, LAST] = [512, 65_557];

/**
 * What the API takes. Unknown fields of a body are refused: a selection with a misspelt name would otherwise mean
 * everything. Unknown query parameters are not, because others on the way add their own.
 */

export const StorageQuery = z.object({
  storage: z.string().optional().describe('The storage; without it, all of them'),
});

export const BackupQuery = StorageQuery.extend({
  filterByTk: z.string().min(1).describe('The name of the backup'),
});

const list = <T extends z.ZodType>(item: T) =>
  z.preprocess(
    (value) => (value === undefined || Array.isArray(value) ? value : [value]),
    z.array(item).max(20).optional(),
  );

export const RowsQuery = BackupQuery.extend({
  collection: z.string().min(1).describe('The name of the table, or what the app calls it'),
  where: list(z.string().regex(/^[^=]+=/, 'give column=value')).describe(
    'column=value, several times for several: rows with these values alone',
  ),
  search: z.string().max(200).optional().describe('Rows with this text in any value that is shown'),
  offset: z.coerce
    .number()
    .int()
    .nonnegative()
    .default(0)
    .describe('The row of the collection to begin with, from 0; `next` of the last answer'),
  limit: z.coerce.number().int().min(1).max(200).default(50).describe('Rows at most'),
});

export const CompareQuery = BackupQuery.extend({
  against: z.string().min(1).optional().describe('Another backup in place of the live database'),
  collections: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(z.string().min(1)).max(500))
    .optional()
    .describe('Tables or collections, separated by commas; all of the backup without it'),
  groups: z
    .string()
    .transform((text) => text.split(','))
    .pipe(GroupName.array())
    .optional()
    .describe('Groups, separated by commas'),
  examples: z.coerce.number().int().min(0).max(20).default(3).describe('Of each kind and collection at most'),
}).refine(({ collections, groups }) => !collections || !groups, {
  error: 'give groups or collections, not both',
});

export const HistoryQuery = StorageQuery.extend({
  collection: z.string().min(1).describe('The name of the table, or what the app calls it'),
  key: z
    .string()
    .min(1)
    .describe('The primary key; of several columns with commas between, or as a JSON list'),
  limit: z.coerce.number().int().min(1).max(500).default(100).describe('The newest so many backups'),
  to: z.iso.datetime().optional().describe('Made at this moment or before; `older.to` of the last answer'),
});

export const ContainingQuery = StorageQuery.extend({
  collection: z.string().trim().min(1).max(200).describe('A part of the name or title of a collection'),
});

export const JobQuery = z.object({ filterByTk: z.string().min(1).describe('The id of the job') });

export const WatchQuery = z.object({
  filterByTk: z.string().min(1).optional().describe('The id of one job; without it, all of them'),
});

export const ListJobsQuery = z.object({
  limit: z.coerce.number().int().min(1).max(500).default(100).describe('The newest so many'),
  kind: JobKind.optional(),
  state: z.enum(['running', 'done', 'failed', 'cancelled']).optional(),
  from: z.iso.datetime().optional().describe('Begun at this moment or later'),
  to: z.iso.datetime().optional().describe('Begun before this moment'),
});

export const UploadQuery = z.object({
  name: z.string().min(1).describe('The name to keep it under; .ark or .nbdump is added where it is missing'),
  storage: z.string().optional().describe('The storage to keep it in; the first without it'),
});

const uploadId = z.string().regex(/^[0-9a-f]{32}$/, 'the id of an unfinished upload');

export const UnfinishedQuery = z.object({ filterByTk: uploadId.describe('The id of the upload') });

export const PieceQuery = UnfinishedQuery.extend({
  offset: z.coerce
    .number()
    .int()
    .nonnegative()
    .max(Number.MAX_SAFE_INTEGER)
    .describe('Where the piece belongs: so many bytes are there already'),
  crc: z
    .string()
    .regex(/^[0-9a-f]{8}$/, 'eight hexadecimal digits')
    .describe('CRC-32 of the piece'),
});

export const FinishQuery = UnfinishedQuery.extend({
  name: z.string().min(1).max(300).optional().describe('Another name for the backup than was announced'),
});

/** Bytes as base64; so many, or as many as the file has. */
const bytesOf = (most: number) =>
  z
    .base64()
    .max(Math.ceil(most / 3) * 4)
    .transform((text) => Buffer.from(text, 'base64'));

export const BeginBody = z
  .strictObject({
    name: z.string().min(1).max(300).describe('The name to keep it under, as of arkBackups:upload'),
    file: z.string().min(1).max(300).optional().describe('What the file is called where it comes from'),
    storage: z
      .string()
      .min(1)
      .max(100)
      .optional()
      .describe('The storage to keep it in; the first without it'),
    size: z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER).describe('Bytes of the whole file'),
    begin: bytesOf(FIRST).describe(`Its first ${FIRST} bytes as base64, or all of them if it has fewer`),
    end: bytesOf(LAST).describe(`Its last ${LAST} bytes as base64, or all of them if it has fewer`),
    upload: uploadId.optional().describe('Go on with this upload; another file than that is refused'),
  })
  .refine(({ size, begin }) => begin.length === Math.min(size, FIRST), {
    path: ['begin'],
    error: 'not as many bytes as it has to have',
  })
  .refine(({ size, end }) => end.length === Math.min(size, LAST), {
    path: ['end'],
    error: 'not as many bytes as it has to have',
  });

const names = z.array(z.string().min(1)).min(1);
const narrowing = {
  exclude: names
    .optional()
    .describe('Collections that stay out of what is selected, by table or by what the app calls them'),
  noRows: names.optional().describe('Of what is selected, collections that come with their structure alone'),
};

const NOTE_LENGTH = 200;
/** A line of a person's. */
export const Note = z
  .string()
  .trim()
  .max(NOTE_LENGTH, `${NOTE_LENGTH} characters at most`)
  .regex(/^[^\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\p{Cs}]*$/u, 'one line without control characters');

const selection = {
  groups: z.array(GroupName).min(1).optional(),
  collections: z.array(z.string().min(1)).min(1).optional(),
  all: z.boolean().optional(),
  ...narrowing,
};

const keys = {
  storage: z.string().optional(),
  passphrase: z.string().min(1).optional(),
  identities: z.array(z.string().min(1)).optional().describe('Private age keys'),
  allowPlain: z
    .boolean()
    .optional()
    .describe(
      "A backup that is not encrypted will do, though a key is given or this instance's own are encrypted",
    ),
};

const atMostOne = (input: { groups?: unknown; collections?: unknown; all?: boolean | undefined }): boolean =>
  [input.groups, input.collections, input.all === true ? true : undefined].filter(
    (choice) => choice !== undefined,
  ).length <= 1;
const ONE_SELECTION = 'give one of groups, collections and all, not several';

export const CreateBody = z
  .strictObject({
    ...selection,
    storages: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe('All of them get it; the default one without it'),
    storage: z.string().optional().describe('The same, where there is only one'),
    name: z.string().min(1).optional(),
    passphrase: NewPassphrase.optional(),
    files: z.boolean().optional().describe("The app's uploaded files too"),
    note: Note.optional().describe('A line that the list shows with it'),
    recipients: z.array(z.string()).min(1).optional().describe('Public age keys'),
  })
  .refine(atMostOne, ONE_SELECTION)
  .refine((input) => input.storage === undefined || input.storages === undefined, {
    error: 'give storage or storages, not both',
  })
  .refine((input) => input.passphrase === undefined || input.recipients === undefined, {
    error: 'give passphrase or recipients, not both: age allows only one kind',
  });

export const MarkBody = z
  .strictObject({
    pinned: z.boolean().optional(),
    note: Note.optional().describe('Empty: none any more'),
  })
  .refine(({ pinned, note }) => pinned !== undefined || note !== undefined, {
    error: 'give pinned, note, or both',
  });

export const CopyBody = z.strictObject({ to: z.string().min(1).describe('The storage that gets it too') });

export const KeysBody = z.strictObject(keys);

const acceptLost = z
  .record(z.string(), z.number().int().nonnegative(), {
    error:
      'give the rows that each collection may lose, such as { "orders": 12 }; one that is not named may lose none',
  })
  .optional()
  .describe(
    'By collection the rows that the preview said would be lost at least (lostAtLeast), without bookkeeping; what is not named may lose none. Refused if one would lose more by then',
  );
const codeChoice = {
  allowCode: z
    .boolean()
    .optional()
    .describe('Bring the code of a backup whose maker is not trusted here (preview: asksForCode)'),
  noCode: z.boolean().optional().describe('Leave out code that is not here already'),
};
const oneChoice = (input: { allowCode?: boolean | undefined; noCode?: boolean | undefined }): boolean =>
  !(input.allowCode && input.noCode);
const ONE_CHOICE = 'give allowCode or noCode, not both';

export const RehearseBody = z.strictObject({ ...keys, ...codeChoice }).refine(oneChoice, ONE_CHOICE);

const restored = {
  ...selection,
  ...keys,
  ...codeChoice,
  files: z.boolean().optional(),
  allowBreaks: z.boolean().optional(),
  allowChanges: z
    .boolean()
    .optional()
    .describe(
      'From another kind of database: values that this one cannot have become what comes closest, as the preview lists them',
    ),
  keepDefinitions: z
    .boolean()
    .optional()
    .describe(
      'With groups, all or no selection: the group required stays as it is, and so what the app knows. Refused where it would not describe what comes back',
    ),
};

export const PreviewBody = z
  .strictObject({
    ...restored,
    into: z
      .string()
      .min(1)
      .max(64)
      .optional()
      .describe(
        'A new schema, on MySQL and MariaDB a new database: the selected collections come as plain tables into that, and what is live stays as it is',
      ),
    acceptLost,
  })
  .refine(atMostOne, ONE_SELECTION)
  .refine(oneChoice, ONE_CHOICE);

export const RestoreBody = PreviewBody;

export const PrepareBody = z
  .strictObject(restored)
  .refine(atMostOne, ONE_SELECTION)
  .refine(oneChoice, ONE_CHOICE);

/** Where the backup is was said when it was prepared. */
export const PreparedKeysBody = KeysBody.omit({ storage: true });
export const SwapBody = PreparedKeysBody.extend({
  acceptLost: acceptLost.describe(
    'By collection the rows that the comparison said would be lost (`lost`); what is not named may lose none. Compared again before the swap, and refused if one would lose more; without it however many',
  ),
});
export const PreparedQuery = JobQuery.extend({
  examples: z.coerce.number().int().min(0).max(20).default(3).describe('Of each kind and collection at most'),
});

const taken = {
  ...keys,
  collection: z.string().min(1).describe('The name of the table, or what the app calls it'),
  keys: z
    .array(z.string().min(1).max(2000))
    .max(2000)
    .default([])
    .describe(
      'Primary keys; one of several columns with commas between, as column=value with commas, or as a JSON list',
    ),
  where: z
    .array(z.strictObject({ column: z.string().min(1), value: z.string() }))
    .min(1)
    .max(20)
    .optional()
    .describe('Instead of keys: all rows that have these values'),
  parents: z.boolean().default(true).describe('Rows that these point at and that are missing come along'),
  children: z
    .union([z.boolean(), z.array(z.string().min(1)).min(1).max(100)])
    .default(false)
    .describe('Rows that point at these and are missing come along: all, or those of these collections'),
  allowChanges: z
    .boolean()
    .optional()
    .describe('From another kind of database: values that this one cannot have become what comes closest'),
};
const ONE_WAY = 'give keys or where, and not both';
const oneWay = (input: { keys: readonly string[]; where?: unknown }): boolean =>
  input.keys.length > 0 !== (input.where !== undefined);

export const TakeBackPreviewBody = z.strictObject(taken).refine(oneWay, ONE_WAY);

const consent = {
  overwrite: z.boolean().default(false).describe('Rows that are there and differ may be overwritten'),
  expected: z
    .string()
    .max(1000)
    .optional()
    .describe(
      'Of the preview: what would happen now has to be what it showed, or nothing happens (ROWS_CHANGED)',
    ),
};

export const TakeBackBody = z.strictObject({ ...taken, ...consent }).refine(oneWay, ONE_WAY);

export const TakeBackUndoBody = z.strictObject(consent);

export const UndoBody = z.strictObject({ allowBreaks: z.boolean().optional(), acceptLost });

export const ScheduleQuery = z.object({ filterByTk: z.string().min(1).describe('The name of the schedule') });

export const TimingBody = z.strictObject({
  timing: Timing,
  timeZone: z.string().min(1).max(60).default('UTC'),
});

const SCHEDULE_NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,59}$/u;

/** The fields of a schedule, as they are set and kept. */
export const schedule = {
  name: z.string().regex(SCHEDULE_NAME, 'letters, digits, spaces, "-", "_" and ".", at most 60'),
  on: z.boolean().default(true),
  timing: Timing,
  timeZone: z.string().min(1).max(60).default('UTC'),
  groups: z.array(GroupName).min(1).optional(),
  collections: z.array(z.string().min(1)).min(1).optional(),
  all: z.boolean().optional(),
  ...narrowing,
  storages: z.array(z.string().min(1)).max(20).default([]).describe('Empty: the default storage'),
  passphrase: z.string().min(1).optional(),
  recipients: z.array(z.string().min(1)).min(1).optional().describe('Public age keys'),
  files: z.boolean().default(false).describe('Uploaded files too'),
  retention: Retention.optional(),
  prove: z.boolean().default(false).describe('Rehearse a restore of each backup'),
};

/** What an admin sets. */
export const ScheduleInput = z
  .strictObject(schedule)
  .refine((input) => [input.groups, input.collections, input.all || undefined].filter(Boolean).length <= 1, {
    error: 'give one of groups, collections and all, not several',
  })
  .refine((input) => input.passphrase === undefined || input.recipients === undefined, {
    error: 'give passphrase or recipients, not both: age allows only one kind',
  })
  // A sealed one, which is kept, is longer.
  .refine(({ passphrase: entered = MASK }) => entered === MASK || isLongEnough(entered), {
    path: ['passphrase'],
    error: TOO_SHORT,
  })
  .refine((input) => !input.prove || input.recipients === undefined, {
    error:
      'prove needs to open the backup, and the private keys of recipients are not here: use a passphrase',
  });
export type ScheduleInput = z.output<typeof ScheduleInput>;

/** Any field of a schedule; null takes one away. */
export const ScheduleChange = z.strictObject({
  on: z.boolean().optional(),
  timing: Timing.optional(),
  timeZone: z.string().min(1).max(60).optional(),
  groups: z.array(GroupName).min(1).nullish(),
  collections: z.array(z.string().min(1)).min(1).nullish(),
  all: z.boolean().nullish(),
  exclude: names.nullish(),
  noRows: names.nullish(),
  storages: z.array(z.string().min(1)).max(20).optional(),
  passphrase: z.string().min(1).nullish(),
  recipients: z.array(z.string().min(1)).min(1).nullish(),
  files: z.boolean().optional(),
  retention: Retention.nullish(),
  prove: z.boolean().optional(),
});
export type ScheduleChange = z.output<typeof ScheduleChange>;

export const ClearBody = z.strictObject({
  dryRun: z.boolean().default(false).describe('Only say what would go'),
  app: z.boolean().default(false).describe("The app's own cache too"),
});

export const BeforeChangesBody = z.strictObject({ mode: BeforeChanges });

export const KeyBody = z.strictObject({
  kept: z.boolean().describe('The key that the app has now is kept elsewhere; false takes it back'),
});

export const TrustBody = z.strictObject({
  fingerprint: z.string().min(1).max(100),
  name: z.string().min(1).max(100).describe('How it is called here'),
});

export const TrustQuery = z.object({ filterByTk: z.string().min(1).describe('The fingerprint') });

export const EmptyBody = z.strictObject({});

export const StorageNameQuery = z.object({
  filterByTk: z.string().min(1).describe('The name of the storage'),
});

/** Which fields belong to which kind, and what may be in them, is checked later: each wrong one has its own message. */
const storageFields = {
  kind: z.string(),
  default: z.boolean().optional().describe('Backups go here when none is named'),
};
export const StorageBody = z.looseObject({ name: z.string(), ...storageFields });
export const StorageChangeBody = z.looseObject({
  name: z.string().optional(),
  ...storageFields,
  kind: z.string().optional().describe('Needed unless only the default changes'),
});
export const StorageTestBody = z.looseObject({
  name: z.string().optional(),
  kind: z.string().optional(),
  default: z.boolean().optional(),
});

export const StorageTestQuery = z.object({
  filterByTk: z
    .string()
    .min(1)
    .optional()
    .describe('The name of a storage that is kept; without it, one is tried'),
});
