import { randomFrom } from '../../helpers/random';
import type { LentChunk } from '../../../src/server/dumper/dialect';
import { CsvRows, type Field } from '../../../src/server/dumper/rows/csvFields';
import { fileOf } from '../../../src/server/dumper/dialects/mysql/load/file';
import { parameterOf, type LoadedColumn } from '../../../src/server/dumper/dialects/mysql/load/parameter';
import { CsvWriter } from '../../../src/server/dumper/dialects/mysql/snapshot/csvWriter';
import { shortestFloat } from '../../../src/server/dumper/dialects/mysql/structure/float';
import type { Coding } from '../../../src/server/dumper/dialects/mysql/structure/columnType';

/** A field as the text protocol sends it. */
function sent(value: Buffer | null): Buffer {
  if (value === null) return Buffer.from([0xfb]);
  const { length } = value;
  if (length < 0xfb) return Buffer.concat([Buffer.from([length]), value]);
  const head = Buffer.alloc(length < 0x10000 ? 3 : length < 0x1000000 ? 4 : 9);
  if (length < 0x10000) head.writeUInt16LE(length, head.writeUInt8(0xfc));
  else if (length < 0x1000000) head.writeUIntLE(length, head.writeUInt8(0xfd), 3);
  else head.writeBigUInt64LE(BigInt(length), head.writeUInt8(0xfe));
  return Buffer.concat([head, value]);
}

function csvOf(
  rows: readonly (readonly (Buffer | null)[])[],
  codings: readonly Coding[],
  chunkBytes = 4096,
): Buffer {
  const chunks: LentChunk[] = [];
  const take = (chunk: LentChunk) => {
    chunks.push({ ...chunk, data: Buffer.from(chunk.data) });
    chunk.release();
  };
  const writer = new CsvWriter(codings, chunkBytes, take);
  for (const row of rows) {
    const packet = Buffer.concat([Buffer.from('head'), ...row.map(sent)]);
    writer.row(packet, 4, packet.length);
  }
  const last = writer.end();
  if (last) take(last);
  expect(chunks.reduce((sum, chunk) => sum + chunk.rows, 0)).toBe(rows.length);
  return Buffer.concat(chunks.map(({ data }) => data));
}

const text = (value: string): Buffer => Buffer.from(value);
const column = (coding: Coding): LoadedColumn => ({ name: 'c', coding, nullable: true });
const written = (coding: Coding, value: string | Buffer): string =>
  csvOf([[typeof value === 'string' ? text(value) : value]], [coding]).toString();

it.each<[Coding, string | Buffer, string]>([
  ['text', '', '""'],
  ['text', '\\.', '"\\."'],
  ['text', 'a, "b"\r\n', '"a, ""b""\r\n"'],
  ['text', 'plain ü€𝄞\t\\N', 'plain ü€𝄞\t\\N'],
  ['boolean', '1', 't'],
  ['boolean', '0', 'f'],
  ['boolean', '-1', '-1'],
  ['boolean', '2', '2'],
  ['binary', Buffer.from([0, 255, 10, 34]), '\\x00ff0a22'],
  ['binary', '', '\\x'],
  ['float', '0.10000000149011612', '0.1'],
  ['float', '3.4028234663852886e38', '3.4028235e+38'],
  ['float', '-0', '-0'],
  ['moment', '2024-02-29 12:00:00.120000', '2024-02-29 12:00:00.12'],
  ['moment', '-838:59:59.000000', '-838:59:59'],
  ['moment', '2024-10-10 10:10:10', '2024-10-10 10:10:10'],
  ['utc', '2024-10-10 10:10:10.100000', '2024-10-10 10:10:10.1+00'],
  ['utc', '0000-00-00 00:00:00', '0000-00-00 00:00:00+00'],
  ['plainNumber', '42', '42'],
])('%s %p stands in CSV as %p, and comes back', (coding, value, csv) => {
  expect(written(coding, value)).toBe(`${csv}\n`);
  const rows: Field[][] = [];
  const reader = new CsvRows(1, (row) => rows.push(row));
  reader.add(text(`${csv}\n`));
  reader.end();
  const back = parameterOf(rows[0]![0]!, column(coding));
  if (coding === 'float') expect(back).toBe(Math.fround(Number(value)));
  else if (Buffer.isBuffer(back)) expect(back).toEqual(Buffer.from(value));
  else {
    // Zeros that say nothing stay away from moments.
    const isMoment = coding === 'moment' || coding === 'utc';
    expect(back).toBe(
      isMoment
        ? String(value).replace(/\.?0+$/, (zeros) =>
            zeros.startsWith('.') || String(value).includes('.') ? '' : zeros,
          )
        : value,
    );
  }
});

