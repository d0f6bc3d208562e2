import * as z from 'zod';
import { Failure } from '../errors/details';
import { FolderSum, GroupSum } from '../dumper/archive/summary';
import { Origin } from '../dumper/archive/origin';
import { Holds } from '../dumper/backup/holds';
import { Proof, Unproven } from '../dumper/restore/proof';

/** A backup in the list: what the API answers, and what is remembered of it. */

const Count = z.number().int().nonnegative();
const Time = z.iso.datetime();
const Fingerprint = z.string();

export const Maker = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('own'), fingerprint: Fingerprint.optional() }),
  z.object({ kind: z.literal('trusted'), fingerprint: Fingerprint, name: z.string() }),
  z.object({ kind: z.literal('stranger'), fingerprint: Fingerprint }),
  z.object({ kind: z.literal('unknown') }),
]);

export const BackupItem = z.object({
  name: z.string(),
  storage: z.string(),
  size: Count,
  /** When it was made; when the file was written, if the archive cannot be opened. */
  createdAt: Time,
  createdBy: z.string().optional(),
  instance: z.string().optional(),
  encrypted: z.boolean(),
  /** Uploaded files by file storage, where the backup has them. */
  files: z.array(FolderSum).optional(),
  groups: z.array(GroupSum),
  /** What it has as a whole; of an encrypted one only this instance's own records tell. */
  holds: Holds.optional(),
  /** `locked`: encrypted, its content is not known without the key. `damaged`: `error` says how. */
  state: z.enum(['ok', 'locked', 'damaged']),
  error: Failure.optional(),
  /** When `verify` last found every byte as written. */
  verifiedAt: Time.optional(),
  /** `nbdump`: of NocoBase's backup-restore plugin, uploaded; `nbdata`: of its Backup manager. Absent: `ark`. */
  format: z.enum(['ark', 'nbdump', 'nbdata']).optional(),
  /** Proven restorable: when `rehearse` last built all of it and found every row the same. */
  rehearsedAt: Time.optional(),
  /** Where that was: in a fresh database, as on a new server, or in a schema beside the app. */
  proof: Proof.optional(),
  /** What that has not shown. */
  unproven: z.array(Unproven).optional(),
  /** Who made it, as its signature proves. */
  maker: Maker,
  /** This instance made it: by its signature, or for one of before there were signatures by its own records. */
  mine: z.boolean(),
  /** Not encrypted, though it passes for one of this instance's own, which are: a restore and a rehearsal want `allowPlain`. */
  suddenlyPlain: z.boolean().optional(),
  /** Kept until somebody unpins it: nothing deletes it before. */
  pinned: z.object({ at: Time, by: z.string().optional() }).optional(),
  /** What somebody has written on it. */
  note: z.string().optional(),
  /** The archive's own id. */
  id: z.string().optional(),
  /** The number that the instance drew for itself, and the schedule that made it (absent: made by hand). */
  origin: Origin.optional(),
});
