export const stageSchema = (job: string): string => `ark_stage_${job}`;
export const undoSchema = (job: string): string => `ark_undo_${job}`;

/** Ark's schemas say so themselves: a schema that only happens to have such a name is left alone. */
export const STAGE_COMMENT = 'Ark: tables being restored. Removed by the next Ark job if this one died.';
export const UNDO_COMMENT = 'Ark: what a restore replaced, kept for an undo.';

/** The table in an undo schema that says what happened; no app names a table so. */
export const JOURNAL = 'ark:journal';
