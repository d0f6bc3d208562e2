import { z } from 'zod';
import { Holds } from '../dumper/holds';
import { CodeItem, LeftOut } from '../dumper/code';
import { Blemish } from '../dumper/blemish';
import { Definition } from '../dumper/definitions';
import { Missing } from '../dumper/missing';
import { GroupName } from '../dumper/groups';
import { Proof, Unproven } from '../dumper/proof';
import { RelationKind } from '../dumper/structure';
import { StructureChange } from '../dumper/structureChanges';
import { Job } from '../jobs/jobs';
import { Channels } from '../jobs/notify';
import { Retention } from '../jobs/retention';
import { Run } from '../jobs/runs';
import { Timing } from '../jobs/schedule';
import { fieldsOf } from '../storage/fields';
import { KIND_NAMES, KINDS } from '../storage/kinds';
import type * as api from './api';
import { PERMISSIONS } from './permissions';

/** The answers of api.ts as schemas, for the description of the API; the compiler compares the two. */

const Count = z.number().int().nonnegative();
const Time = z.iso.datetime();
const Failure = z.object({ code: z.string(), message: z.string() });

export const FolderSum = z.object({ storage: z.string(), files: Count, bytes: Count });

const Fingerprint = z.string();

export const Maker = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('own'), fingerprint: Fingerprint.optional() }),
  z.object({ kind: z.literal('trusted'), fingerprint: Fingerprint, name: z.string() }),
  z.object({ kind: z.literal('stranger'), fingerprint: Fingerprint }),
  z.object({ kind: z.literal('unknown') }),
]) satisfies z.ZodType<api.Maker>;

export const TrustedInstance = z.object({
  fingerprint: Fingerprint,
  name: z.string(),
  addedAt: Time,
  addedBy: z.string().optional(),
}) satisfies z.ZodType<api.TrustList['trusted'][number]>;

export const TrustList = z.object({
  own: Fingerprint.optional(),
  former: z.array(Fingerprint),
  trusted: z.array(TrustedInstance),
}) satisfies z.ZodType<api.TrustList>;

export const Strays = z.array(
  z.object({ name: z.string(), storage: z.string(), createdAt: Time }) satisfies z.ZodType<api.Stray>,
);
export const Renewed = z.object({ own: Fingerprint });

export const BackupItem = z.object({
  name: z.string(),
  storage: z.string(),
  size: Count,
  createdAt: Time,
  createdBy: z.string().optional(),
  instance: z.string().optional(),
  encrypted: z.boolean(),
  files: z.array(FolderSum).optional(),
  groups: z.array(z.object({ group: GroupName, collections: Count, rows: Count })),
  holds: Holds.optional(),
  state: z.enum(['ok', 'locked', 'damaged']),
  error: Failure.optional(),
  verifiedAt: Time.optional(),
  format: z.enum(['ark', 'nbdump']).optional(),
  rehearsedAt: Time.optional(),
  proof: Proof.optional(),
  unproven: z.array(Unproven).optional(),
  maker: Maker,
  mine: z.boolean(),
  suddenlyPlain: z.boolean().optional(),
  id: z.string().optional(),
  origin: z.object({ instance: z.string().optional(), schedule: z.string().optional() }).optional(),
}) satisfies z.ZodType<api.BackupItem>;

export const Ticket = z.object({
  name: z.string(),
  storage: z.string(),
  ticket: z.string(),
}) satisfies z.ZodType<api.Ticket>;

export const BackupDetail = BackupItem.extend({
  rows: Count,
  collections: z.array(
    z.object({
      name: z.string(),
      kind: RelationKind,
      group: GroupName,
      title: z.string().optional(),
      origin: z.string().optional(),
      rows: Count,
    }),
  ),
  notIncluded: z.array(z.object({ what: z.string(), name: z.string(), reason: z.string() })),
  blemishes: Blemish.array(),
  code: CodeItem.array(),
  database: z.object({ dialect: z.string(), version: z.string(), schema: z.string() }),
  app: z.object({ name: z.string(), version: z.string().optional(), plugins: Count }).optional(),
}) satisfies z.ZodType<api.BackupDetail>;

