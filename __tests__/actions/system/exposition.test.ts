import { exposition } from '../../../src/server/actions/system/exposition';
import { parseExposition } from '../../helpers/exposition';

const samplesOf = (values: readonly string[]) => [
  { name: 'ark_x', help: 'What x is.', samples: values.map((name, value) => ({ labels: { name }, value })) },
];

it('names come back as they were, whatever signs they have', () => {
  const names = [
    '',
    'shop',
    'a"b',
    'a\\b',
    'a\\"b\\n',
    'a\nb',
    '} 1\nark_forged 9',
    '备份',
    '👨‍👩‍👧‍👦',
    '{a="b"}',
    '# HELP ark_x',
  ];
  const parsed = parseExposition(exposition(samplesOf(names)));
  expect(parsed.map(({ labels }) => labels.name)).toEqual(names);
  expect(parsed.map(({ value }) => value)).toEqual(names.map((_, index) => index));
});

it('what acts in a terminal does not come, and no name is endless or cut in a sign', () => {
  const text = exposition(samplesOf(['\u001b[2J\u202e\u2028', '\ud800x', '👍'.repeat(10_000)]));
  expect(text).not.toMatch(/(?!\n)[\p{Cc}\p{Bidi_Control}\p{Cs}]/u);
  expect(text.length).toBeLessThan(2000);
  expect(parseExposition(text)).toHaveLength(3);
});

it('numbers are numbers, and what has no samples is not told of', () => {
  const metrics = [
    { name: 'ark_a', help: 'A.', samples: [{ value: 1.5 }] },
    { name: 'ark_b', help: 'B.', samples: [] },
    { name: 'ark_c', help: 'C.', samples: [{ value: 1e21 }] },
  ];
  expect(parseExposition(exposition(metrics))).toEqual([
    { name: 'ark_a', labels: {}, value: 1.5 },
    { name: 'ark_c', labels: {}, value: 1e21 },
  ]);
});
