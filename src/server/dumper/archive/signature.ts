import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto';
import * as z from 'zod';
import { refused, damaged } from '../../errors/errors';
import { namesOf } from './entries';
import { FORMAT, SUMMARIZED } from './format';
import type { Manifest } from './manifest';

/**
 * Who made an archive is proven, not claimed: `ark.json.sig` is a statement of a few lines, signed by the instance that
 * made the archive. It can be read and checked without the archive's key (docs/format.md says how with openssl).
 */
export const SIGNATURE_ENTRY = 'ark.json.sig';
export const MAX_SIGNATURE = 64 * 1024;

/** What is signed: the archive by its digests, and what has to be known of it while it is locked. */
export interface Statement {
  /** Of the archive. */
  readonly format: number;
  /** SHA-256 of the manifest as it is stored. */
  readonly manifest: string;
  /** SHA-256 of the summary as it is stored; since format 4. */
  readonly summary: string | undefined;
  /** SHA-256 of `key.age`, in an encrypted archive. */
  readonly keyEntry: string | undefined;
  readonly id: string;
  readonly createdAt: string;
  readonly instance: string;
  readonly schedule: string | undefined;
}

/** A statement that was found to be signed by `key`. */
export interface Signature extends Statement {
  /** The public key: SubjectPublicKeyInfo in base64, what stands between the lines of a PEM file. */
  readonly key: string;
  readonly fingerprint: string;
}

/** Whoever signs: the private half stays inside. */
export interface Signer {
  readonly key: string;
  sign(data: Uint8Array): Uint8Array;
}

const signerOf = (privateKey: KeyObject): Signer => ({
  key: createPublicKey(privateKey).export({ type: 'spki', format: 'der' }).toString('base64'),
  sign: (data) => sign(null, data, privateKey),
});

/** A new key; `secret` is for whoever keeps it, sealed. */
export function newSigner(): { readonly signer: Signer; readonly secret: string } {
  const { privateKey } = generateKeyPairSync('ed25519');
  const secret = privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64');
  return { signer: signerOf(privateKey), secret };
}

export const signerFrom = (secret: string): Signer =>
  signerOf(createPrivateKey({ key: Buffer.from(secret, 'base64'), format: 'der', type: 'pkcs8' }));

/** `SHA256:1f0c-22d3-…`: the first half of the digest of a public key, short enough to be read out. */
export function fingerprintOfKey(key: string): string {
  const digest = createHash('sha256').update(Buffer.from(key, 'base64')).digest('hex');
  return `SHA256:${digest.slice(0, 32).replace(/(.{4})(?=.)/g, '$1-')}`;
}

const Time = z.iso.datetime();

export const FINGERPRINT = /^SHA256:([0-9a-f]{4}-){7}[0-9a-f]{4}$/;

/** Texts that others chose are JSON, so that each stays on its line. */
function linesOf(statement: Statement, key: string): string {
  const { format, manifest, summary, keyEntry, id, createdAt, instance, schedule } = statement;
  return [
    `ark ${format}`,
    `manifest ${manifest}`,
    ...(summary === undefined ? [] : [`summary ${summary}`]),
    ...(keyEntry === undefined ? [] : [`key.age ${keyEntry}`]),
    `id ${JSON.stringify(id)}`,
    `createdAt ${createdAt}`,
    `instance ${JSON.stringify(instance)}`,
    ...(schedule === undefined ? [] : [`schedule ${JSON.stringify(schedule)}`]),
    `key ${key}`,
    '',
  ].join('\n');
}

/** The content of the entry. */
export function signed(statement: Statement, signer: Signer): Buffer {
  const lines = linesOf(statement, signer.key);
  const signature = Buffer.from(signer.sign(Buffer.from(lines))).toString('base64');
  return Buffer.from(`${lines}signature ${signature}\n`);
}

/** Whether what is signed of an archive is what it says of itself. */
export function saysTheSame(
  signature: Statement,
  facts: Pick<Manifest, 'id' | 'createdAt' | 'instance' | 'origin'>,
  encrypted: boolean,
): boolean {
  const { instance, schedule } = namesOf(facts, encrypted);
  return (
    signature.id === facts.id &&
    signature.createdAt === facts.createdAt &&
    signature.instance === instance &&
    signature.schedule === schedule
  );
}

/** What the entry says, once its signature was found right. There is one way to write it, and no other is read. */
export function readSignature(content: Uint8Array): Signature {
  const text = Buffer.from(content).toString('utf8');
  const version = Number(/^ark ([1-9][0-9]{0,5})\n/.exec(text)?.[1]);
  if (version > FORMAT) {
    throw refused('archive-newer', { format: String(version), known: String(FORMAT) });
  }
  const fields = new Map(
    text.split('\n').map((line): [string, string] => {
      const at = line.indexOf(' ');
      return [line.slice(0, at), line.slice(at + 1)];
    }),
  );
  const field = (name: string): string => fields.get(name) ?? '';
  const { key, signature } = { key: field('key'), signature: Buffer.from(field('signature'), 'base64') };
  const statement: Statement = {
    format: version,
    manifest: field('manifest'),
    summary: fields.get('summary'),
    keyEntry: fields.get('key.age'),
    id: textOf(field('id')),
    createdAt: field('createdAt'),
    instance: textOf(field('instance')),
    schedule: fields.has('schedule') ? textOf(field('schedule')) : undefined,
  };
  const lines = linesOf(statement, key);
  const written = `${lines}signature ${signature.toString('base64')}\n`;
  const sound =
    Buffer.from(written).equals(content) &&
    version >= SUMMARIZED === (statement.summary !== undefined) &&
    Time.safeParse(statement.createdAt).success;
  if (!sound || !isSignedBy(key, lines, signature))
    throw damaged('signature-wrong', { entry: SIGNATURE_ENTRY });
  return { ...statement, key, fingerprint: fingerprintOfKey(key) };
}

function textOf(json: string): string {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === 'string') return value;
  } catch {
    // Below it is said of the whole entry.
  }
  throw damaged('signature-wrong', { entry: SIGNATURE_ENTRY });
}

function isSignedBy(key: string, lines: string, signature: Uint8Array): boolean {
  try {
    const publicKey = publicKeyOf(key);
    return publicKey !== undefined && verify(null, Buffer.from(lines), publicKey, signature);
  } catch {
    return false;
  }
}

/** Most archives of a list are signed by one key; to take it apart takes as long as to check a signature. */
let latest: { readonly key: string; readonly publicKey: KeyObject } | undefined;

function publicKeyOf(key: string): KeyObject | undefined {
  if (latest?.key === key) return latest.publicKey;
  const publicKey = createPublicKey({ key: Buffer.from(key, 'base64'), format: 'der', type: 'spki' });
  // Of one kind and in one spelling: a key has one fingerprint.
  const same = publicKey.export({ type: 'spki', format: 'der' }).toString('base64') === key;
  if (publicKey.asymmetricKeyType !== 'ed25519' || !same) return undefined;
  latest = { key, publicKey };
  return publicKey;
}
