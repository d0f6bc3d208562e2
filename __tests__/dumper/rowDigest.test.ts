import fc from 'fast-check';
import { RowDigest } from '../../src/server/dumper/rows/rowDigest';

/** As COPY writes them: quoted where it must be. */
const field = fc.oneof(
  fc.constant(''),
  fc.string().map((text) => `"${text.replace(/"/g, '""')}"`),
  fc.constantFrom('"a\nb"', '"\n"', '"""\n"""', 'plain', '1.10', '"é\u0000"'),
);
const row = fc.array(field, { minLength: 1, maxLength: 4 }).map((fields) => `${fields.join(',')}\n`);
const table = fc.array(row, { maxLength: 30 });

const digestOf = (...chunks: string[]) => {
  const digest = new RowDigest();
  for (const chunk of chunks) digest.add(Buffer.from(chunk));
  return `${digest.rows} ${digest.value}`;
};

it('does not depend on the order of rows, nor on where chunks are cut', () => {
  fc.assert(
    fc.property(table, fc.nat(), (rows, seed) => {
      const shuffled = rows
        .map((row, i) => ({ one: row, key: (i * 7919 + seed) % 31 }))
        .sort((a, b) => a.key - b.key)
        .map(({ one }) => one);
      const cut = rows.length === 0 ? 0 : seed % rows.length;
      const whole = digestOf(rows.join(''));
      expect(whole.split(' ')[0]).toBe(String(rows.length));
      expect(digestOf(shuffled.join(''))).toBe(whole);
      expect(digestOf(rows.slice(0, cut).join(''), rows.slice(cut).join(''))).toBe(whole);
    }),
  );
});

it('differs when a row is missing, doubled or changed in one byte', () => {
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 10 }), fc.nat(), (rows, seed) => {
      const at = seed % rows.length;
      const whole = digestOf(...rows);
      const without = rows.filter((_, i) => i !== at);
      expect(digestOf(...without)).not.toBe(whole);
      expect(digestOf(...rows, rows[at]!)).not.toBe(whole);
      expect(digestOf(...without, `x${rows[at]!}`)).not.toBe(whole);
      // Twice one row instead of two different ones: a digest by XOR would not see it.
      expect(digestOf(...rows, 'a\n', 'a\n')).not.toBe(digestOf(...rows, 'b\n', 'b\n'));
    }),
  );
});

it('a row without columns is an empty line', () => {
  expect(digestOf('\n\n\n')).toMatch(/^3 /);
  expect(digestOf('\n\n')).not.toBe(digestOf('\n\n\n'));
});