export const LiveCollection = z.object({
  name: z.string(),
  kind: RelationKind,
  group: GroupName,
  title: z.string().optional(),
  origin: z.string().optional(),
  rows: Count.optional(),
  bytes: Count,
}) satisfies z.ZodType<api.LiveCollection>;

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
      createdSince: Count.optional(),
      changedSince: Count.optional(),
      undated: Count.optional(),
      lostAtLeast: Count.optional(),
      bookkeeping: z.boolean().optional(),
      structure: z.array(StructureChange),
    }),
  ),
  warnings: z.array(
    z.object({
      kind: z.enum([
        'breaks',
        'kept',
        'taken-along',
        'goes',
        'plugin',
        'version',
        'key',
        'old-format',
        'left-out',
        'account',
        'plain',
        'group',
      ]),
      message: z.string(),
    }),
  ),
  undoBytes: Count,
  code: CodeItem.array(),
  missing: Missing.array(),
  blemishes: Blemish.array(),
  forgotten: Definition.array(),
  definitions: z.enum(['could stay', 'replaced', 'kept']),
  leftOut: LeftOut.array(),
  asksForCode: z.boolean(),
  maker: Maker,
  asksForName: z.boolean(),
  files: z.array(
    FolderSum.extend({
      filesNow: Count,
      lost: Count,
      folder: z.string().optional(),
      refused: z.string().optional(),
    }),
  ),
}) satisfies z.ZodType<api.Preview>;

export const JobItem = Job.extend({
  progress: z
    .object({
      stage: z.enum(['snapshot', 'read', 'read back', 'verify', 'stage', 'load', 'finish', 'swap', 'undo']),
      done: z.number(),
      total: z.number(),
      rows: Count,
      bytes: Count,
      percent: z.number().int().min(0).max(100),
      eta: Count.optional(),
    })
    .optional(),
}) satisfies z.ZodType<api.JobItem>;

export const Started = z.object({ job: JobItem }) satisfies z.ZodType<api.Started>;

export const UndoItem = z.object({
  job: z.string(),
  action: z.enum(['restore', 'undo']),
  at: Time,
  expiresAt: Time,
  source: z.string(),
  collections: z.array(z.object({ name: z.string(), rows: Count })),
  aside: z.array(z.string()).optional(),
  bytes: Count,
}) satisfies z.ZodType<api.UndoItem>;

export const UndoPreview = Preview.omit({
  files: true,
  maker: true,
  asksForCode: true,
  definitions: true,
}).extend({
  later: z.array(UndoItem),
}) satisfies z.ZodType<api.UndoPreview>;

export const SystemInfo = z.object({
  version: z.string(),
  node: z.string(),
  instance: z.string(),
  database: z.object({
    label: z.string(),
    dialect: z.string(),
    version: z.string().optional(),
    demo: z.boolean(),
    error: Failure.optional(),
  }),
  app: z.object({ name: z.string(), version: z.string().optional() }).optional(),
  dataFolder: z.string(),
  used: Count,
  free: Count,
  uploadLimit: Count,
  storages: z.array(z.object({ name: z.string(), kind: z.string() })),
  may: z.array(z.enum(PERMISSIONS)),
  aesKey: z.boolean(),
  appCache: z.boolean(),
}) satisfies z.ZodType<api.SystemInfo>;

const CLEARED = ['cache', 'unfinished', 'staging', 'undo', 'app'] as const;
export const Cleared = z.object({
  items: z.array(z.object({ kind: z.enum(CLEARED), name: z.string(), bytes: Count })),
  skipped: z.string().optional(),
  freed: Count,
}) satisfies z.ZodType<api.Cleared>;

/** The fields of all kinds of storages; each has its own of them. */
const StorageSettings: z.ZodType<api.StorageSettings> = z.object({
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
  from: z.enum(['built-in', 'environment', 'settings']),
  place: z.string(),
  settings: StorageSettings,
  error: Failure.optional(),
}) satisfies z.ZodType<api.StorageItem>;

export const StorageTest = z.object({
  ok: z.boolean(),
  checks: z.array(
    z.object({
      what: z.string(),
      state: z.enum(['ok', 'failed', 'danger', 'note']),
      message: z.string(),
      code: z.string().optional(),
    }),
  ),
  proposal: StorageSettings.optional(),
  trust: StorageSettings.optional(),
}) satisfies z.ZodType<api.StorageTest>;

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
  providers: z.array(
    z.object({
      id: z.string(),
      title: z.string(),
      presets: z.record(z.string(), z.union([z.string(), z.number()])),
      appPassword: z.boolean().optional(),
    }),
  ),
}) satisfies z.ZodType<api.StorageKind>;

