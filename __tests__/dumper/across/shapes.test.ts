import { arrayToJson, SHAPE_TO_JSON, toShape } from '../../../src/server/dumper/across/shapes';
import { converting, NoPlace } from '../../../src/server/dumper/across/converting';
import type { Column } from '../../../src/server/dumper/schema/structure';

it.each<[Column['element'], string, string]>([
  ['int32', '{}', '[]'],
  ['int32', '{1,NULL,-3}', '[1,null,-3]'],
  ['int64', '{9007199254740993}', '[9007199254740993]'],
  ['decimal', '{1.10,0.00}', '[1.10,0.00]'],
  ['float64', '{1e-05,1e+21,-0}', '[1e-05,1e+21,-0]'],
  ['boolean', '{t,f,NULL}', '[true,false,null]'],
  ['text', '{"a,\\"b\\\\",NULL,"NULL","",ü}', '["a,\\"b\\\\",null,"NULL","","ü"]'],
  ['text', '{{a,b},{c,NULL}}', '[["a","b"],["c",null]]'],
  ['json', '{"{\\"n\\": 1.10}"}', '[{"n": 1.10}]'],
  ['date', '{2024-02-29}', '["2024-02-29"]'],
])('a list of %s: %s becomes %s', (element, text, json) => {
  expect(arrayToJson(element)(text)).toBe(json);
  expect(() => JSON.parse(json) as unknown).not.toThrow();
});

it.each<[string, Column['element']]>([
  ['[5:6]={1,2}', 'int32'],
  ['{NaN}', 'decimal'],
  ['{Infinity}', 'float64'],
])('%s has no place in JSON', (text, element) => {
  expect(() => arrayToJson(element)(text)).toThrow(NoPlace);
});

const wkb = (kind: number, ...rest: (readonly ['count' | 'at', number])[]): string => {
  const head = Buffer.alloc(9);
  head.writeUInt8(1, 4);
  head.writeUInt32LE(kind, 5);
  const parts = rest.map(([what, value]) => {
    const bytes = Buffer.alloc(what === 'count' ? 4 : 8);
    if (what === 'count') bytes.writeUInt32LE(value);
    else bytes.writeDoubleLE(value);
    return bytes;
  });
  return `\\x${Buffer.concat([head, ...parts]).toString('hex')}`;
};
const at = (...numbers: number[]) => numbers.map((number) => ['at', number] as const);
const count = (number: number) => ['count', number] as const;

it.each([
  ['point', '(1.5,-2)', '[1.5,-2]', wkb(1, ...at(1.5, -2))],
  [
    'polygon',
    '((0,0),(1,0),(1,1))',
    '[[0,0],[1,0],[1,1]]',
    wkb(3, count(1), count(4), ...at(0, 0, 1, 0, 1, 1, 0, 0)),
  ],
  ['path', '((0,0),(1,1e-05))', '[[0,0],[1,1e-05]]', wkb(2, count(2), ...at(0, 0, 1, 1e-5))],
  ['circle', '<(1,2),3>', '[1,2,3]', undefined],
])('a %s there and back', (native, shape, json, bytes) => {
  expect(SHAPE_TO_JSON[native]?.(shape)).toBe(json);
  const numbers = (text: string | undefined) => text?.replaceAll('0.00001', '1e-05');
  expect(numbers(toShape(native, 'json')?.(json))).toBe(shape);
  if (bytes !== undefined) expect(numbers(toShape(native, native)?.(bytes))).toBe(shape);
});

it.each([
  ['an open path', () => SHAPE_TO_JSON.path?.('[(0,0),(1,1)]')],
  ['no number', () => SHAPE_TO_JSON.point?.('(NaN,1)')],
  ['a circle of no size', () => SHAPE_TO_JSON.circle?.('<(0,0),Infinity>')],
  ['other JSON', () => toShape('point', 'json')?.('{"x": 1}')],
  ['no JSON', () => toShape('point', 'json')?.('[1,')],
  ['a hole', () => toShape('polygon', 'polygon')?.(wkb(3, count(2), count(0), count(0)))],
  ['several', () => toShape('path', 'geometry')?.(wkb(5, count(0)))],
  ['cut bytes', () => toShape('path', 'linestring')?.(wkb(2, count(7)))],
])('%s has no place', (_, work) => {
  expect(work).toThrow(NoPlace);
});

it('what is no shape stays what it is', () => {
  for (const native of ['text', 'box', 'constructor', 'jsonb'])
    expect(toShape(native, 'json')).toBeUndefined();
});

describe('rows', () => {
  const csv = 'x,"{""a"",NULL}",\n"say ""hi""\nthere",,""\n,{},é\n';
  const expected = '"x","[""a"",null]",\n"say ""hi""\nthere",,""\n,"[]","é"\n';
  const convert = arrayToJson('text');
  const columns = [undefined, { column: 'list', type: 'JSON', nullable: true, convert }, undefined];
  const all = async (chunk: Parameters<typeof sourceOf>[0]): Promise<string> => {
    const out: Uint8Array[] = [];
    for await (const fetch of converting(sourceOf(chunk), new Map([['t', columns]]), false).chunks('t')) {
      const made = await fetch();
      expect(made.rows).toBe(3);
      if ('data' in made) out.push(made.data);
      else for await (const piece of made.pieces) out.push(Buffer.from(piece));
      made.release();
    }
    return Buffer.concat(out).toString();
  };
  let released = 0;
  const sourceOf = (chunk: { data: Buffer } | { pieces: Buffer[] }) => ({
    bytes: () => csv.length,
    async *chunks() {
      const shared = { rows: 3, bytes: csv.length, release: () => (released += 1) };
      yield await Promise.resolve(() =>
        Promise.resolve(
          'data' in chunk ? { ...shared, data: chunk.data } : { ...shared, pieces: stream(chunk.pieces) },
        ),
      );
    },
  });
  async function* stream(pieces: Buffer[]) {
    for (const piece of pieces) yield await Promise.resolve(piece);
  }

  it('come with what is converted, and all else as it was, in one piece or in many', async () => {
    const bytes = Buffer.from(csv);
    expect(await all({ data: bytes })).toBe(expected);
    for (let size = 1; size < 9; size += 1) {
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
        bytes.subarray(i * size, (i + 1) * size),
      );
      expect(await all({ pieces })).toBe(expected);
    }
    expect(released).toBe(9);
  });

  it('a value that has no place is named', async () => {
    const source = converting(
      sourceOf({ data: Buffer.from('x,[5:5]={1},\n') }),
      new Map([['t', columns]]),
      false,
    );
    for await (const fetch of source.chunks('t'))
      await expect((async () => fetch())()).rejects.toMatchObject({
        code: 'VALUE_UNFIT',
        details: {
          code: 'value-no-place',
          collection: 't',
          column: 'list',
          value: '[5:5]={1}',
          type: 'JSON',
        },
      });
  });
});
