import type { Archive } from '../../dumper/archive/archive';
import { totals, type Totals } from '../../dumper/archive/manifest';
import { summaryOf, type Summary as Said } from '../../dumper/archive/summary';

/** What an archive says of itself, without its structure. */
export interface Summary extends Totals {
  readonly name: string;
  readonly size: number;
  readonly id: string;
  readonly createdAt: string;
  readonly instance: string;
  readonly encrypted: boolean;
  readonly groups: Said['groups'];
  /** Uploaded files by file storage, where the backup has them. */
  readonly files?: Said['files'];
}

export function summarize(name: string, archive: Archive): Summary {
  const { manifest } = archive;
  const { id, createdAt, instance, groups, files } = summaryOf(manifest);
  return {
    name,
    id,
    createdAt,
    instance,
    encrypted: archive.encrypted,
    groups,
    ...(files && { files }),
    ...totals(manifest.collections),
    size: archive.size,
  };
}
