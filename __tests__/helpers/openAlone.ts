import { fileSource } from '../../src/server/actions/backups/findBackup';
import { openBackup } from '../../src/server/dumper/legacy/open';
import { asBackupError } from '../../src/server/errors/errors';
import { measured, paced, watched } from './measured';

/** Opens the files that are named as a list and a restore do, before they ask a database anything; what comes of each. */
const [, , harmless = '', ...paths] = process.argv;

async function open(path: string): Promise<unknown> {
  try {
    const archive = await openBackup(await fileSource(path));
    await archive.check();
    return { collections: archive.manifest.collections.length };
  } catch (error) {
    const { code, message } = asBackupError(error);
    return { code, message };
  }
}

void measured(async () => {
  // What is compiled when it is first used is not what is measured.
  await open(harmless);
  const told: unknown[] = [];
  for (const path of paths) {
    const { result, stall } = await watched(() => open(path));
    told.push({ result, stall: paced()(stall) });
  }
  return told;
});