it('nothing is told from an empty text, whatever the coding', () => {
  const codings: Coding[] = [
    'text',
    'json',
    'boolean',
    'float',
    'bit',
    'binary',
    'moment',
    'utc',
    'plainNumber',
  ];
  expect(csvOf([codings.map(() => null)], codings).toString()).toBe(`${','.repeat(codings.length - 1)}\n`);
  for (const coding of codings) expect(parameterOf(null, column(coding))).toBeNull();
  for (const coding of codings)
    expect(() => parameterOf(null, { ...column(coding), nullable: false })).toThrow('"c"');
});

it('rows of any bytes come back as they were, wherever what comes is cut', () => {
  const random = randomFrom(7);
  const bytes = Buffer.from(',"\r\n\\.tf0\0é€𝄞x');
  const field = (): Buffer | null => {
    if (random() < 0.1) return null;
    const length = random() < 0.05 ? 70_000 : Math.floor(random() * 12);
    return Buffer.from(Array.from({ length }, () => bytes[Math.floor(random() * bytes.length)]!));
  };
  const rows = Array.from({ length: 60 }, () => [field(), field(), field()]);
  const csv = csvOf(rows, ['text', 'text', 'text'], 1000);
  for (const piece of [1, 7, 64, 1000, csv.length]) {
    const back: Field[][] = [];
    const reader = new CsvRows(3, (row) => back.push(row.map((value) => value && Buffer.from(value))));
    // A reader may be handed the same memory again and again.
    const lent = Buffer.alloc(piece);
    for (let at = 0; at < csv.length; at += piece) {
      const length = csv.copy(lent, 0, at, at + piece);
      reader.add(lent.subarray(0, length));
    }
    reader.end();
    // As texts: of long lists of bytes each would be compared by itself.
    const plain = (all: readonly Field[][]) =>
      all.map((row) => row.map((value) => value?.toString('latin1')));
    expect(plain(back)).toEqual(plain(rows));
  }
});

