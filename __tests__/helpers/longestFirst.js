const { default: Sequencer } = require('@jest/test-sequencer');

/** Small files that take long. Where nothing is known of times the largest go first, and these would come last. */
const LONG = [
  'browser/languages',
  'cases/cases',
  'console/large',
  'console/locked',
  'console/strangers',
  'dumper/crash',
  'dumper/dialect',
  'dumper/forged',
  'dumper/growth',
  'dumper/memory',
  'dumper/planted',
  'dumper/zip',
  'jobs/schedule',
  'storage/s3',
  'storage/webdav',
].map((name) => `/__tests__/${name}.test.ts`);

/** The longest first, so that no processor waits at the end for a file that the other has just begun. */
module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    const isLong = ({ path }) => LONG.some((name) => path.endsWith(name));
    const sorted = super.sort(tests);
    return [...sorted.filter(isLong), ...sorted.filter((test) => !isLong(test))];
  }
};
