import { z } from 'zod';
import { GroupName } from '../dumper/groups';
import { RelationKind } from '../dumper/structure';
import { Job } from '../jobs/jobs';
import type * as api from './api';

/** The answers of api.ts as schemas, for the description of the API; the compiler compares the two. */

const Count = z.number().int().nonnegative();
const Time = z.iso.datetime();
const Failure = z.object({ code: z.string(), message: z.string() });

export const FolderSum = z.object({ storage: z.string(), files: Count, bytes: Count });

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
  state: z.enum(['ok', 'locked', 'damaged']),
  error: Failure.optional(),
  verifiedAt: Time.optional(),
}) satisfies z.ZodType<api.BackupItem>;
export type BackupItem = z.infer<typeof BackupItem>;

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
      structure: z.array(z.string()),
    }),
  ),
  warnings: z.array(
    z.object({
      kind: z.enum(['breaks', 'kept', 'taken-along', 'goes', 'role', 'plugin', 'version', 'key']),
      message: z.string(),
    }),
  ),
  undoBytes: Count,
  files: z.array(FolderSum.extend({ filesNow: Count, lost: Count })),
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
  bytes: Count,
}) satisfies z.ZodType<api.UndoItem>;

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
}) satisfies z.ZodType<api.SystemInfo>;

export const Cleared = z.object({ freed: Count }) satisfies z.ZodType<api.Cleared>;

const StorageSettings = z.object({
  folder: z.string().optional(),
  provider: z.string().optional(),
  endpoint: z.string().optional(),
  region: z.string().optional(),
  bucket: z.string().optional(),
  accessKeyId: z.string().optional(),
  secretAccessKey: z.string().optional(),
  addressing: z.enum(['auto', 'path', 'virtual', 'domain']).optional(),
  partMb: z.number().optional(),
  url: z.string().optional(),
  user: z.string().optional(),
  password: z.string().optional(),
  auth: z.enum(['auto', 'basic', 'digest', 'none']).optional(),
  gapMs: z.number().optional(),
  path: z.string().optional(),
  volumeMb: z.number().optional(),
}) satisfies z.ZodType<api.StorageSettings>;

export const StorageItem = z.object({
  name: z.string(),
  kind: z.enum(['local', 's3', 'webdav']),
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
}) satisfies z.ZodType<api.StorageTest>;

export const StorageProviders = z.object({
  s3: z.array(
    z.object({
      id: z.string(),
      title: z.string(),
      endpoint: z.string(),
      region: z.string(),
      addressing: z.string(),
    }),
  ),
  webdav: z.array(
    z.object({
      id: z.string(),
      title: z.string(),
      url: z.string(),
      auth: z.string(),
      volumeMb: z.number(),
      gapMs: z.number().optional(),
      appPassword: z.boolean(),
    }),
  ),
}) satisfies z.ZodType<api.StorageProviders>;

export const Nothing = z.object({});
