import * as z from 'zod';
import type { Detail } from './told';

const name = z.string();
const names = z.array(z.string());

/** What is known of a failure besides its code: of jobs, schedules and what is kept of them. `near`: names like it. */
export const JOB_DETAILS = {
  // `who`: process, program, role and time, as far as the server shows them.
  'job-of-database': {
    error: 'JOB_BUSY',
    fields: { database: name, who: name },
    text: 'Another job is running on {{database}} ({{who}}). Wait until it has ended.',
  },
  'job-unseen': {
    error: 'JOB_BUSY',
    fields: { database: name },
    text: 'Another job is running on {{database}}. Wait until it has ended.',
  },
  'job-lock-held': {
    error: 'JOB_BUSY',
    fields: { database: name, who: name },
    text: "Somebody holds the lock of Ark's jobs on {{database}} ({{who}}). Wait until it has ended.",
  },
  'job-here': {
    error: 'JOB_BUSY',
    fields: { kind: name, subject: name },
    text: 'Another job is running ({{kind}} {{subject}}). Wait until it has ended.',
  },
  'job-of-schedule': {
    error: 'JOB_BUSY',
    fields: { schedule: name },
    text: 'The schedule {{schedule}} is running already.',
  },
  'job-changes': {
    error: 'JOB_BUSY',
    fields: { what: name },
    text: 'Another process has been changing {{what}} for too long. Try again.',
  },
  'job-uses': {
    error: 'JOB_BUSY',
    fields: { key: name, kind: name },
    text: '{{key}} is in use ({{kind}}). Wait until that has ended.',
  },
  'job-elsewhere': {
    error: 'JOB_BUSY',
    fields: { job: name, process: name, host: name },
    text: '{{job}} runs in another process ({{process}} on {{host}}). Stop it there with Ctrl-C.',
  },
  'job-none': {
    error: 'JOB_UNKNOWN',
    fields: { job: name },
    text: 'There is no job {{job}}; the oldest records are removed.',
  },
  'schedule-taken': {
    error: 'SCHEDULE_EXISTS',
    fields: { schedule: name },
    text: 'There is a schedule {{schedule}} already. Change it, or choose another name.',
  },
  'schedule-no-schedules': {
    error: 'SCHEDULE_UNKNOWN',
    fields: { schedule: name },
    text: 'There is no schedule {{schedule}}. There is none yet.',
  },
  'schedule-none': {
    error: 'SCHEDULE_UNKNOWN',
    fields: { schedule: name, schedules: names },
    text: 'There is no schedule {{schedule}}. There is: {{schedules}}.',
  },
  'schedule-near': {
    error: 'SCHEDULE_UNKNOWN',
    fields: { schedule: name, near: names, schedules: names },
    text: 'There is no schedule {{schedule}}. Did you mean {{near}}? There is: {{schedules}}.',
  },
  'storage-none': {
    error: 'STORAGE_UNKNOWN',
    fields: { storage: name, storages: names },
    text: 'There is no storage {{storage}}. There is: {{storages}}.',
  },
  'storage-near': {
    error: 'STORAGE_UNKNOWN',
    fields: { storage: name, near: names, storages: names },
    text: 'There is no storage {{storage}}. Did you mean {{near}}? There is: {{storages}}.',
  },
  'undo-none': {
    error: 'UNDO_UNKNOWN',
    fields: {},
    text: 'There is nothing to undo: no restore was made, or its undo has expired.',
  },
  'undo-gone': {
    error: 'UNDO_UNKNOWN',
    fields: { job: name },
    text: 'There is nothing to undo for {{job}}. It may have expired or been undone already.',
  },
  'trust-nobody': {
    error: 'TRUST_UNKNOWN',
    fields: { fingerprint: name },
    text: 'No trusted instance has the fingerprint {{fingerprint}}. None is trusted.',
  },
  'trust-none': {
    error: 'TRUST_UNKNOWN',
    fields: { fingerprint: name, trusted: names },
    text: 'No trusted instance has the fingerprint {{fingerprint}}. There is: {{trusted}}.',
  },
  'folder-used': {
    error: 'FOLDER_IN_USE',
    fields: { folder: name, process: name },
    text: '{{folder}} is used by another Ark (process {{process}}). Stop that one first, or give this one a folder of its own with ARK_DATA.',
  },
} as const satisfies Readonly<Record<string, Detail>>;
