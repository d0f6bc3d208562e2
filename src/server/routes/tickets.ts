import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import type { Ark } from '../actions/ark';
import { MINUTE } from '../durations';

/**
 * A link carries no headers, and what stands in it lands in logs. So a download by a link takes a ticket instead of
 * what signs people in: for one backup of one app, for minutes, and for the whole file only once. It is sealed with
 * the app's key: any node knows it, and nobody can make one.
 */
const LIFE_MS = 5 * MINUTE;

const Claims = z.strictObject({
  id: z.string(),
  /** The folder tells apps of one key apart. */
  app: z.string(),
  name: z.string(),
  storage: z.string(),
  user: z.string().optional(),
  until: z.number(),
});

export interface Ticketed {
  readonly name: string;
  readonly storage: string;
}

type Issuer = Pick<Ark, 'dataFolder'> & { readonly host: Pick<Ark['host'], 'seal' | 'user'> };

export function giveTicket({ host, dataFolder }: Issuer, { name, storage }: Ticketed, now: Date): string {
  const claims: z.input<typeof Claims> = {
    id: randomUUID(),
    app: dataFolder,
    name,
    storage,
    user: host.user,
    until: now.getTime() + LIFE_MS,
  };
  return host.seal.close(JSON.stringify(claims));
}

/** What was begun with each ticket that still lives. */
const begun = new Map<string, number>();

/** From the first byte on a ticket is good for once; a look at the headers and the rest of a broken download count not. */
export type Part = 'headers' | 'whole' | 'rest';

export function takeTicket(
  { host, dataFolder }: Issuer,
  ticket: string,
  { name, storage }: Ticketed,
  part: Part,
  now: Date,
): boolean {
  for (const [id, until] of begun) if (until < now.getTime()) begun.delete(id);
  const claims = read(host.seal, ticket);
  if (claims?.app !== dataFolder || claims.name !== name || claims.storage !== storage) return false;
  if (claims.until < now.getTime()) return false;
  const isBegun = begun.has(claims.id);
  if (part === 'whole' && !isBegun) begun.set(claims.id, claims.until);
  return part === 'headers' || (part === 'rest') === isBegun;
}

function read(seal: Ark['host']['seal'], ticket: string): z.output<typeof Claims> | undefined {
  try {
    return Claims.safeParse(JSON.parse(seal.open(ticket))).data;
  } catch {
    return undefined;
  }
}
