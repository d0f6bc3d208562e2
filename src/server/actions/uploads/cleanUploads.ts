import { cleanFolder } from '../../storage/files';
import { sweepUploads } from './unfinished';
import { uploadFolder } from './upload';

/** What killed processes left of uploads, and unfinished ones whose time is up. Those that can be gone on with stay. */
export async function cleanUploads(dataFolder: string, now: Date): Promise<void> {
  const folder = uploadFolder(dataFolder);
  await cleanFolder(folder);
  await sweepUploads(folder, now);
}
