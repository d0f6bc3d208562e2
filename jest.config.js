// Packages that ship ES modules only; jest runs CommonJS, so they are transformed like our own source.
const esmOnly = [
  'archiver',
  'zip-stream',
  'compress-commons',
  'crc32-stream',
  'is-stream',
  'readdir-glob',
  'age-encryption',
  '@noble',
  '@scure',
  'webdav',
  '@buttercup',
  '@nodable',
  'anynum',
  'data-uri-to-buffer',
  'entities',
  'fast-xml-builder',
  'fast-xml-parser',
  'fetch-blob',
  'formdata-polyfill',
  'hot-patcher',
  'is-unsafe',
  'layerr',
  'node-fetch',
  'p-limit',
  'p-map',
  'path-expression-matcher',
  'strnum',
  'url-join',
  'xml-naming',
  'yocto-queue',
];

/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/__tests__'],
  testMatch: ['**/*.test.ts?(x)'],
  testPathIgnorePatterns: [
    '/node_modules/',
    '/__tests__/nocobase/',
    '/__tests__/browser/',
    '/__tests__/services/',
  ],
  globalSetup: '<rootDir>/__tests__/helpers/globalSetup.ts',
  globalTeardown: '<rootDir>/__tests__/helpers/globalTeardown.ts',
  // For busy machines; nothing waits for it that goes well.
  testTimeout: 300_000,
  maxWorkers: 2,
  transform: {
    '^.+\\.[cm]?[jt]sx?$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } },
    ],
  },
  transformIgnorePatterns: [`/node_modules/(?!(${esmOnly.join('|')})/)`],
};
