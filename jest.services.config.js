/** Storages on real servers from Debian packages (__tests__/services/packages.txt): `npm run test:services`, as root. */
const base = require('./jest.base.js');

/** @type {import('jest').Config} */
module.exports = {
  ...base,
  testEnvironment: '<rootDir>/__tests__/helpers/endsInTime.cjs',
  roots: ['<rootDir>/__tests__/services'],
  testMatch: ['**/*.test.ts'],
  testTimeout: 300_000,
  globalSetup: '<rootDir>/__tests__/helpers/globalSetup.ts',
  globalTeardown: '<rootDir>/__tests__/helpers/globalTeardown.ts',
  maxWorkers: 1,
  reporters: ['default', '<rootDir>/__tests__/helpers/running.js'],
  // A connection that a stopped server has left behind would keep the run from ending.
  forceExit: true,
};
