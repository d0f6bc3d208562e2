import { BackupError } from '../errors';
import type { Host } from '../host';

const WAIT_MS = 50;
const PATIENCE_MS = 15_000;

/** One at a time in all processes and nodes of an instance. What is done in its turn takes moments, so others wait. */
export async function inTurn<T>(
  host: Pick<Host, 'exclusive'>,
  name: string,
  use: () => Promise<T>,
): Promise<T> {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end;) {
    const got = await host.exclusive(name, use);
    if (got) return got.value;
    await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
  }
  throw new BackupError('JOB_BUSY', `Another process has been changing ${name} for too long. Try again.`);
}
