import { damaged } from '../../errors/errors';
import { dialectOf } from '../dialects/dialects';
import type { Dialect } from '../dialect';
import type { Blemish } from '../schema/blemish';
import type { CodeItem } from '../schema/code';
import type { Elsewhere } from '../schema/missing';
import { needsOf, type Schema } from '../schema/structure';
import { Unfit } from '../schema/unfit';
import type { Manifest } from './manifest';

type Contents = Pick<
  Manifest,
  'database' | 'collections' | 'structures' | 'objects' | 'order' | 'needs' | 'laterNeeds'
>;

export const schemaOf = ({
  collections,
  structures = [],
  objects,
  order,
  needs,
  laterNeeds,
}: Contents): Schema => ({
  relations: [...collections, ...structures].map(({ structure }) => structure),
  objects,
  order,
  needs: needsOf(needs),
  laterNeeds: needsOf(laterNeeds),
});

/** By whose native parts it is understood: those of an old `.nbdump` are PostgreSQL's, whatever its app was on. */
const readerOf = ({ database }: Contents): Dialect =>
  database.native.postgres ? dialectOf({ dialect: 'postgres' }) : dialectOf(database);

/** What an archive says that its dialect does not understand is damage, with the place and the reason. */
export function damagedBy(error: unknown): unknown {
  if (!(error instanceof Unfit)) return error;
  return damaged('unfit', { where: error.where, why: error.why }, error);
}

function understood<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw damagedBy(error);
  }
}

/** All code of an archive, whatever is restored of it. */
export const codeOf = (manifest: Contents): Promise<CodeItem[]> =>
  understood(() => readerOf(manifest).code(schemaOf(manifest)));

/** What it holds is known not to be whole. */
export const blemishesOf = (manifest: Contents): Blemish[] =>
  understood(() => readerOf(manifest).blemishes(schemaOf(manifest)));

/** What it does not have, and something in it needs. */
export const hangingOf = (manifest: Contents): Elsewhere[] =>
  understood(() =>
    readerOf(manifest).hanging(
      manifest.database,
      new Set([
        ...[...manifest.collections, ...(manifest.structures ?? [])].map(({ name }) => name),
        ...manifest.objects.map(({ identity }) => identity),
      ]),
    ),
  );
