const { resolve } = require('node:path');
const base = require('./jest.base.js');
const { sortedTests } = require('./__tests__/helpers/database');

const tests = sortedTests(resolve(__dirname, '__tests__'), ['nocobase', 'browser', 'services']);

/**
 * `unit` needs nothing but Node; `database` starts a PostgreSQL for what asks for one, by importing
 * `__tests__/helpers/postgres`.
 *
 * @type {import('jest').Config}
 */
module.exports = {
  // For busy machines; nothing waits for it that goes well.
  testTimeout: 300_000,
  maxWorkers: 2,
  // What files leave behind would grow to gigabytes, of which each process that a test starts copies the tables.
  workerIdleMemoryLimit: '1500MB',
  testSequencer: '<rootDir>/__tests__/helpers/longestFirst.js',
  reporters: ['default', '<rootDir>/__tests__/helpers/running.js'],
  projects: [
    { ...base, displayName: 'unit', roots: ['<rootDir>/__tests__'], testMatch: tests.unit },
    {
      ...base,
      displayName: 'database',
      roots: ['<rootDir>/__tests__'],
      testMatch: tests.database,
      globalSetup: '<rootDir>/__tests__/helpers/globalSetup.ts',
      globalTeardown: '<rootDir>/__tests__/helpers/globalTeardown.ts',
    },
  ],
};
