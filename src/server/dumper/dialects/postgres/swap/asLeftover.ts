import { literal, quote } from '../sql/quote';
import { jobOfUndo, STAGE_COMMENT, stageSchema } from '../sql/names';
import { sql, type Statement } from '../sql/sql';

export const leftoverOf = (undo: string): string => stageSchema(jobOfUndo(undo));

/** An undo becomes what the next job removes. */
export const asLeftover = (undo: string): Statement[] => [
  sql`ALTER SCHEMA ${quote(undo)} RENAME TO ${quote(leftoverOf(undo))}`,
  sql`COMMENT ON SCHEMA ${quote(leftoverOf(undo))} IS ${literal(STAGE_COMMENT)}`,
];
