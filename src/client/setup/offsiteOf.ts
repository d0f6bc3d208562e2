import type { Safety } from '../api/api';

/** The storage that counts as off-site, tested or not; one on this machine does not. */
export function offsiteOf({ steps }: Pick<Safety, 'steps'>): string | undefined {
  const storage = steps.find(({ step }) => step === 'storage');
  return storage?.missing.includes('storage-here') ? undefined : storage?.name;
}
