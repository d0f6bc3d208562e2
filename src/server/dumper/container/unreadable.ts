import { refused } from '../../errors/errors';
import { JsonFault, JsonTooLarge } from '../../json';
import { damaged } from './zip';

/** What is said of JSON in a file that cannot be read; what is no fault of it stays what it is. */
export function unreadableJson(name: string, error: unknown): unknown {
  if (error instanceof JsonTooLarge)
    return refused('archive-json', { entry: name, why: error.message }, { cause: error });
  if (error instanceof JsonFault)
    return Object.assign(damaged(`${name}: ${error.message}`), { cause: error });
  if (error instanceof SyntaxError) return Object.assign(damaged(`${name} cannot be read`), { cause: error });
  return error;
}
