/** The page in a real browser: `npm run test:browser`. */
const base = require('./jest.config.js');

/** @type {import('jest').Config} */
module.exports = {
  ...base,
  roots: ['<rootDir>/__tests__/browser'],
  testPathIgnorePatterns: ['/node_modules/'],
  globalSetup: '<rootDir>/__tests__/browser/globalSetup.ts',
  globalTeardown: undefined,
  maxWorkers: 1,
};
