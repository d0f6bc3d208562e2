import * as z from 'zod';
import { Failure, KeptDetails } from '../errors/details';
import { CodeItem, LeftOut } from '../dumper/schema/code';
import { Blemish } from '../dumper/schema/blemish';
import { Definition } from '../dumper/app/definition';
import { Missing } from '../dumper/schema/missing';
import { Why } from '../dumper/schema/notIncluded';
import { GroupName } from '../dumper/app/groups';
import { STAGES } from '../dumper/progress';
import { Proof, Unproven } from '../dumper/restore/proof';
import { Mask } from '../dumper/look/secrets';
import { NeutralType, RelationKind } from '../dumper/schema/types';
import { StructureChange } from '../dumper/schema/structureChanges';
import { Job } from '../jobs/jobs';
import { Channels } from '../jobs/notify';
import { FORM_CHOICES, FORM_NAMES } from '../jobs/webhook/forms';
import { Retention } from '../jobs/retention';
import { Run } from '../jobs/runs';
import { Timing } from '../jobs/schedule';
import type { StorageSettings as Settings } from '../storage/checks';
import { fieldsOf } from '../storage/fields';
import { KIND_NAMES, KINDS } from '../storage/kinds';
import { FolderSum } from '../dumper/archive/summary';
import { COLORS } from '../colors';
import { BackupItem, Maker } from './backupItem';
import { BADGES } from './badges';
import { BeforeChanges } from './beforeChanges';
import { PERMISSIONS } from './permissions';
import { Warning } from '../dumper/app/warning';

/** What the API answers, as schemas: its types (api.ts) and its description (docs/openapi.json) are made of them. */

export { BackupItem, Failure, FolderSum, Maker };

const Count = z.number().int().nonnegative();
const Time = z.iso.datetime();
const Fingerprint = z.string();

export const TrustedInstance = z.object({
  fingerprint: Fingerprint,
  name: z.string(),
  addedAt: Time,
  addedBy: z.string().optional(),
});

export const TrustList = z.object({
  /** This instance's fingerprint; none before its first backup. */
  own: Fingerprint.optional(),
  /** Those that it had before: what they signed is its own too. */
  former: z.array(Fingerprint),
  trusted: z.array(TrustedInstance),
});

export const Stray = z.object({ name: z.string(), storage: z.string(), createdAt: Time });
export const Strays = Stray.array();

/** Which backups have a collection; `unseen`: those of which that is not known, and why. `later`: ask again. */
export const Containing = z.object({
  has: z.array(
    z.object({
      name: z.string(),
      storage: z.string(),
      /** By table, a few of the `of` that fit. */
      collections: z.array(z.string()),
      of: Count,
    }),
  ),
  unseen: z.array(
    z.object({ name: z.string(), storage: z.string(), why: z.enum(['locked', 'unreadable', 'later']) }),
  ),
  failed: z.array(Failure.extend({ storage: z.string() })),
});

export const BackupListMeta = z.object({
  failed: z.array(Failure.extend({ storage: z.string() })),
});

/** What the storages have of one instance, as `ark list --all-instances` tells it. */
export const InstanceItem = z.object({
  /** Absent: of backups that do not say whose they are, such as encrypted ones of others. */
  instance: z.string().optional(),
  /** The number that it drew for itself: two apps may have one name. */
  id: z.string().optional(),
  /** It is this one. */
  own: z.boolean().optional(),
  lastGood: z
    .object({
      key: z.string(),
      createdAt: Time,
      size: Count,
      storages: z.array(z.string()),
      badges: z.array(z.enum(BADGES)),
      /** 0 written and read back, 1 every byte checked, 2 restored beside the app, 3 restored into an empty database. */
      proof: z.literal([0, 1, 2, 3]),
      verifiedAt: Time.optional(),
      rehearsedAt: Time.optional(),
    })
    .optional(),
  /** Seconds since then. */
  age: Count.optional(),
  /** When its schedules make the next one: of this instance as they are, of others as their last backup by schedule says. */
  next: Time.optional(),
  backups: Count,
  bytes: Count,
  storages: z.array(z.string()),
  problems: z.array(z.enum(['damaged', 'none', 'stranger', 'future', 'plain', 'late'])),
});

