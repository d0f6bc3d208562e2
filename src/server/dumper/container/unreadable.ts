import { damaged, refused } from '../../errors/errors';
import { JsonTooLarge, Misshapen } from '../../json';

/** What is said of JSON in a file that cannot be read; what is no fault of it stays what it is. */
export function unreadableJson(entry: string, error: unknown): unknown {
  if (error instanceof JsonTooLarge)
    return refused('archive-json', { entry, reason: error.reason }, { cause: error });
  if (error instanceof Misshapen)
    return damaged('shape', { entry, where: error.where, why: error.why }, error);
  return error instanceof SyntaxError ? damaged('unread', { entry }, error) : error;
}
