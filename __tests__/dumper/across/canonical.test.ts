import { BackupError } from '../../../src/server/errors/errors';
import { spelling } from '../../../src/server/dumper/across/canonical';
import { ValueDigest } from '../../../src/server/dumper/across/valueDigest';
import type { Column } from '../../../src/server/dumper/schema/structure';

type Type = Column['type'];

describe('a value has one spelling, whichever database wrote it', () => {
  it.each<[Type, Type, string, string]>([
    ['boolean', 'boolean', 't', '1'],
    ['int64', 'decimal', '-9007199254740993', '-9007199254740993.000'],
    ['int16', 'int16', '0000', '0'],
    ['decimal', 'decimal', '0.0000000001', '1e-10'],
    ['decimal', 'decimal', '1234500.00', '+12.345E5'],
    ['decimal', 'decimal', '-0.00', '0'],
    ['float32', 'float64', '0.1', '0.10000000149011612'],
    ['float64', 'float64', '1e+22', '10000000000000000000000'],
    ['float64', 'float64', '-0', '0'],
    ['json', 'json', '{"b": 1.10, "a": [1e2, "1.0"], "a": [100, "1.0"]}', '{"a":[100.0,"1.0"],"b":1.1}'],
    ['json', 'json', '12345678901234567890', '12345678901234567000'],
    ['json', 'text', '"\\u00fc \\"1\\""', '"ü \\"1\\""'],
    ['uuid', 'text', '123E4567-E89B-12D3-A456-426655440000', '123e4567e89b12d3a456426655440000'],
    ['time', 'time', '23:59:59.500000', '23:59:59.5'],
    ['timestamp', 'timestamptz', '2024-02-29 12:00:00', '2024-02-29 12:00:00.000000+00'],
    ['timestamptz', 'timestamp', '2024-02-29 12:00+00:00', '2024-02-29 12:00:00'],
    ['binary', 'binary', '\\xFF00', '\\xff00'],
  ])('%s and %s: %s is %s', (sent, made, a, b) => {
    const spell = spelling(sent, made);
    expect(spell(a)).toBe(spell(b));
  });

  it.each<[Type, Type, string, string]>([
    ['int64', 'int64', '9007199254740993', '9007199254740992'],
    ['decimal', 'decimal', '0.10000000000000000000000000000001', '0.1'],
    ['decimal', 'decimal', '10', '1'],
    ['float64', 'float64', '0.30000000000000004', '0.3'],
    ['float32', 'float32', '0.1', '0.10000001'],
    ['text', 'text', 'a ', 'a'],
    ['text', 'text', '1.0', '1'],
    ['json', 'json', '{"a": "1"}', '{"a": 1}'],
    ['json', 'json', '9007199254740993', '9007199254740992'],
    ['json', 'json', '"null"', 'null'],
    ['json', 'json', '[1, 2]', '[2, 1]'],
    ['json', 'json', '{"a": "n1e0"}', '{"a": 1}'],
    ['timestamptz', 'timestamp', '2024-02-29 12:00:00.000001+00', '2024-02-29 12:00:00+00'],
    ['timestamp', 'timestamp', '0044-03-15 12:00:00 BC', '0044-03-15 12:00:00'],
    ['binary', 'binary', '\\xff00', '\\xff'],
  ])('%s and %s: %s is not %s', (sent, made, a, b) => {
    const spell = spelling(sent, made);
    expect(spell(a)).not.toBe(spell(b));
  });
});

describe('the digest of rows', () => {
  const types: [Type, Type][] = [
    ['int32', 'int32'],
    ['text', 'text'],
    ['json', 'json'],
  ];
  const digestOf = (csv: string, pieces = [csv]): ValueDigest => {
    const digest = new ValueDigest(
      't',
      types.map(([sent, made]) => spelling(sent, made)),
    );
    for (const piece of pieces) digest.add(Buffer.from(piece));
    return digest;
  };
  const rows = digestOf('1,"a, ""b""\n",{}\n2,"",\n3,,"{""a"":1.0}"\n');

  it('is the same in any order, in any pieces and in any spelling', () => {
    expect(digestOf('', ['3,,"{""a"": 1}"\n2,"",\n', '01,"a, ""b""\n",{ }\n']).isLike(rows)).toBe(true);
  });

  it.each<[string, string, number[]]>([
    ['nothing for an empty text', '1,"a, ""b""\n",{}\n2,,\n3,,"{""a"":1.0}"\n', [1]],
    ['another number', '1,"a, ""b""\n",{}\n4,"",\n3,,"{""a"":1.0}"\n', [0]],
    ['a row twice for another', '1,"a, ""b""\n",{}\n2,"",\n2,"",\n', [0, 1, 2]],
    // Of each column the same values, in other rows.
    ['two values that changed places', '2,"a, ""b""\n",{}\n1,"",\n3,,"{""a"":1.0}"\n', []],
  ])('%s is another, and its columns are named', (_, csv, columns) => {
    const other = digestOf(csv);
    expect(other.isLike(rows)).toBe(false);
    expect(other.differing(rows)).toEqual(columns);
  });

  it('refuses what is no CSV of these columns', () => {
    for (const csv of ['1,2\n', '1,"a,b\n', '1,"a"b,c\n']) expect(() => digestOf(csv)).toThrow(BackupError);
  });
});
