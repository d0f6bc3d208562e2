import { MoreWouldBeLost, type Losses } from '../dumper/app/lost';
import { confirm } from './command';
import type { Options } from './options';

/** Rows that came while somebody was reading the preview were not among those he let go: he is asked again. */
export async function againIfMoreIsLost<T>(
  options: Options,
  shown: Losses,
  work: (acceptLost: Losses | undefined) => Promise<T>,
): Promise<T> {
  if (options.yes) return work(undefined);
  try {
    return await work(shown);
  } catch (error) {
    if (!(error instanceof MoreWouldBeLost)) throw error;
    await confirm(options, `${error.message} Continue anyway?`);
    // It names what would go beyond what was shown, and not all that would go.
    return againIfMoreIsLost(options, { ...shown, ...error.now }, work);
  }
}
