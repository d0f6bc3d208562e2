import { quote } from './quote';
import { sql, type Statement } from './sql';

/**
 * The path in which every question of Ark's own is asked. Whoever may create things in the app's schema could plant
 * a function, an operator or a table there that fits a question better than the server's own; nobody can plant
 * anything here. Statements whose text belongs to the app run in the app's path: see inPath() and printed().
 */
export const OWN_PATH = 'pg_catalog, pg_temp';

/** Schemas as a search path. The session's own temporary things come last, or they would come before all. */
export const searchPath = (schemas: readonly string[]): string =>
  [...schemas.map(quote), 'pg_temp'].join(', ');

/** Statements that name things as the app does, without a schema; for a transaction, which then goes on in our own path. */
export const inPath = (schemas: readonly string[], statements: readonly Statement[]): Statement[] =>
  statements.length === 0
    ? []
    : [
        sql`SET LOCAL search_path = ${searchPath(schemas)}`,
        ...statements,
        sql`SET LOCAL search_path = ${OWN_PATH}`,
      ];
