import { createCipheriv, randomBytes, scryptSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { pack } from './nbdump';

export const NBDATA = join(__dirname, '..', 'archives', 'nbdata');
export const dump = (name: 'nasty.dump' | 'odd.dump'): Buffer => readFileSync(join(NBDATA, name));

export const METADATA = {
  metadataVersion: 2,
  version: '2.2.15',
  enableFilesBackup: true,
  database: {
    dialect: 'postgres',
    toolchain: 'postgres',
    underscored: false,
    tablePrefix: '',
    version: 'PostgreSQL 15.18',
    backupClientVersion: 'pg_dump (PostgreSQL) 15.18',
  },
  plugins: [{ name: 'users', version: '2.2.15', packageName: '@nocobase/plugin-users' }],
} as const;

/** A backup as the Backup manager packs it: `data` and its description, then files and the key. */
export const nbdata = (
  data: Buffer | string,
  files: Readonly<Record<string, Buffer | string>> = {},
  metadata: object = METADATA,
): Promise<Buffer> => pack({ '_metadata.json': JSON.stringify(metadata, null, 2), data, ...files });

/** The same with a password: as its own code does it, which has one salt for all. */
export function sealed(zip: Buffer, password: string): Buffer {
  const first = randomBytes(16);
  const cipher = createCipheriv('aes-256-cbc', scryptSync(password, 'backup salt', 32), first);
  return Buffer.concat([first, cipher.update(zip), cipher.final()]);
}

/** An entry of a dump's directory, in the order of its fields. */
export interface Entry {
  id: number;
  hasData: number;
  texts: Record<(typeof BEFORE)[number] | (typeof AFTER)[number], string | undefined>;
  section: number;
  needs: string[];
}
const BEFORE = ['tableoid', 'oid', 'tag', 'desc'] as const;
const AFTER = ['defn', 'drop', 'copy', 'namespace', 'tablespace', 'tableam', 'owner', 'oids'] as const;

export interface Forged {
  /** Of the format: 1.12 to 1.16. */
  minor?: number;
  /** The number of entries that it says it has. */
  count?: number;
  entries?: (entries: Entry[]) => Entry[];
  /** As what a 1.15 says that its rows are packed. */
  algorithm?: number;
}

interface Parsed {
  /** Numbers and texts before the directory. */
  readonly level: number;
  readonly moment: number[];
  readonly texts: (string | undefined)[];
  readonly entries: Entry[];
  /** Where the data begin. */
  readonly rest: number;
}

function parsed(original: Buffer): Parsed {
  let at = 11;
  const int = (): number => {
    const value = original.readUInt32LE(at + 1) * (original[at] === 1 ? -1 : 1);
    at += 5;
    return value;
  };
  const text = (): string | undefined => {
    const length = int();
    if (length < 0) return undefined;
    at += length;
    return original.toString('latin1', at - length, at);
  };
  const level = int();
  const moment = Array.from({ length: 7 }, int);
  const texts = Array.from({ length: 3 }, text);
  const entries = Array.from({ length: int() }, () => {
    const entry = { id: int(), hasData: int(), texts: {}, section: 0, needs: [] } as unknown as Entry;
    for (const name of BEFORE) entry.texts[name] = text();
    entry.section = int();
    for (const name of AFTER) entry.texts[name] = text();
    for (let need = text(); need !== undefined; need = text()) entry.needs.push(need);
    at += 9;
    return entry;
  });
  return { level, moment, texts, entries, rest: at };
}

/** How many bytes its data have. */
export const dataLength = (original: Buffer): number => original.length - parsed(original).rest;

/**
 * A dump of pg_dump 15 as another version writes it, or as nobody does. Where data begin it does not say, as pg_dump
 * into a pipe does not.
 */
export function forged(original: Buffer, { minor = 14, count, entries, algorithm }: Forged): Buffer {
  const { level, moment, texts: head, entries: found, rest } = parsed(original);
  const out: Buffer[] = [];
  const putInt = (value: number) => {
    const bytes = Buffer.alloc(5);
    bytes[0] = value < 0 ? 1 : 0;
    bytes.writeUInt32LE(Math.abs(value) >>> 0, 1);
    out.push(bytes);
  };
  const put = (value: string | undefined) => {
    putInt(value === undefined ? -1 : Buffer.byteLength(value, 'latin1'));
    out.push(Buffer.from(value ?? '', 'latin1'));
  };
  out.push(Buffer.from(original.subarray(0, 11)));
  out[0]![6] = minor;
  if (minor >= 15) out.push(Buffer.from([algorithm ?? (level === 0 ? 0 : 1)]));
  else putInt(level);
  moment.forEach(putInt);
  head.forEach(put);
  const wanted = entries ? entries(found) : found;
  putInt(count ?? wanted.length);
  for (const { id, hasData, texts, section, needs } of wanted) {
    putInt(id);
    putInt(hasData);
    for (const name of BEFORE) put(texts[name]);
    putInt(section);
    for (const name of AFTER) {
      if (name === 'tableam' && minor < 14) continue;
      if (name === 'owner' && minor >= 16) putInt(114);
      put(texts[name]);
    }
    for (const need of [...needs, undefined]) put(need);
    const offset = Buffer.alloc(9);
    offset[0] = hasData ? 1 : 3;
    out.push(offset);
  }
  return Buffer.concat([...out, original.subarray(rest)]);
}

/** A dump of mysqldump as the Backup manager keeps it: its own lines around it, and two quotes for each `\\'`. */
export const asManager = (text: string): string =>
  `/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!40101 SET @OLD_CHARACTER_SET_RESULTS=@@CHARACTER_SET_RESULTS */;
/*!40101 SET @OLD_COLLATION_CONNECTION=@@COLLATION_CONNECTION */;
/*!40101 SET NAMES utf8mb4 */;

${text.replaceAll("\\'", "''")}
/*!40101 SET CHARACTER_SET_CLIENT=@OLD_CHARACTER_SET_CLIENT */;
/*!40101 SET CHARACTER_SET_RESULTS=@OLD_CHARACTER_SET_RESULTS */;
/*!40101 SET COLLATION_CONNECTION=@OLD_COLLATION_CONNECTION */;
`;
export const mariadbDump = (): string => readFileSync(join(NBDATA, 'mariadb.dump'), 'utf8');
export const MARIADB = {
  ...METADATA,
  database: { ...METADATA.database, dialect: 'mariadb', version: '10.11.19-MariaDB' },
};

/** The same dump with other rows of a table, packed as pg_dump packs them. */
export function withRows(original: Buffer, table: string, text: string): Buffer {
  const { entries, rest } = parsed(original);
  const id = entries.find(({ texts }) => texts.desc === 'TABLE DATA' && texts.tag === table)?.id ?? 0;
  const block = Buffer.from([1, 0, id & 0xff, id >> 8, 0, 0]);
  const from = original.indexOf(block, rest);
  let end = from + block.length;
  for (;;) {
    const length = original.readUInt32LE(end + 1);
    end += 5 + length;
    if (length === 0) break;
  }
  const packed = deflateSync(text);
  const size = Buffer.alloc(5);
  size.writeUInt32LE(packed.length, 1);
  return Buffer.concat([
    original.subarray(0, from),
    block,
    size,
    packed,
    Buffer.alloc(5),
    original.subarray(end),
  ]);
}