export const Renewed = z.object({ own: Fingerprint });

export const Ticket = z.object({
  name: z.string(),
  storage: z.string(),
  ticket: z.string(),
});

export const ArchivedCollection = z.object({
  name: z.string(),
  kind: RelationKind,
  group: GroupName,
  title: z.string().optional(),
  origin: z.string().optional(),
  /** Absent: only its structure is in the backup. */
  rows: Count.optional(),
  structureOnly: z.literal(true).optional(),
});

export const BackupDetail = BackupItem.extend({
  rows: Count,
  collections: ArchivedCollection.array(),
  notIncluded: z.array(
    z.object({ what: z.string(), name: z.string(), reason: z.string(), why: Why.optional() }),
  ),
  /** What of it is known not to hold, or not to be whole. */
  blemishes: Blemish.array(),
  /** What it brings that can run, with its text. */
  code: CodeItem.array(),
  database: z.object({ dialect: z.string(), version: z.string(), schema: z.string().optional() }),
  app: z.object({ name: z.string(), version: z.string().optional(), plugins: Count }).optional(),
});

export const LookColumn = z.object({
  name: z.string(),
  /** By the app of the same backup. */
  title: z.string().optional(),
  type: NeutralType,
  interface: z.string().optional(),
  /** A part of the primary key. */
  key: z.boolean(),
  /** Its values are shown to nobody, and why: null ones neither. */
  masked: Mask.optional(),
  /** The collection that its value is a key of, where rows of that have a name. */
  leadsTo: z.string().optional(),
});

export const LookCell = z.object({
  /** As the archive has it, moments as ISO 8601 (in UTC, with Z, where they have a zone); null of a masked one. */
  value: z.string().nullable(),
  /** What the app calls it: the label of a choice, the name of the row that it leads to. */
  called: z.string().optional(),
  /** The bytes of the whole value, where `value` is only its beginning. */
  bytes: Count.optional(),
  masked: z.literal(true).optional(),
});

const Difference = z.object({
  name: z.string(),
  title: z.string().optional(),
  group: GroupName,
  /**
   * How rows were matched: by the primary `key` of both sides; as whole `rows`, which can only be counted; not at all, as
   * it is only `there`, or is no table here (`kind`).
   */
  by: z.enum(['key', 'rows', 'there', 'kind', 'structure']),
  /** Rows that each side has; of one that is only there, as many as the backup says. */
  here: Count,
  there: Count,
  /** Would be lost. */
  onlyHere: Count,
  changed: Count,
  /** Would come. */
  onlyThere: Count,
  equal: Count,
  /** In how many rows each column has changed. */
  columns: z.array(z.object({ name: z.string(), rows: Count })),
  /** Columns that are not compared, as only one side has them. */
  columnsHere: z.array(z.string()),
  columnsThere: z.array(z.string()),
  /** The columns that examples are named by: the key, or all that both sides have. */
  shownBy: z.array(z.string()),
  examples: z.array(
    z.object({
      kind: z.enum(['onlyHere', 'changed', 'onlyThere']),
      key: LookCell.array(),
      changes: z.array(z.object({ column: z.string(), here: LookCell, there: LookCell })),
    }),
  ),
});

export const Comparison = z.object({
  /** Whether anything is not the same on both sides. */
  different: z.boolean(),
  /** Of the backup (`there`), beside what is here: the live database, or the backup that was named `against`. */
  collections: Difference.array(),
  /** Tables that are here and not in the backup; they are not compared. */
  beyond: z.array(z.string()),
  /** Views and tables with partitions, which have no rows of their own. */
  withoutRows: z.array(z.string()),
  /** There are no examples, as one side does not say which of its fields are hidden. */
  untold: z.boolean(),
});

