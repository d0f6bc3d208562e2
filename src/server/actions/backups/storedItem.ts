import * as z from 'zod';
import { BackupItem } from '../../api/backupItem';

/**
 * What the archive itself says and proves. Whether whoever signed it is known here is not kept: that may change.
 */
export const StoredItem = BackupItem.omit({
  maker: true,
  mine: true,
  verifiedAt: true,
  rehearsedAt: true,
  proof: true,
  unproven: true,
  pinned: true,
  note: true,
}).extend({
  /** The fingerprint of the key whose signature was found right. */
  signedBy: z.string().optional(),
  /** Absent where it is damaged. */
  manifestSha256: z.string().optional(),
});

export type StoredItem = z.infer<typeof StoredItem>;