/** The same as docs/format.md has it, one field at a time. */
function fieldOf(value: Buffer | null, coding: Coding): Buffer {
  if (value === null) return Buffer.alloc(0);
  const bytes = value.toString('latin1');
  const quoted = /[",\r\n]/.test(bytes) || bytes === '' || bytes === '\\.';
  const asText = quoted ? `"${bytes.replaceAll('"', '""')}"` : bytes;
  const asMoment = bytes.includes('.') ? bytes.replace(/\.?0*$/, '') : bytes;
  switch (coding) {
    case 'boolean':
      return Buffer.from(bytes === '1' ? 't' : bytes === '0' ? 'f' : asText, 'latin1');
    case 'binary':
      return Buffer.from(`\\x${value.toString('hex')}`);
    case 'float':
      return Buffer.from(shortestFloat(bytes));
    case 'moment':
      return Buffer.from(asMoment);
    case 'utc':
      return Buffer.from(`${asMoment}+00`);
    default:
      return Buffer.from(asText, 'latin1');
  }
}

describe('rows as the server sends them, many in one buffer', () => {
  const CODINGS: Coding[] = [
    ...(['text', 'json', 'boolean', 'float', 'bit'] as const),
    ...(['binary', 'moment', 'utc', 'plainNumber'] as const),
  ];
  const random = randomFrom(29);
  const below = (most: number): number => Math.floor(random() * most);
  const SOME = Buffer.from(',"\r\n\\.01 -/!#+\0\x7f\xff\xfb\xfc\xfd\xfe\x80aZé', 'latin1');
  /** Around the borders of eight bytes, and of what a length takes. */
  const lengthOf = (): number =>
    random() < 0.02
      ? [250, 251, 252, 255, 256, 65_535, 65_536, 70_001][below(8)]!
      : below(random() < 0.5 ? 4 : 40);
  const digits = (most: number): string => Array.from({ length: below(most + 1) }, () => below(10)).join('');
  const valueOf = (coding: Coding): Buffer | null => {
    if (random() < 0.1) return null;
    if (coding === 'float') return text(String(Math.fround((random() - 0.5) * 10 ** below(40))));
    if (coding === 'moment' || coding === 'utc')
      return text(
        `${['2024-02-29 10:00:00', '-838:59:59', '0000-00-00 00:00:00', '1970-01-01'][below(4)]}${random() < 0.5 ? `.${digits(5)}${['0', '00', '000000', '1'][below(4)]}` : ''}`,
      );
    // Texts in which nothing needs quotes are copied in another way.
    const needy = random() < 0.5;
    return Buffer.from(Array.from({ length: lengthOf() }, () => (needy ? SOME[below(SOME.length)]! : 97)));
  };

  it('stand in CSV as each of their fields does by itself, in chunks of whole rows', () => {
    for (let turn = 0; turn < 30; turn += 1) {
      const codings = Array.from({ length: 1 + below(12) }, () => CODINGS[below(CODINGS.length)]!);
      const rows = Array.from({ length: 1 + below(120) }, () => codings.map(valueOf));
      const chunks: LentChunk[] = [];
      const writer = new CsvWriter(codings, 1 + below(20_000), (chunk) => {
        chunks.push({ ...chunk, data: Buffer.from(chunk.data) });
        chunk.release();
      });
      for (let at = 0; at < rows.length;) {
        const together = rows.slice(at, (at += 1 + below(30)));
        const packets = together.map((row) => Buffer.concat(row.map(sent)));
        // Four bytes of a header stand before each.
        const buffer = Buffer.concat(packets.flatMap((packet) => [Buffer.from('head'), packet]));
        let from = 4;
        for (const packet of packets) {
          writer.row(buffer, from, from + packet.length);
          from += packet.length + 4;
        }
      }
      const last = writer.end();
      if (last) chunks.push(last);
      const lines = rows.map((row) =>
        Buffer.concat([
          ...row.flatMap((value, column) => [
            ...(column > 0 ? [text(',')] : []),
            fieldOf(value, codings[column]!),
          ]),
          text('\n'),
        ]),
      );
      expect(Buffer.concat(chunks.map(({ data }) => data)).equals(Buffer.concat(lines))).toBe(true);
      let row = 0;
      for (const chunk of chunks) {
        const bytes = lines.slice(row, (row += chunk.rows)).reduce((sum, line) => sum + line.length, 0);
        expect(chunk.data).toHaveLength(bytes);
      }
    }
  });

  it('of any length, the next row being as short as ever', () => {
    const long = Buffer.alloc(12 * 1024 * 1024, 'x"');
    const csv = csvOf([[text('a')], [long], [text('b')], [long], [text('c')]], ['text'], 1000);
    const line = fieldOf(long, 'text');
    const whole = Buffer.concat([text('a\n'), line, text('\nb\n'), line, text('\nc\n')]);
    expect(csv.equals(whole)).toBe(true);
  });

  it('has room for floats whose own text is longer than the one they come with, however long the row is', () => {
    const floats = Array<Buffer>(1000).fill(text('1e20'));
    const codings: Coding[] = ['text', ...floats.map((): Coding => 'float')];
    const line = `,${floats.map(() => '100000000000000000000').join(',')}\n`;
    // Each quote takes two bytes, so that no room is left but what floats have of their own.
    for (let length = 200_000; length < 233_000; length += 701) {
      const csv = csvOf([[Buffer.alloc(length, '"'), ...floats]], codings, 1000);
      expect(csv.subarray(2 * length + 2).toString()).toBe(line);
    }
  });

  it.each([
    ['a field that ends beyond its row', Buffer.from([9, 97, 97, 97])],
    ['a row that goes on after its last field', Buffer.from([1, 97, 1, 97, 1, 97])],
    ['a row that ends before its last field', Buffer.from([1, 97])],
    ['no row at all', Buffer.alloc(0)],
    ['a length that is cut off', Buffer.from([1, 97, 0xfd, 1])],
    ['a length of four gigabytes', Buffer.from([1, 97, 0xfe, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0])],
    ['a length of sixteen exabytes', Buffer.from([1, 97, 0xfe, ...Buffer.alloc(8, 0xff)])],
  ])('%s is an error, whatever lies behind it', (_, row) => {
    const writer = new CsvWriter(['text', 'text'], 1000, () => undefined);
    const buffer = Buffer.concat([row, Buffer.alloc(64, 'y')]);
    expect(() => {
      writer.row(buffer, 0, row.length);
    }).toThrow('a row is not what its fields are');
  });
});

/** As the manual has `FIELDS OPTIONALLY ENCLOSED BY '"' ESCAPED BY ''`: the bare word NULL is NULL, in quotes it is a text. */
function readAsFile(file: Buffer): (string | null)[][] {
  const rows: (string | null)[][] = [];
  for (const line of file
    .toString('latin1')
    .matchAll(/((?:"(?:[^"]|"")*"|[^",\n]*)(?:,(?:"(?:[^"]|"")*"|[^",\n]*))*)\n/gy))
    rows.push(
      [...line[1]!.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",\n]*))/gy)].map(([, quoted, bare]) =>
        quoted === undefined ? (bare === 'NULL' ? null : bare!) : quoted.replaceAll('""', '"'),
      ),
    );
  return rows;
}