/** What is staged (`there`) beside what is live (`here`). */
export const PreparedComparison = Comparison.extend({
  job: z.string(),
  expiresAt: Time,
  /**
   * By collection the rows that would be lost or overwritten, without bookkeeping: what a swap takes as `acceptLost`. Of
   * what cannot be compared, as many as counting tells.
   */
  lost: z.record(z.string(), Count),
});

export const PreparedItem = z.object({
  /** The id of the job that prepared it. */
  job: z.string(),
  expiresAt: Time,
  bytes: Count,
  /** False: another instance has prepared it, and only that one can swap it in. */
  readable: z.boolean(),
  at: Time.optional(),
  backup: z.string().optional(),
  storage: z.string().optional(),
  by: z.string().optional(),
  /** What would come. */
  collections: z.array(z.object({ name: z.string(), rows: Count })),
});

export const LookPage = z.object({
  collection: z.string(),
  title: z.string().optional(),
  group: GroupName,
  /** Only a table has rows in a backup. */
  kind: RelationKind,
  columns: LookColumn.array(),
  /** `row`: its place in the collection, from 0; cells are in the order of `columns`. */
  rows: z.array(z.object({ row: Count, cells: LookCell.array() })),
  /** Rows of the collection. */
  total: Count,
  /** Where to go on: `offset` of the next question. Absent: this was all. */
  next: Count.optional(),
  /** Rows that were looked at, to find these. */
  read: Count,
  /** Of how many chunks; `all` where the archive tells. */
  chunks: z.object({ read: Count, all: Count.optional() }),
  /** Bytes of the archive that were fetched for this, from wherever it is. */
  fetched: Count,
  /** Collections whose rows are rows of this one too: heirs and partitions. They are looked into by their own names. */
  parts: z.array(z.string()),
  /** Collections too large to be read only to say what their rows are called. */
  uncalled: z.array(z.string()),
});

export const RowHistory = z.object({
  collection: z.string(),
  key: z.string(),
  /** Of the newest backup that has the collection; whether a masked one changed is not told. */
  columns: LookColumn.array(),
  /** By the instance that made the backups, each oldest first. */
  lives: z.array(
    z.object({
      /** Empty: nobody knows. */
      instance: z.string(),
      moments: z.array(
        z.object({
          backup: z.string(),
          storage: z.string(),
          createdAt: Time,
          /**
           * `first`: it is there, and no older backup was seen that could tell since when. `absent`: it is not there, nor
           * was it before. `not held`: the backup does not have the collection, and tells nothing.
           */
          state: z.enum(['first', 'appeared', 'same', 'changed', 'vanished', 'absent', 'not held']),
          /** Without `from` or `to`: the collection had no such column. */
          changes: z.array(
            z.object({ column: z.string(), from: LookCell.optional(), to: LookCell.optional() }),
          ),
          /** The backup that it is compared with. */
          since: z.string().optional(),
          /** Backups made between the two that could not be read: it may have happened earlier. */
          unreadBetween: Count.optional(),
        }),
      ),
    }),
  ),
  /** Backups that could not be read, newest first. */
  unread: z.array(z.object({ backup: z.string(), storage: z.string(), createdAt: Time, error: Failure })),
  /** Storages that could not be asked. */
  failed: z.array(Failure.extend({ storage: z.string() })),
  /** Bytes of archives that were fetched. */
  fetched: Count,
  /** Older backups that were left out for now: with `to` they come next. */
  older: z.object({ backups: Count, to: Time }).optional(),
});

export const LiveCollection = z.object({
  name: z.string(),
  kind: RelationKind,
  group: GroupName,
  title: z.string().optional(),
  origin: z.string().optional(),
  /** The planner's guess; undefined where it has none. */
  rows: Count.optional(),
  bytes: Count,
});

