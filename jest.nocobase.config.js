/** The plugin in a real NocoBase: `npm run test:nocobase`. */
const base = require('./jest.base.js');

/** @type {import('jest').Config} */
module.exports = {
  ...base,
  testEnvironment: '<rootDir>/__tests__/browser/environment.cjs',
  roots: ['<rootDir>/__tests__/nocobase'],
  testMatch: ['**/*.test.ts'],
  testTimeout: 600_000,
  globalSetup: '<rootDir>/__tests__/nocobase/globalSetup.ts',
  globalTeardown: '<rootDir>/__tests__/helpers/globalTeardown.ts',
  maxWorkers: 1,
  reporters: ['default', '<rootDir>/__tests__/helpers/running.js'],
  // What a failed test has left behind would keep the run from ending.
  forceExit: true,
};