it('what LOAD DATA reads is what was written, NULL and the word NULL told apart', () => {
  const random = randomFrom(13);
  const few = ['', 'NULL', 'null', '\\N', '\\', '"', '""', ',', '\n', 'NULL,', 'é€', '\0', 'plain'];
  const field = (): Buffer | null => {
    if (random() < 0.2) return null;
    return text(
      Array.from({ length: Math.floor(random() * 4) }, () => few[Math.floor(random() * few.length)]).join(''),
    );
  };
  for (let turn = 0; turn < 200; turn += 1) {
    const width = 1 + Math.floor(random() * 4);
    const rows = Array.from({ length: 20 }, () => Array.from({ length: width }, field));
    const codings = rows[0]!.map((): Coding => 'text');
    const file = fileOf(csvOf(rows, codings), codings.map(column))!;
    expect(readAsFile(file)).toEqual(
      rows.map((row) => row.map((value) => value?.toString('latin1') ?? null)),
    );
  }
  expect(
    fileOf(text('t,2024-01-01 00:00:00.5+00\nf,\n,\n2,\n'), [column('boolean'), column('utc')])?.toString(),
  ).toBe('1,2024-01-01 00:00:00.5\n0,NULL\nNULL,NULL\n2,NULL\n');
});

it.each<[csv: string, columns: LoadedColumn[]]>([
  ['a,b\n', [column('text')]],
  ['a\n', [column('text'), column('text')]],
  ['a', [column('text')]],
  ['a\nb', [column('text')]],
  ['"a\n', [column('text')]],
  ['"a"b\n', [column('text')]],
  ['a"b\n', [column('text')]],
  ['\n', [{ ...column('text'), nullable: false }]],
  ['"t"\n', [column('boolean')]],
  ['true\n', [column('boolean')]],
  ['2024-01-01 00:00:00\n', [column('utc')]],
  ['"2024-01-01 00:00:00+00"\n', [column('utc')]],
  ['+00\n', [column('utc')]],
])('%j is left to INSERT, which says why or takes it', (csv, columns) => {
  expect(fileOf(text(csv), columns)).toBeUndefined();
});

it.each(['a,b\n', 'a\n', '"a"b,c,d\n', '"a,b,c\n', 'a,b,c'])('%j is not a row of three columns', (csv) => {
  const reader = new CsvRows(3, () => undefined);
  expect(() => {
    reader.add(text(csv));
    reader.end();
  }).toThrow(/field|row/);
});

it.each([
  ['binary', 'ff'],
  ['binary', '\\xf'],
  ['binary', '\\xzz'],
  ['utc', '2024-10-10 10:10:10'],
] as const)('%s %j is refused', (coding, value) => {
  expect(() => parameterOf(text(value), column(coding))).toThrow();
});

it('the shortest text of a float means that float', () => {
  const random = randomFrom(11);
  const bits = new DataView(new ArrayBuffer(4));
  for (let turn = 0; turn < 5000; turn += 1) {
    bits.setUint32(0, Math.floor(random() * 2 ** 32));
    const value = bits.getFloat32(0);
    if (!Number.isFinite(value)) continue;
    expect(Math.fround(Number(shortestFloat(String(value))))).toBe(value);
  }
});
