'use strict';
/** Deterministic pseudo-random data for the demo: the same seed gives the same values, in the same order. */
const zlib = require('node:zlib');

const FIRST =
  `Mei Aisha Björn Chiara Dmitri Élodie Fatima Goran Hiroshi Inés Jamal Kateryna Lars Mariam Nguyễn Olumide Priya
  Quentin Rósa Søren Tomáš Uxía Viktor Wanjiru Ximena Yusuf Zoë 美玲 太郎 Łukasz`.split(/\s+/);
const LAST =
  `Andersson Bianchi Çelik Dlamini Eriksen Fernández García Haddad Ivanova Jørgensen Kowalski Lefèvre Müller
  Nakamura Okafor Papadopoulos Quispe Rossi Šimić Tanaka Ueda Vălean Wójcik Xu Yılmaz Zhang 田中 O'Brien`.split(
    /\s+/,
  );
const COMPANY =
  `Alder Birch Cedar Delta Ember Fjord Granite Harbour Indigo Juniper Kestrel Lagoon Meridian Nordlicht Onyx
  Praça Quartz Río Saffron Tundra Umbra Vega Willow Xenia Yarrow Zenit`.split(/\s+/);
const LEGAL = ['GmbH', 'Ltd', 'S.A.', 'AB', 'K.K.', '& Söhne', 'Inc.', 'sp. z o.o.', '有限公司'];
const THING =
  `lamp chair shelf kettle drill saw rake hose desk binder mug pan knife board clamp vice stool bench`.split(
    ' ',
  );
const STYLE = `oak steel linen copper walnut ceramic bamboo brushed compact foldable vintage silent`.split(
  ' ',
);
const WORD =
  `the order arrived late box was dented please call customer again invoice number missing colour wrong green
  instead of blue thank you for quick help next delivery tuesday morning warehouse gate three`.split(/\s+/);

/** Texts that trip naive importers and exporters. */
const NASTY = [
  '',
  ' ',
  "O'Reilly'); DROP TABLE orders; --",
  'She said "fine", twice: ""fine""',
  'back\\slash \\\\ \\n \\N \\. \\x41 ending with one \\',
  'first line\nsecond line\r\nthird\ttabbed',
  'comma, semicolon; pipe| dollar $$ $1 percent %s {{braces}} ${value}',
  'NULL',
  'null',
  '{"looks": "like JSON"}',
  '<script>alert("&amp;")</script>',
  'العربية من اليمين إلى اليسار',
  '中文字符與日本語、한국어',
  'emoji 👩‍👩‍👧‍👦 🏳️‍🌈 🧑🏽‍🚀 𝄞',
  'decomposed e\u0301 next to composed é',
  '\ufeffbyte order mark, zero\u200bwidth, line\u2028separator, control \u0001\u001f\u007f',
  '-0',
  '1e999',
];

function createRandom(seed) {
  let state = seed >>> 0;
  /** A number from 0 to below 1 (the generator known as mulberry32). */
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const int = (from, to) => from + Math.floor(next() * (to - from + 1));
  const pick = (list) => list[int(0, list.length - 1)];
  const chance = (probability) => next() < probability;
  const some = (list, most = list.length) => {
    const rest = [...list];
    return Array.from(
      { length: int(0, Math.min(most, rest.length)) },
      () => rest.splice(int(0, rest.length - 1), 1)[0],
    );
  };
  const digits = (count) => Array.from({ length: count }, () => int(0, 9)).join('');
  const hex = (count) => Array.from({ length: count }, () => int(0, 15).toString(16)).join('');
  const words = (from, to) => Array.from({ length: int(from, to) }, () => pick(WORD)).join(' ');
  /** Always the same two years and a half, whatever the date of today. */
  const moment = () => new Date(Date.UTC(2024, 0, 1) + int(0, 912 * 86400) * 1000);

  return {
    next,
    int,
    pick,
    chance,
    some,
    digits,
    hex,
    words,
    moment,
    maybe: (probability, make) => (chance(probability) ? make() : null),
    sentence: () =>
      chance(0.02) ? pick(NASTY) : `${words(4, 14)}.`.replace(/^./, (letter) => letter.toUpperCase()),
    paragraphs: () => Array.from({ length: int(1, 3) }, () => words(8, 40)).join('\n\n'),
    person: () => `${pick(FIRST)} ${pick(LAST)}`,
    company: () => `${pick(COMPANY)} ${pick(COMPANY)} ${pick(LEGAL)}`,
    product: () => `${pick(STYLE)} ${pick(THING)}`,
    phone: () => `+${int(1, 98)} ${digits(3)} ${digits(6)}`,
    color: () => `#${hex(6)}`,
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`,
    money: (most) => (int(0, most * 100) / 100).toFixed(2),
    point: () => [int(-1790000, 1790000) / 1e4, int(-850000, 850000) / 1e4],
    isoTime: () => moment().toISOString(),
    isoDate: () => moment().toISOString().slice(0, 10),
    time: () => moment().toISOString().slice(11, 19),
  };
}

/** A square PNG picture of one colour. */
function png(red, green, blue, size = 48) {
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    const checksum = Buffer.alloc(4);
    checksum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, checksum]);
  };
  const header = Buffer.from([0, 0, 0, size, 0, 0, 0, size, 8, 2, 0, 0, 0]);
  const row = Buffer.from([0, ...Array.from({ length: size }, () => [red, green, blue]).flat()]);
  const pixels = zlib.deflateSync(Buffer.concat(Array.from({ length: size }, () => row)));
  const signature = Buffer.from('89504e470d0a1a0a', 'hex');
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', pixels),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function crc32(bytes) {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

module.exports = { createRandom, png, NASTY };
