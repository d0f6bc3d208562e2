import { fileSource } from '../../src/server/actions/backups/findBackup';
import { openBackup } from '../../src/server/dumper/legacy/open';
import { asBackupError } from '../../src/server/errors/errors';
import { measured } from './measured';

/** Verifies the file that is named. */
const [, , path = ''] = process.argv;
void measured(async () => {
  try {
    return await (await openBackup(await fileSource(path))).verify({ unpack: true });
  } catch (error) {
    const { code, message } = asBackupError(error);
    return { code, message };
  }
});
