/** Storages on real servers from Debian packages (__tests__/services/packages.txt): `npm run test:services`, as root. */
const base = require('./jest.config.js');

/** @type {import('jest').Config} */
module.exports = {
  ...base,
  roots: ['<rootDir>/__tests__/services'],
  testPathIgnorePatterns: ['/node_modules/'],
  maxWorkers: 1,
  // A connection that a stopped server has left behind would keep the run from ending.
  forceExit: true,
};
