import { z } from 'zod';
import { GroupName } from '../dumper/groups';
import { RelationKind } from '../dumper/structure';
import { Job } from '../jobs/jobs';
import type * as api from './api';

/** The answers of api.ts as schemas, for the description of the API; the compiler compares the two. */

const Count = z.number().int().nonnegative();
const Time = z.iso.datetime();
const Failure = z.object({ code: z.string(), message: z.string() });

export const BackupItem = z.object({
  name: z.string(),
  storage: z.string(),
  size: Count,
  createdAt: Time,
  createdBy: z.string().optional(),
  instance: z.string().optional(),
  encrypted: z.boolean(),
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

export const Nothing = z.object({});
