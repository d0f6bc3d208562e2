/** Of a CommonJS library that is loaded later a bundler knows no names; of ours it does. */
export { loadModule, parseSync, scanSync } from 'libpg-query';
