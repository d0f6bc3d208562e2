import { ZipArchive } from 'archiver';
import { createHash } from 'node:crypto';
import { FORMAT } from '../../src/server/dumper/archive/format';
import { Manifest } from '../../src/server/dumper/archive/manifest';
import { newSigner, signed, type Statement } from '../../src/server/dumper/archive/signature';
import { summaryOf } from '../../src/server/dumper/archive/summary';
import { zipEntries } from './zipEntries';

/** Archives that somebody writes who has read docs/format.md: right in every digest, whatever they say. */

export const sha256 = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');

const AT = new Date('2026-11-20T10:15:00Z');

/** A valid ZIP, written just as Ark writes its own. */
export async function containerOf(entries: readonly (readonly [string, Uint8Array])[]): Promise<Buffer> {
  const zip = new ZipArchive({});
  const pieces: Buffer[] = [];
  const read = (async () => {
    for await (const piece of zip as AsyncIterable<Buffer>) pieces.push(piece);
  })();
  for (const [name, bytes] of entries)
    zip.append(Buffer.from(bytes), { name, store: true, date: AT, mode: 0o644 });
  await zip.finalize();
  await read;
  return Buffer.concat(pieces);
}

/** What an archive is made of: its manifest, and its data entries in their order. */
export interface Written {
  readonly manifest: Record<string, unknown>;
  readonly data: ReadonlyMap<string, Uint8Array>;
}

/** Takes an archive that is not encrypted apart. */
export async function takenApart(archive: Buffer): Promise<Written> {
  const { 'ark.json': manifest, 'ark.json.sha256': digest, ...data } = await zipEntries(archive);
  if (!manifest || !digest) throw new Error('this is not an archive that can be taken apart');
  delete data['ark.json.sig'];
  delete data['summary.json'];
  return {
    manifest: JSON.parse(manifest.toString()) as Record<string, unknown>,
    data: new Map(Object.entries(data)),
  };
}

/** Puts one together, signed by somebody whom nobody knows. */
export function putTogether({ manifest, data }: Written): Promise<Buffer> {
  return containerOf([...data, ...endOf({ ...manifest, format: FORMAT })]);
}

/** What Ark makes of a manifest; of one that it would not read nothing. */
export function summaryBytesOf(manifest: unknown): Buffer {
  const read = Manifest.safeParse(manifest);
  return Buffer.from(JSON.stringify(read.success ? summaryOf(read.data) : {}));
}

/** The last entries of an archive that has this manifest, signed by somebody whom nobody knows. */
export function endOf(
  manifest: Record<string, unknown>,
  summary = summaryBytesOf(manifest),
  change: Partial<Statement> = {},
): [string, Buffer][] {
  const json = Buffer.from(JSON.stringify(manifest));
  const { origin } = manifest as { origin?: { schedule?: unknown } | null };
  const statement = {
    format: FORMAT,
    manifest: sha256(json),
    summary: sha256(summary),
    keyEntry: undefined,
    id: String(manifest.id),
    createdAt: String(manifest.createdAt),
    instance: String(manifest.instance),
    schedule: typeof origin?.schedule === 'string' ? origin.schedule : undefined,
  };
  return [
    ['ark.json', json],
    ['summary.json', summary],
    ['ark.json.sha256', Buffer.from(`${sha256(json)}  ark.json\n`)],
    ['ark.json.sig', signed({ ...statement, ...change }, newSigner().signer)],
  ];
}

/** The same as an older Ark would have written it: in format 1, which knows no signature and no other database. */
export function putTogetherOld({ manifest, data }: Written): Promise<Buffer> {
  const json = Buffer.from(JSON.stringify(older(manifest)));
  return containerOf([
    ...data,
    ['ark.json', json],
    ['ark.json.sha256', Buffer.from(`${sha256(json)}  ark.json\n`)],
  ]);
}

type Held = Record<string, unknown>;
interface Part extends Held {
  native?: { postgres?: Held & { columns?: Held[] } };
}

/** A manifest in the words of format 1: what PostgreSQL needs stands where the neutral core is now. */
export function older(manifest: Held): Held {
  const whole = ({ native, ...core }: Part): Held => ({ ...core, ...native?.postgres });
  const database = whole(manifest.database as Part);
  const collections = (manifest.collections as { structure: Part & { columns: Held[] } }[]).map(
    (collection) => ({
      ...collection,
      structure: {
        ...whole(collection.structure),
        columns: collection.structure.columns.map((column, at) => ({
          ...column,
          default: undefined,
          nullable: undefined,
          ...collection.structure.native?.postgres?.columns?.[at],
        })),
      },
    }),
  );
  return { ...manifest, format: 1, database, collections, objects: (manifest.objects as Part[]).map(whole) };
}

/** Every text of a JSON value by its path, and a copy of the value with that one changed. */
export function* eachText(
  value: unknown,
  path: readonly string[] = [],
): Generator<{ path: readonly string[]; text: string; with(text: string): unknown }> {
  if (typeof value === 'string') yield { path, text: value, with: (text) => text };
  else if (Array.isArray(value)) {
    for (const [i, one] of (value as unknown[]).entries())
      for (const inner of eachText(one, [...path, String(i)]))
        yield { ...inner, with: (text) => (value as unknown[]).with(i, inner.with(text)) };
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, one] of Object.entries(value))
      for (const inner of eachText(one, [...path, key]))
        yield { ...inner, with: (text) => ({ ...value, [key]: inner.with(text) }) };
  }
}
