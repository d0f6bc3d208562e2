export const stageSchema = (job: string): string => `ark_stage_${job}`;
export const undoSchema = (job: string): string => `ark_undo_${job}`;
export const jobOfStage = (schema: string): string => schema.slice(stageSchema('').length);
export const jobOfUndo = (schema: string): string => schema.slice(undoSchema('').length);

/** Of a rehearsal in a database by the number `oid`: a copy of that database does not take it for its own. */
export const freshDatabase = (job: string, oid: string): string => `ark_rehearsal_${job}_${oid}`;

/** Ark's schemas say so themselves: a schema that only happens to have such a name is left alone. */
export const STAGE_COMMENT = 'Ark: tables being restored. Removed by the next Ark job if this one died.';
/** Begins what is said of tables that wait for their swap; what is kept with them follows on the next line. */
export const PREPARED_COMMENT =
  'Ark: tables that are prepared for a restore. The next Ark job removes them once their time is up.';
export const FRESH_COMMENT = 'Ark: a restore being rehearsed. Removed by the next Ark job if this one died.';
export const ASIDE_COMMENT =
  'Tables of a backup, restored beside the app by Ark. The app knows nothing of them.';
export const UNDO_COMMENT = 'Ark: what a restore replaced, kept for an undo.';

/** The table in an undo schema that says what happened; no app names a table so. */
export const JOURNAL = 'ark:journal';

/** Not "a role that we are a member of": a superuser is a member of all. */
export const OURS = (owner: string): string =>
  `${owner} = (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname = current_user)`;
