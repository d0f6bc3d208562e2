import { basename } from 'node:path';
import type { Archive } from '../../dumper/archive/archive';
import type { Maker } from '../../dumper/archive/maker';
import { BackupError } from '../../errors/errors';
import { inEnglish } from '../../errors/told';
import type { Host } from '../../host';
import { withEnding } from '../../storage/key';
import { archiveName } from '../archiveName';
import { readMade } from './madeBook';
import { makerOf } from './maker';

interface Shown {
  readonly name: string;
  readonly encrypted: boolean;
  readonly instance?: string | undefined;
  readonly maker: Maker;
}

/**
 * Whoever can write into a storage can put a plain archive in the place of an encrypted one, and it opens without any
 * key being asked for. So one is suspect that is not encrypted, if it lies under a name that this instance has given to
 * encrypted ones only; or if nobody known has made it, and it passes for a backup of an instance that encrypts.
 */
export async function suddenlyPlain(host: Pick<Host, 'settings'>): Promise<(item: Shown) => boolean> {
  const plain = new Set<string>();
  const locked = new Set<string>();
  const encrypting = new Set<string>();
  // What is older does not say so; only encrypted ones were noted then.
  for (const { name, instance, encrypted = true } of await readMade(host)) {
    (encrypted ? locked : plain).add(name);
    if (encrypted) encrypting.add(instance);
  }
  const passesFor = (name: string, claimed: string | undefined): boolean =>
    [...encrypting].some((instance) => instance === claimed || isNamedFor(instance, name));
  return ({ name, encrypted, instance, maker }) => {
    if (encrypted) return false;
    if (locked.has(name) && !plain.has(name)) return true;
    return (maker.kind === 'stranger' || maker.kind === 'unknown') && passesFor(name, instance);
  };
}

/** As it names what is made by hand, and what its schedules make: their name stands in between. */
function isNamedFor(instance: string, name: string): boolean {
  const [start = ''] = archiveName(instance, new Date(0)).split(STAMP);
  return name.startsWith(start) && STAMP.test(name);
}
const STAMP = /\d{8}-\d{6}\.ark$/;

/** The same of one that is open; `reference` is how it was named: a file's path, or a name in a storage. */
export async function isSuddenlyPlain(
  host: Pick<Host, 'settings'>,
  archive: Archive,
  reference: string,
): Promise<boolean> {
  const name = withEnding(basename(reference));
  const { encrypted, manifest } = archive;
  const suspect = await suddenlyPlain(host);
  return suspect({ name, encrypted, instance: manifest.instance, maker: await makerOf(host, archive) });
}

export const plainText = (name: string): string => inEnglish('warn.suddenly-plain', () => name);

/** Nothing is made of what may have been put in the place of one's own, unless that is allowed. */
export async function refuseSuddenlyPlain(
  host: Pick<Host, 'settings'>,
  archive: Archive,
  name: string,
  allow: boolean | undefined,
): Promise<void> {
  if (allow || !(await isSuddenlyPlain(host, archive, name))) return;
  throw new BackupError(
    'ARCHIVE_NOT_ENCRYPTED',
    `${plainText(name)} Nothing was changed. Allow it explicitly if you know why it is not encrypted.`,
    { way: 'allowPlain' },
  );
}
