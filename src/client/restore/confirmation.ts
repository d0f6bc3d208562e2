/** The name that is typed before a restore: never an empty one, which nothing at all would confirm. */
export const confirmationOf = (instance: string, backup: string): string => instance.trim() || backup.trim();

export const isConfirmed = (typed: string, name: string): boolean => name !== '' && typed.trim() === name;