export const Preview = z.object({
  collections: z.array(
    z.object({
      name: z.string(),
      title: z.string().optional(),
      group: z.string().optional(),
      kind: RelationKind,
      action: z.enum(['create', 'replace', 'aside']),
      rowsNow: Count.optional(),
      rowsNowGuessed: z.boolean().optional(),
      rowsInBackup: Count.optional(),
      /** It comes with its structure alone: instead of `rowsInBackup`. */
      structureOnly: z.literal(true).optional(),
      createdSince: Count.optional(),
      changedSince: Count.optional(),
      undated: Count.optional(),
      lostAtLeast: Count.optional(),
      bookkeeping: z.boolean().optional(),
      structure: z.array(StructureChange),
    }),
  ),
  warnings: z.array(Warning),
  undoBytes: Count,
  /** What would come that can run, and whether it is here already. */
  code: CodeItem.array(),
  /** What the database lacks of what the backup needs, and what happens to each. */
  missing: Missing.array(),
  /** What comes is known not to hold, or not to be whole. */
  blemishes: Blemish.array(),
  /** What the app knows now and would know no more: collections, fields, pages, roles and workflows made since. */
  forgotten: Definition.array(),
  /**
   * The group `required`: it is replaced though it `could stay` (keepDefinitions), it has to be replaced, or it is kept.
   */
  definitions: z.enum(['could stay', 'replaced', 'kept']),
  /** With `noCode`: what would not come. */
  leftOut: LeftOut.array(),
  /** A restore is refused (CODE_NOT_ALLOWED) without `allowCode` or `noCode`. */
  asksForCode: z.boolean(),
  maker: Maker,
  /**
   * Whoever confirms this should write a name, because something of now is lost, because code comes that is new, or
   * because this instance did not provably make the backup. Otherwise a yes is enough.
   */
  asksForName: z.boolean(),
  /** Uploaded files that would come back, and those that would be gone. */
  files: z.array(
    FolderSum.extend({
      filesNow: Count,
      lost: Count,
      /** On the server's disk: what is in it would be replaced. */
      folder: z.string().optional(),
      /** Why nothing would come back there. */
      refused: z.string().optional(),
    }),
  ),
});

export const JobItem = Job.extend({
  /** While it runs in this process. */
  progress: z
    .object({
      stage: z.enum(STAGES),
      done: z.number(),
      total: z.number(),
      rows: Count,
      bytes: Count,
      percent: z.number().int().min(0).max(100),
      eta: Count.optional(),
    })
    .optional(),
});

export const Started = z.object({ job: JobItem });

export const UndoItem = z.object({
  /** The id of the job that can be undone. */
  job: z.string(),
  action: z.enum(['restore', 'undo']),
  at: Time,
  expiresAt: Time,
  source: z.string(),
  /** What came. */
  collections: z.array(z.object({ name: z.string(), rows: Count })),
  /** What went, and would come back. */
  aside: z.array(z.string()).optional(),
  bytes: Count,
});

export const UndoPreview = Preview.omit({
  files: true,
  maker: true,
  asksForCode: true,
  definitions: true,
}).extend({
  /** What was restored or undone since, of the same collections, and would be lost with it. Newest first. */
  later: z.array(UndoItem),
});

/** A row of a backup beside the one of now. */
export const TakeBackRow = z.object({
  collection: z.string(),
  title: z.string().optional(),
  /** Of the primary key; of several columns with commas between. */
  key: z.string(),
  /** It was asked for, or is needed by one that was, or points at one. */
  why: z.enum(['asked', 'parent', 'child']),
  /** `same`: nothing is to be done. */
  does: z.enum(['insert', 'overwrite', 'same']),
  /** What would be written, by column; `from` of a row that is there, and differs. */
  cells: z.array(
    z.object({
      column: z.string(),
      title: z.string().optional(),
      from: LookCell.optional(),
      to: LookCell.optional(),
    }),
  ),
  /** Its values are not shown any more: those before it were a lot. */
  cut: z.literal(true).optional(),
});

