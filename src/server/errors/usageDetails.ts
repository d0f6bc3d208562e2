import * as z from 'zod';
import type { Detail } from './told';

const name = z.string();
const count = z.number();

/** What is known of a failure besides its code: of what was asked for, where people ask for it. */
export const USAGE_DETAILS = {
  'input-wrong': { error: 'USAGE', fields: { said: name } },
  'passphrase-mask': { error: 'USAGE', fields: {} },
  'passphrase-none': { error: 'USAGE', fields: {} },
  'passphrase-short': { error: 'USAGE', fields: { least: count } },
  'recipient-none': { error: 'USAGE', fields: {} },
  'recipient-wrong': { error: 'USAGE', fields: { recipient: name } },
  'identity-wrong': { error: 'USAGE', fields: {} },
  'schedule-no-rule': { error: 'USAGE', fields: { schedule: name } },
  'cron-never': { error: 'USAGE', fields: { cron: name } },
  'cron-wrong': { error: 'USAGE', fields: { cron: name, why: name } },
  'zone-unknown': { error: 'USAGE', fields: { zone: name } },
  'mail-password-again': { error: 'USAGE', fields: {} },
  'alarm-nobody': { error: 'USAGE', fields: {} },
  'metrics-token': { error: 'USAGE', fields: {} },
  'webhook-secret-again': { error: 'USAGE', fields: {} },
  'alarm-lacks': { error: 'USAGE', fields: { service: name, part: name } },
  'fingerprint-wrong': { error: 'USAGE', fields: { fingerprint: name } },
  'trust-name': { error: 'USAGE', fields: {} },
  'trust-self': { error: 'USAGE', fields: { fingerprint: name } },
  'key-file-none': { error: 'USAGE', fields: {} },
  'code-both': { error: 'USAGE', fields: {} },
  'copy-into-itself': { error: 'USAGE', fields: { from: name, to: name } },
  'definitions-and-named': { error: 'USAGE', fields: {} },
  'definitions-and-required': { error: 'USAGE', fields: {} },
  'into-and-definitions': { error: 'USAGE', fields: {} },
  'required-whole': { error: 'USAGE', fields: { collection: name } },
  'view-no-rows': { error: 'USAGE', fields: { collection: name } },
  'no-rows-not-chosen': { error: 'USAGE', fields: { collection: name } },
} as const satisfies Readonly<Record<string, Detail>>;
