import { MINUTE } from '../../durations';
import { bytesPath, findUpload, removeUpload, unfinishedUploads, type Unfinished } from './unfinished';
import { inUploadTurn } from './uploadTurn';

/** Nobody seems to send an upload of which nothing came for so long. */
const RESTING_MS = 10 * MINUTE;

/** Throws an unfinished upload away; a piece of it that is under way ends. */
export async function dropUpload(folder: string, id: string, owner: string | undefined): Promise<void> {
  await inUploadTurn(
    bytesPath(folder, id),
    async () => {
      await findUpload(folder, id, owner, new Date());
      await removeUpload(folder, id);
    },
    { over: 'any', whole: true },
  );
}

/** Whoever's they are: unfinished uploads that nobody is sending. */
export async function restingUploads(folder: string, now: Date): Promise<Unfinished[]> {
  const uploads = await unfinishedUploads(folder, now);
  return uploads.filter(({ heardAt }) => now.getTime() - Date.parse(heardAt) > RESTING_MS);
}

/** Throws them away; one that is gone on with just now stays. */
export async function dropResting(folder: string, now: Date): Promise<void> {
  for (const { id } of await restingUploads(folder, now)) {
    await inUploadTurn(bytesPath(folder, id), () => removeUpload(folder, id)).catch(() => undefined);
  }
}