export const TakeBackPreview = z.object({
  collection: z.string(),
  rows: TakeBackRow.array(),
  counts: z.object({ insert: Count, overwrite: Count, same: Count }),
  /** With any of these nothing can be taken back. */
  refusals: Failure.array(),
  /** What would point at a row that is not there, by relations that only the app knows of. */
  loose: z.array(
    z.object({
      collection: z.string(),
      key: z.string(),
      columns: z.array(z.string()),
      to: z.string(),
      inBackup: z.boolean(),
      /** It only says who has written the row. */
      author: z.boolean(),
    }),
  ),
  /** Rows of the backup that point at these. */
  children: z.array(
    z.object({
      collection: z.string(),
      /** They are not there now; `come`: they come along. */
      missing: Count,
      /** They are there and point elsewhere now. */
      apart: Count,
      /** So many and maybe more: not all were looked at. */
      more: z.literal(true).optional(),
      come: z.boolean(),
      /** Why they cannot come. */
      cannot: z.enum(['no table', 'no key']).optional(),
    }),
  ),
  /** Collections too large to be read only to count what points at these rows. */
  uncounted: z.array(z.string()),
  /** Columns of the backup that the tables of now do not take. */
  left: z.array(z.object({ collection: z.string(), columns: z.array(z.string()) })),
  /** The uploaded files that rows are about; `comes`: it is not there, and is in the backup. */
  files: z.array(
    z.object({
      collection: z.string(),
      key: z.string(),
      storage: z.string().optional(),
      path: z.string(),
      state: z.enum(['comes', 'there', 'unsure', 'other', 'absent', 'elsewhere']),
      bytes: Count.optional(),
    }),
  ),
  /** Code of the database that runs when anybody writes into these tables. The app's own does not. */
  triggers: z.array(z.object({ kind: z.string(), collection: z.string(), name: z.string() })),
  /** Tables that the app reads only when it starts. */
  restart: z.array(z.string()),
  warnings: z.array(Warning),
  maker: Maker,
  /** This instance did not provably make the backup: whoever confirms it writes a name. */
  asksForName: z.boolean(),
  /** Stands for exactly this, for taking back what was shown and nothing else. */
  expected: z.string(),
});

/** Rows that were written and can be put back as they were. */
export const TakeBackItem = z.object({
  /** The job that wrote them. */
  job: z.string(),
  /** False: what was kept was sealed elsewhere, or changed. */
  readable: z.boolean(),
  action: z.enum(['takeBack', 'undo']).optional(),
  at: Time.optional(),
  /** The backup, or the job that was undone. */
  source: z.string().optional(),
  expiresAt: Time,
  collections: z.array(z.object({ name: z.string(), rows: Count })),
});

export const TakeBackUndoPreview = z.object({
  rows: z.array(
    TakeBackRow.pick({ collection: true, key: true, cells: true, cut: true }).extend({
      does: z.enum(['insert', 'overwrite', 'delete', 'same']),
      /** Somebody has changed it since. */
      changed: z.boolean(),
    }),
  ),
  /** Tables that rows cannot be put back into. */
  gone: z.array(z.string()),
  /** Rows that came since and point at one that would go. */
  pointing: z.array(z.object({ collection: z.string(), at: z.string() })),
  expected: z.string(),
});

export const SystemInfo = z.object({
  version: z.string(),
  node: z.string(),
  instance: z.string(),
  /** What it is marked with, where somebody has set that. */
  color: z.enum(COLORS).optional(),
  /** Where the app's data is, without a password; undefined fields: the database cannot be reached. */
  database: z.object({
    label: z.string(),
    dialect: z.string(),
    version: z.string().optional(),
    demo: z.boolean(),
    error: Failure.optional(),
  }),
  app: z.object({ name: z.string(), version: z.string().optional() }).optional(),
  dataFolder: z.string(),
  /** Of the backups in it; absent where they cannot be listed. */
  used: Count.optional(),
  free: Count,
  uploadLimit: Count,
  storages: z.array(z.object({ name: z.string(), kind: z.string() })),
  /** What whoever asks may do. */
  may: z.array(z.enum(PERMISSIONS)),
  /** The app seals values with an AES key in a file, which only encrypted backups with uploaded files hold. */
  aesKey: z.boolean(),
  /** Nobody has said where the app keeps its uploaded files: no backup can hold them. */
  filesUnknown: z.boolean(),
  /** The app has a cache of its own that `clearCache` can empty. */
  appCache: z.boolean(),
  /** Whether it is backed up before an upgrade or a change of plugins; absent where Ark does not hear of them. */
  beforeChanges: z.object({ mode: BeforeChanges, fixed: z.boolean() }).optional(),
});

