/** The plugin in a real NocoBase: `npm run test:nocobase`. */
const base = require('./jest.config.js');

/** @type {import('jest').Config} */
module.exports = {
  ...base,
  roots: ['<rootDir>/__tests__/nocobase'],
  testPathIgnorePatterns: ['/node_modules/'],
  globalSetup: '<rootDir>/__tests__/nocobase/globalSetup.ts',
  maxWorkers: 1,
};
