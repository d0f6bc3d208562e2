import type { Archive } from '../../dumper/archive/archive';
import type { Host } from '../../host';
import { runJob, type Job, type Watch } from '../../jobs/jobs';

export async function verifyBackup(
  jobs: Host['jobs'],
  archive: Archive,
  name: string,
  watch: Watch & { by?: string | undefined; remember?: (() => Promise<void>) | undefined },
): Promise<{ job: Job; result: { entries: number; bytes: number } }> {
  return runJob(jobs, { ...watch, kind: 'verify', subject: name }, async ({ onProgress, signal }) => {
    const result = await archive.verify({ unpack: true, signal, onProgress });
    await watch.remember?.();
    return result;
  });
}
