/** Stands for a secret wherever one is shown or answered; sent back, it means: as before. */
export const MASK = '********';
