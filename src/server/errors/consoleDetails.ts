import * as z from 'zod';
import type { Detail } from './told';

const name = z.string();
const count = z.number();

/** What is known of a failure besides its code: of the console and of what nobody foresaw. */
export const CONSOLE_DETAILS = {
  unforeseen: { error: 'INTERNAL', fields: { said: name } },
  'body-too-large': { error: 'BODY_TOO_LARGE', fields: { most: count } },
  'token-missing': { error: 'UNAUTHORIZED', fields: {} },
  'token-wrong': { error: 'UNAUTHORIZED', fields: {} },
  'token-tries': { error: 'UNAUTHORIZED', fields: {} },
  'host-not-allowed': { error: 'REQUEST_FORBIDDEN', fields: { host: name } },
  'not-own-page': { error: 'REQUEST_FORBIDDEN', fields: {} },
  'role-lacks': { error: 'REQUEST_FORBIDDEN', fields: { action: name } },
  'ticket-used': { error: 'REQUEST_FORBIDDEN', fields: {} },
  'port-taken': { error: 'PORT_TAKEN', fields: { port: name, address: name } },
  'port-denied': { error: 'PORT_TAKEN', fields: { port: name } },
  'port-fails': { error: 'PORT_TAKEN', fields: { port: name, address: name, why: name } },
} as const satisfies Readonly<Record<string, Detail>>;