/** An upload in pieces that is not all here. */
export const UploadItem = z.object({
  id: z.string(),
  /** What the backup will be called, and what the file is called where it comes from. */
  name: z.string(),
  file: z.string(),
  storage: z.string(),
  size: Count,
  /** So many bytes are here. */
  offset: Count,
  /** Bytes of the largest piece. */
  piece: Count,
  beganAt: Time,
  /** When it is thrown away, unless more comes. */
  until: Time,
});

const CLEARED = ['cache', 'unfinished', 'upload', 'staging', 'undo', 'app'] as const;
export const Cleared = z.object({
  items: z.array(z.object({ kind: z.enum(CLEARED), name: z.string(), bytes: Count })),
  /** Why the database was left alone. */
  skipped: z.string().optional(),
  /** 0 in a dry run. */
  freed: Count,
});

/** The fields of all kinds of storages; each has its own of them. */
const StorageSettings: z.ZodType<Settings> = z.object({
  provider: z.string().optional(),
  ...Object.fromEntries(
    KIND_NAMES.flatMap((kind) => fieldsOf(KINDS[kind].settings)).map(({ name, choices, least }) => [
      name,
      (choices ? z.enum(choices) : least === undefined ? z.string() : z.number()).optional(),
    ]),
  ),
});

export const StorageItem = z.object({
  name: z.string(),
  kind: z.enum(KIND_NAMES),
  default: z.boolean(),
  /** Only those of `settings` can be changed and removed here. */
  from: z.enum(['built-in', 'environment', 'settings']),
  /** Where it is, without secrets: a folder, or an address. */
  place: z.string(),
  /** As entered; secrets are masked. */
  settings: StorageSettings,
  /** Why it cannot be used as it is. */
  error: Failure.optional(),
});

export const StorageTest = z.object({
  /** Everything that a backup and a restore need works with these settings. */
  ok: z.boolean(),
  checks: z.array(
    z.object({
      what: z.string(),
      state: z.enum(['ok', 'failed', 'danger', 'note']),
      message: z.string(),
      code: z.string().optional(),
      details: KeptDetails,
    }),
  ),
  /** Settings that work, or work better, to be saved as they are: only the fields that change. */
  proposal: StorageSettings.optional(),
  /** What the server has shown. Nothing is sent to it until somebody has agreed, and it is saved. */
  trust: StorageSettings.optional(),
});

export const StorageKind = z.object({
  name: z.enum(KIND_NAMES),
  fields: z.array(
    z.object({
      name: z.string(),
      needed: z.boolean(),
      neededWithout: z.string().optional(),
      secret: z.boolean().optional(),
      signIn: z.boolean().optional(),
      advanced: z.boolean().optional(),
      wide: z.boolean().optional(),
      address: z.boolean().optional(),
      absolute: z.boolean().optional(),
      lines: z.boolean().optional(),
      choices: z.array(z.string()).optional(),
      least: z.number().optional(),
      most: z.number().optional(),
      example: z.string().optional(),
    }),
  ),
  /** Services; the one of no name is `custom`. */
  providers: z.array(
    z.object({
      id: z.string(),
      title: z.string(),
      presets: z.record(z.string(), z.union([z.string(), z.number()])),
      appPassword: z.boolean().optional(),
      folderNeeded: z.boolean().optional(),
    }),
  ),
});

export const Nothing = z.object({});

