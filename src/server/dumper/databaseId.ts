import { createHash } from 'node:crypto';

declare const brand: unique symbol;

/**
 * Which database it is. Only a dialect makes one, of what the server says of itself: the words with which somebody
 * named the database differ with the way to it and with the user, so they are no `DatabaseId`.
 */
export type DatabaseId = string & { readonly [brand]: true };

/** Short, and fit for the name of a file. */
export const ownerOf = (database: DatabaseId): string => short(database);

/** An older Ark marked files by the words for the database; what it has left is still known by them. */
export const olderOwnerOf = (label: string): string => short(label);

const short = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 8);
