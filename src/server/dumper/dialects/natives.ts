import * as z from 'zod';
import * as mysql from './mysql/structure/structure';
import * as postgres from './postgres/structure/structure';

/** What an archive holds beside the neutral core: a line for each dialect. What another Ark wrote more is not read. */
export const DatabaseNative = z.object({
  postgres: postgres.DatabaseNative.optional(),
  mysql: mysql.DatabaseNative.optional(),
});
export const RelationNative = z.object({
  postgres: postgres.RelationNative.optional(),
  mysql: mysql.RelationNative.optional(),
});
export const ObjectNative = z.object({
  postgres: postgres.ObjectNative.optional(),
  mysql: mysql.ObjectNative.optional(),
});
