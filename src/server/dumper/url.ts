/** `postgres://user@/name?host=/socket` is a URL to its own programs, and to nobody else. */
export const asUrl = (text: string): string => text.replace(/^([a-z]+:\/\/[^/?#]*@)\//i, '$1localhost/');
