'use strict';
/** One collection with every field type there is, and rows which go to the limits of each. */
const { collection, field } = require('./demo-fields.cjs');
const { NASTY } = require('./demo-data.cjs');

const OPTIONS = ['alpha', 'beta', 'gamma', 'delta'];
const STRINGS = ['input', 'phone', 'email', 'color', 'icon', 'attachmentURL'];
const TEXTS = ['textarea', 'markdown', 'vditor', 'richText', 'code', 'url'];

/** A field type that the collection manager has no interface for, but accepts. */
const bare = (name, type, more) => ({ name, type, ...more });

const samples = collection('samples', 'snowflakeId', [
  ...[...STRINGS, ...TEXTS].map((kind) => field(kind, kind)),
  field('password', 'password'),
  field('whole', 'integer', { type: 'integer' }),
  field('bigWhole', 'integer'),
  field('double', 'number'),
  field('float', 'number', { type: 'float' }),
  field('decimal', 'number', { type: 'decimal', precision: 38, scale: 12 }),
  field('percent', 'percent'),
  field('checkbox', 'checkbox'),
  bare('radio', 'radio'),
  field('select', 'select', { options: OPTIONS }),
  field('radioGroup', 'radioGroup', { options: OPTIONS }),
  field('multipleSelect', 'multipleSelect', { options: OPTIONS }),
  field('checkboxGroup', 'checkboxGroup', { options: OPTIONS }),
  bare('set', 'set'),
  bare('textList', 'array', { dataType: 'array', elementType: 'string' }),
  field('datetime', 'datetime'),
  field('datetimeNoTz', 'datetimeNoTz'),
  field('date', 'date'),
  field('time', 'time'),
  field('unixTimestamp', 'unixTimestamp', { accuracy: 'second' }),
  field('unixMilliseconds', 'unixTimestamp', { accuracy: 'millisecond' }),
  field('json', 'json'),
  field('jsonb', 'json', { type: 'jsonb' }),
  bare('blob', 'blob'),
  field('uuid', 'uuid'),
  field('nanoid', 'nanoid', { size: 10 }),
  bare('uid', 'uid', { prefix: 's_' }),
  field('snowflake', 'snowflakeId'),
  field('sequence', 'sequence', {
    patterns: [
      { type: 'date', options: { field: 'createdAt', format: 'YYYY' } },
      { type: 'string', options: { value: '/' } },
      { type: 'integer', options: { key: 1, digits: 4, start: 1000, base: 10, cycle: '0 0 1 1 *' } },
    ],
  }),
  field('formula', 'formula', { expression: 'SUM({{double}}, {{percent}})', engine: 'formula.js' }),
  field('formulaText', 'formula', {
    expression: 'CONCATENATE({{input}}, "!")',
    engine: 'formula.js',
    dataType: 'string',
  }),
  field('sort', 'sort'),
  field('sortInGroup', 'sort', { scopeKey: 'select' }),
  field('point', 'point'),
  field('lineString', 'lineString'),
  field('circle', 'circle'),
  field('polygon', 'polygon'),
  field('chinaRegion', 'chinaRegion', {
    through: 'samplesChinaRegions',
    foreignKey: 'f_sample_id',
    otherKey: 'f_region_code',
  }),
]);

/** `regions`: rows of chinaRegions to choose from. Automatic values (sort, sequence) are left to NocoBase. */
function sampleRows(random, count, regions) {
  const texts = (text) => ({
    ...Object.fromEntries(STRINGS.map((name) => [name, [...text].slice(0, 100).join('')])),
    ...Object.fromEntries(TEXTS.map((name) => [name, text])),
  });
  const points = (count) => Array.from({ length: count }, random.point);

  const ordinary = (text) => ({
    ...texts(text),
    password: random.maybe(0.1, () => random.words(2, 3)), // hashing one takes a tenth of a second
    whole: random.int(-2147483648, 2147483647),
    bigWhole: `${random.int(-9, 9) || 1}${random.digits(17)}`,
    double: random.next() * 10 ** random.int(-12, 12),
    float: random.next(),
    decimal: `${random.int(1, 9)}${random.digits(20)}.${random.digits(12)}`,
    percent: random.int(0, 1000) / 1000,
    checkbox: random.chance(0.5),
    radio: false,
    select: random.pick(OPTIONS),
    radioGroup: random.pick(OPTIONS),
    multipleSelect: random.some(OPTIONS),
    checkboxGroup: random.some(OPTIONS),
    set: random.some(OPTIONS),
    textList: random.some(NASTY, 4),
    datetime: random.isoTime(),
    datetimeNoTz: random.isoTime().slice(0, 19).replace('T', ' '),
    date: random.isoDate(),
    time: random.time(),
    unixTimestamp: random.isoTime(),
    unixMilliseconds: random.isoTime(),
    json: { text, list: [1, 2.5, null, true, { deep: [[]] }], '': 'empty key' },
    jsonb: random.pick([{ a: { b: text } }, [text, 1], 'just a text', 42, true, {}, []]),
    uuid: random.uuid(),
    nanoid: random.hex(10),
    uid: `s_${random.hex(11)}`,
    snowflake: `3${random.digits(14)}`,
    point: random.point(),
    lineString: points(random.int(2, 5)),
    circle: [...random.point(), random.int(1, 90000) / 10],
    polygon: points(random.int(3, 6)),
    chinaRegion: regions.length ? [{ code: random.pick(regions).code }] : [],
  });

  const limits = [
    {}, // everything NULL, but for the defaults
    { input: 'x'.repeat(254), textarea: 'long ünïcödé text\n'.repeat(4000), code: '\\'.repeat(5000) },
    {
      whole: -2147483648,
      bigWhole: '9223372036854775807',
      double: 1.7976931348623157e308,
      decimal: '-0.000000000001',
    },
    {
      whole: 2147483647,
      bigWhole: '-9007199254740991',
      double: 5e-324,
      decimal: '9'.repeat(26) + '.' + '9'.repeat(12),
    },
    { datetime: '0001-01-01T00:00:00.000Z', date: '0001-01-01', time: '00:00:00' },
    { datetime: '9999-12-31T23:59:59.999Z', date: '9999-12-31', time: '23:59:59' },
    { json: [], jsonb: {}, set: [], textList: [], multipleSelect: [] },
  ];
  const nasty = NASTY.map(ordinary);
  const rest = Array.from({ length: count - limits.length - nasty.length }, () =>
    ordinary(random.sentence()),
  );
  return [...limits, ...nasty, ...rest];
}

/** What only SQL can store: values beyond JSON and JavaScript, as they come from imports and other programs. */
const EXTREMES_SQL = [
  `UPDATE "samples" SET "blob" = decode(md5("sequence"), 'hex') WHERE "blob" IS NULL AND "sequence" IS NOT NULL`,
  `INSERT INTO "samples" ("id", "input", "bigWhole", "double", "decimal", "datetime", "date", "json", "jsonb", "blob") VALUES
   (1, 'limits of SQL', -9223372036854775808, 'NaN', 'NaN', '2024-02-29 12:34:56.123456+00', '2024-02-29', 'null',
    '12345678901234567890123.50', '\\x00ff5c0a'),
   (2, 'infinite', 9007199254740993, 'Infinity', 0.100000000000, 'infinity', 'infinity', '{"a":1, "a":2}', '"{\\"a\\":1}"', ''),
   (3, 'before Christ', 0, '-Infinity', -1, '0044-03-15 12:00:00+00 BC', '0044-03-15 BC', '1.0', 'null', NULL)`,
];

module.exports = { samples, sampleRows, EXTREMES_SQL };
