import { refused } from '../../errors/errors';
import type { Dialect } from '../dialect';
import type { Source } from '../schema/source';
import type { DialectName } from '../schema/types';
import { mariadb, mysql } from './mysql/dialect';
import { postgres } from './postgres/dialect';

/** Every kind of database that Ark works with. */
export const dialects: Partial<Record<DialectName, Dialect>> = {
  postgres,
  mysql,
  mariadb,
};

/** Throws DIALECT_DIFFERS for one that this Ark does not work with. */
export function dialectOf({ dialect }: Pick<Source, 'dialect'>): Dialect {
  const known = dialects[dialect];
  if (known) return known;
  throw refused('dialect-unknown', { dialect, known: Object.keys(dialects) });
}
