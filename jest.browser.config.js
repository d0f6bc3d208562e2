/** The page in a real browser: `npm run test:browser`. */
const base = require('./jest.base.js');

/** @type {import('jest').Config} */
module.exports = {
  ...base,
  testEnvironment: '<rootDir>/__tests__/browser/environment.cjs',
  roots: ['<rootDir>/__tests__/browser'],
  testMatch: ['**/*.test.ts'],
  testTimeout: 600_000,
  globalSetup: '<rootDir>/__tests__/browser/globalSetup.ts',
  // Each page waits for its server and draws in between.
  maxWorkers: 2,
  testSequencer: '<rootDir>/__tests__/helpers/longestFirst.js',
  reporters: ['default', '<rootDir>/__tests__/helpers/running.js'],
  // What a failed test has left behind would keep the run from ending.
  forceExit: true,
};
