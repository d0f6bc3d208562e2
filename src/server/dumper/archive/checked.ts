import { refused } from '../../errors/errors';
import { dialectOf } from '../dialects/dialects';
import { Unfit } from '../schema/unfit';
import { damagedBy, schemaOf } from './contents';
import type { Manifest } from './manifest';
import type { CheckedSchema } from '../schema/structure';

/**
 * The structure that a manifest has, every text of it found to be what it has to be. There is no other way from an
 * archive to a database. Throws ARCHIVE_DAMAGED with the place and the reason.
 */
export async function checked(manifest: Manifest): Promise<CheckedSchema> {
  try {
    return await dialectOf(manifest.database).check(schemaOf(manifest), manifest.database);
  } catch (error) {
    throw damagedBy(error);
  }
}

/** Before anything is read: what could not be restored by this Ark is no backup. */
export async function refuseUnwritable(manifest: Manifest): Promise<void> {
  try {
    await dialectOf(manifest.database).check(schemaOf(manifest), manifest.database);
  } catch (error) {
    if (!(error instanceof Unfit)) throw error;
    throw refused('structure-unknown', { where: error.where, why: error.why }, { cause: error });
  }
}