export const ScheduledRun = Run.omit({ id: true, host: true, pid: true, beatAt: true });

export const ScheduleItem = z.object({
  name: z.string(),
  on: z.boolean(),
  timing: Timing,
  timeZone: z.string(),
  groups: z.array(GroupName).optional(),
  collections: z.array(z.string()).optional(),
  all: z.boolean().optional(),
  exclude: z.array(z.string()).optional(),
  noRows: z.array(z.string()).optional(),
  storages: z.array(z.string()),
  passphrase: z.string().optional(),
  recipients: z.array(z.string()).optional(),
  files: z.boolean().optional(),
  retention: Retention.optional(),
  prove: z.boolean().optional(),
  /** Since when its timing holds. */
  since: Time,
  /** The next three; none while it is off. */
  next: z.array(Time),
  running: ScheduledRun.optional(),
  last: ScheduledRun.optional(),
  lastGood: z.object({ at: Time, name: z.string(), storages: z.array(z.string()) }).optional(),
  /** Due since then, and waiting for another job. */
  waitingSince: Time.optional(),
  /** What will make the next run fail, such as a storage that is gone. */
  problems: z.array(Failure),
});

export const NextRuns = z.object({ next: z.array(Time) });

export const Pruned = z.object({
  storage: z.string(),
  decisions: z.array(
    z.object({
      name: z.string(),
      createdAt: Time,
      size: Count,
      keep: z.boolean(),
      reasons: z.array(
        z.object({
          why: z.string(),
          n: Count.optional(),
          of: Count.optional(),
          name: z.string().optional(),
          text: z.string(),
        }),
      ),
    }),
  ),
  removed: z.array(z.string()),
});

const CHANNELS = ['webhook', 'email', 'heartbeat'] as const;

export const AlarmSettings = z.object({
  // A mask stands where there is an address.
  channels: Channels.extend({
    webhook: z
      .object({
        url: z.string(),
        form: z.enum(FORM_CHOICES).optional(),
        secret: z.string().optional(),
      })
      .optional(),
    heartbeat: z.object({ url: z.string() }).optional(),
  }),
  /** Whose form of a message the webhook gets: the chosen one, or what its address says. */
  form: z.enum(['json', ...FORM_NAMES]).optional(),
  /** The app can send e-mail itself, without `smtp`. */
  app: z.boolean(),
  /** What was sent, newest first; with `error`, what could not be. */
  sent: z.array(
    z.object({
      at: Time,
      event: z.enum(['failed', 'missed', 'stale', 'well', 'unwell', 'test', 'heartbeat']),
      channel: z.enum(CHANNELS),
      schedule: z.string().optional(),
      error: z.string().optional(),
      details: KeptDetails,
    }),
  ),
});

export const Deliveries = z.object({
  deliveries: z.array(
    z.object({ channel: z.enum(CHANNELS), error: z.string().optional(), details: KeptDetails }),
  ),
});

export const KeyElsewhere = z.object({ since: Time, by: z.string().optional() });

export const KeySaid = z.object({ keyElsewhere: KeyElsewhere.optional() });

export const NotBackedUp = z.object({ groups: z.array(GroupName), files: z.boolean(), aesKey: z.boolean() });

const GoodBackup = z.object({
  name: z.string(),
  createdAt: Time,
  size: Count,
  verifiedAt: Time.optional(),
  rehearsedAt: Time.optional(),
  proof: Proof.optional(),
  unproven: z.array(Unproven).optional(),
  storages: z.array(z.string()),
});

/** What a step lacks. `storage-here`: it is set up, and in a folder or at an address of Ark's own machine. */
const LACKS = [
  'no-storage',
  'storage-here',
  'storage-silent',
  'storage-untested',
  'no-schedule',
  'schedule-off',
  'schedule-local',
  'schedule-keeps-all',
  'schedule-failing',
  'no-alarm',
  'alarm-untested',
  'alarm-failed',
  'no-backup',
  'backup-local',
  'backup-old',
  'backup-unproven',
  'backup-incomplete',
  'app-unknown',
] as const;

