/** Ctrl-C asks the job to stop and put everything back. */
export const interrupt = new AbortController();
