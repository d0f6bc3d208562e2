import * as z from 'zod';
import { Holder } from './holders';
import { OtherFailure, OtherWarning, type Detail } from './told';

const name = z.string();
const count = z.number();
const names = z.array(z.string());

/** What is known of a failure besides its code: of jobs, schedules and what is kept of them. `near`: names like it. */
export const JOB_DETAILS = {
  'job-of-database': { error: 'JOB_BUSY', fields: { database: name, who: Holder } },
  'job-unseen': { error: 'JOB_BUSY', fields: { database: name } },
  'job-lock-held': { error: 'JOB_BUSY', fields: { database: name, who: Holder } },
  'job-here': { error: 'JOB_BUSY', fields: { kind: name, subject: name } },
  'job-of-schedule': { error: 'JOB_BUSY', fields: { schedule: name } },
  'job-changes': { error: 'JOB_BUSY', fields: { what: name } },
  'job-uses': { error: 'JOB_BUSY', fields: { key: name, kind: name } },
  'backup-pinned': { error: 'BACKUP_PINNED', fields: { backup: name } },
  'pins-full': { error: 'BACKUP_PINNED', fields: { most: count } },
  'job-elsewhere': { error: 'JOB_BUSY', fields: { job: name, process: name, host: name } },
  'job-none': { error: 'JOB_UNKNOWN', fields: { job: name } },
  'schedule-taken': { error: 'SCHEDULE_EXISTS', fields: { schedule: name } },
  'schedule-no-schedules': { error: 'SCHEDULE_UNKNOWN', fields: { schedule: name } },
  'schedule-none': { error: 'SCHEDULE_UNKNOWN', fields: { schedule: name, schedules: names } },
  'schedule-none-near': {
    error: 'SCHEDULE_UNKNOWN',
    fields: { schedule: name, near: names, schedules: names },
  },
  'storage-none': { error: 'STORAGE_UNKNOWN', fields: { storage: name, storages: names } },
  'storage-none-near': { error: 'STORAGE_UNKNOWN', fields: { storage: name, near: names, storages: names } },
  'undo-none': { error: 'UNDO_UNKNOWN', fields: {} },
  'undo-gone': { error: 'UNDO_UNKNOWN', fields: { job: name } },
  'prepared-gone': { error: 'PREPARED_UNKNOWN', fields: { job: name } },
  'prepared-none': { error: 'PREPARED_UNKNOWN', fields: {} },
  'prepared-void': { error: 'PREPARED_VOID', fields: { job: name } },
  'prepared-other': { error: 'PREPARED_VOID', fields: { job: name, backup: name } },
  'trust-nobody': { error: 'TRUST_UNKNOWN', fields: { fingerprint: name } },
  'trust-none': { error: 'TRUST_UNKNOWN', fields: { fingerprint: name, trusted: names } },
  'folder-used': { error: 'FOLDER_IN_USE', fields: { folder: name, process: name } },
  'job-running': { error: 'JOB_BUSY', fields: {} },
  'rehearsal-failed': { fields: { why: OtherFailure } },
  'rehearsal-breaks': { error: 'DEPENDENT_WOULD_BREAK', fields: { warnings: z.array(OtherWarning) } },
  'run-failed': { fields: { failures: z.array(OtherFailure) } },
  'run-partly': { fields: { failures: z.array(OtherFailure), storages: names } },
  'prune-failed': {
    error: 'PRUNE_FAILED',
    fields: { backup: name, storage: name, why: OtherFailure, removed: count },
  },
} as const satisfies Readonly<Record<string, Detail>>;