export const Nothing = z.object({});

const ScheduledRun = Run.omit({ id: true, host: true, pid: true, beatAt: true });

export const ScheduleItem = z.object({
  name: z.string(),
  on: z.boolean(),
  timing: Timing,
  timeZone: z.string(),
  groups: z.array(GroupName).optional(),
  collections: z.array(z.string()).optional(),
  all: z.boolean().optional(),
  storages: z.array(z.string()),
  passphrase: z.string().optional(),
  recipients: z.array(z.string()).optional(),
  files: z.boolean().optional(),
  retention: Retention.optional(),
  prove: z.boolean().optional(),
  since: Time,
  next: z.array(Time),
  running: ScheduledRun.optional(),
  last: ScheduledRun.optional(),
  lastGood: z.object({ at: Time, name: z.string(), storages: z.array(z.string()) }).optional(),
  waitingSince: Time.optional(),
  problems: z.array(Failure),
}) satisfies z.ZodType<api.ScheduleItem>;

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
}) satisfies z.ZodType<api.Pruned>;

const CHANNELS = ['webhook', 'email', 'heartbeat'] as const;

export const AlarmSettings = z.object({
  // A mask stands where there is an address.
  channels: Channels.extend({
    webhook: z.object({ url: z.string() }).optional(),
    heartbeat: z.object({ url: z.string() }).optional(),
  }),
  app: z.boolean(),
  sent: z.array(
    z.object({
      at: Time,
      event: z.enum(['failed', 'missed', 'stale', 'test', 'heartbeat']),
      channel: z.enum(CHANNELS),
      schedule: z.string().optional(),
      error: z.string().optional(),
    }),
  ),
}) satisfies z.ZodType<api.AlarmSettings>;

export const Deliveries = z.object({
  deliveries: z.array(z.object({ channel: z.enum(CHANNELS), error: z.string().optional() })),
});

export const KeyElsewhere = z.object({
  since: Time,
  by: z.string().optional(),
}) satisfies z.ZodType<api.KeyElsewhere>;

export const KeySaid = z.object({ keyElsewhere: KeyElsewhere.optional() });

export const Safety = z.object({
  lastGood: z
    .object({
      name: z.string(),
      createdAt: Time,
      size: Count,
      verifiedAt: Time.optional(),
      rehearsedAt: Time.optional(),
      proof: Proof.optional(),
      unproven: z.array(Unproven).optional(),
      storages: z.array(z.string()),
    })
    .optional(),
  notBackedUp: z.object({ groups: z.array(GroupName), files: z.boolean(), aesKey: z.boolean() }).optional(),
  keyElsewhere: KeyElsewhere.optional(),
  next: z.object({ schedule: z.string(), at: Time }).optional(),
  storages: z.array(
    z.object({ name: z.string(), kind: z.string(), backups: Count, used: Count, error: Failure.optional() }),
  ),
  used: Count,
  schedules: z.object({ total: Count, on: Count }),
  alarms: z.boolean(),
  banners: z.array(
    z.object({
      level: z.enum(['error', 'warning']),
      kind: z.enum(['failed', 'missed', 'stale', 'problem', 'storage', 'alarm', 'none']),
      schedule: z.string().optional(),
      storage: z.string().optional(),
      code: z.string().optional(),
      at: Time.optional(),
      message: z.string(),
    }),
  ),
}) satisfies z.ZodType<api.Safety>;

export const DataFolder = z.object({
  folder: z.string(),
  free: Count,
  parts: z.array(
    z.object({
      kind: z.enum(['backups', 'uploads', 'jobs', 'settings', 'cache', 'database', 'other']),
      path: z.string(),
      files: Count,
      bytes: Count,
    }),
  ),
  database: z.array(
    z.object({
      kind: z.enum(['undo', 'staging']),
      name: z.string(),
      bytes: Count,
      expiresAt: Time.optional(),
    }),
  ),
  error: Failure.optional(),
}) satisfies z.ZodType<api.DataFolder>;
