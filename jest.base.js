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

/**
 * What each project of tests begins with.
 *
 * @type {import('jest').Config}
 */
module.exports = {
  testEnvironment: 'node',
  transform: {
    '^.+\\.[cm]?[jt]sx?$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } },
    ],
  },
  transformIgnorePatterns: [`/node_modules/(?!(${esmOnly.join('|')})/)`],
};
