import type { Archive } from '../../dumper/archive/archive';
import type { GroupName } from '../../dumper/app/groups';
import { totals, type ArchivedFolder, type Totals } from '../../dumper/archive/manifest';

/** What an archive says of itself, without its structure. */
export interface Summary extends Totals {
  readonly name: string;
  readonly size: number;
  readonly id: string;
  readonly createdAt: string;
  readonly instance: string;
  readonly encrypted: boolean;
  readonly groups: { group: GroupName; collections: number; rows: number }[];
  /** Uploaded files by file storage, where the backup has them. */
  readonly files?: { storage: string; files: number; bytes: number }[];
}

export function summarize(name: string, archive: Archive): Summary {
  const { manifest } = archive;
  const groups = [...new Set(manifest.collections.map((collection) => collection.group))].map((group) => {
    const members = manifest.collections.filter((collection) => collection.group === group);
    return {
      group,
      collections: members.length,
      rows: members.reduce((sum, member) => sum + member.rows, 0),
    };
  });
  return {
    name,
    id: manifest.id,
    createdAt: manifest.createdAt,
    instance: manifest.instance,
    encrypted: archive.encrypted,
    groups,
    ...(manifest.files && { files: manifest.files.map(filesOf) }),
    ...totals(manifest.collections),
    size: archive.size,
  };
}

const filesOf = ({ storage, files }: ArchivedFolder) => ({
  storage,
  files: files.length,
  bytes: files.reduce((sum, file) => sum + file.size, 0),
});