export const SafetyStep = z.object({
  step: z.enum(['storage', 'schedule', 'alarm', 'backup']),
  done: z.boolean(),
  /** By what it is done, or what lacks the least; of storages one that is off-site, if there is one. */
  name: z.string().optional(),
  missing: z.array(z.enum(LACKS)),
});

export const Safety = z.object({
  /**
   * An off-site storage that was tested, a schedule that goes there with a rule for old backups, an alert that arrives, and a
   * recent backup there whose restore was tested. With all four the app is safe.
   */
  steps: SafetyStep.array(),
  /** The newest good backup of this instance, wherever it is. */
  lastGood: GoodBackup.optional(),
  /** An older one that is better proven than the last good one: the best, and of these the newest. */
  lastProven: GoodBackup.optional(),
  /**
   * What the app has and no good backup of this instance holds as a whole (logs aside), as far as a month before the
   * newest; absent where there is none, or where the app cannot be asked.
   */
  notBackedUp: NotBackedUp.optional(),
  keyElsewhere: KeyElsewhere.optional(),
  next: z.object({ schedule: z.string(), at: Time }).optional(),
  storages: z.array(
    z.object({ name: z.string(), kind: z.string(), backups: Count, used: Count, error: Failure.optional() }),
  ),
  used: Count,
  schedules: z.object({ total: Count, on: Count }),
  alarms: z.boolean(),
  /** Worst first; `message` is English, `kind` is for the page's own words. */
  banners: z.array(
    z.object({
      level: z.enum(['error', 'warning']),
      kind: z.enum(['failed', 'missed', 'stale', 'problem', 'storage', 'alarm', 'none']),
      schedule: z.string().optional(),
      storage: z.string().optional(),
      code: z.string().optional(),
      at: Time.optional(),
      message: z.string(),
      details: KeptDetails,
    }),
  ),
});

const SECRETS = [
  'storage',
  'passphrase',
  'identity',
  'database',
  'appKey',
  'aesKey',
  'aesKeyInBackup',
] as const;

export const RescueSheet = z.object({
  madeAt: Time,
  instance: z.string(),
  version: z.string(),
  database: z.object({ dialect: z.string(), version: z.string().optional() }),
  app: z.object({ name: z.string(), version: z.string().optional() }).optional(),
  /** `place`: without secrets. */
  storages: z.array(
    z.object({ name: z.string(), kind: z.string(), place: z.string(), offsite: z.boolean() }),
  ),
  /** The one that the commands restore: the newest whose restore was tested, off-site if there is one. */
  backup: z
    .object({
      name: z.string(),
      storage: z.string(),
      createdAt: Time,
      size: Count,
      encrypted: z.boolean(),
      files: z.boolean(),
      rehearsedAt: Time.optional(),
    })
    .optional(),
  /** What somebody has to have; `file`: where the commands read it from, of an AES key where it is now. */
  secrets: z.array(
    z.object({
      what: z.enum(SECRETS),
      storage: z.string().optional(),
      field: z.string().optional(),
      file: z.string().optional(),
    }),
  ),
  /** Of bash, with a blank for each secret. */
  commands: z.array(z.string()),
  /** All of it in English, to be mailed. */
  markdown: z.string(),
});

export const DataFolder = z.object({
  folder: z.string(),
  free: Count,
  parts: z.array(
    z.object({
      kind: z.enum(['backups', 'uploads', 'jobs', 'settings', 'cache', 'database', 'other']),
      path: z.string(),
      files: Count,
      bytes: Count,
      /** Something in it may not be read: it holds at least that much. */
      unread: z.literal(true).optional(),
    }),
  ),
  /** What restores replaced, and staging tables that a dead job left. */
  database: z.array(
    z.object({
      kind: z.enum(['undo', 'staging']),
      name: z.string(),
      bytes: Count,
      expiresAt: Time.optional(),
    }),
  ),
  error: Failure.optional(),
});
