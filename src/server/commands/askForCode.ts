import { newCode, refuseCode, type CodeItem } from '../dumper/schema/code';
import { codeText } from '../terminal/codeText';
import { say } from '../terminal/print';
import { confirm } from './command';
import type { Options } from './options';

/** Nobody has read anything with --yes, or where nobody can be asked: then it has to be said. */
export async function askForCode(
  options: Options,
  code: readonly CodeItem[],
  question: string,
  {
    beforeRefusal,
    whose,
  }: { readonly beforeRefusal?: () => Promise<unknown>; readonly whose?: string | undefined } = {},
): Promise<boolean> {
  const coming = newCode(code);
  if (!options.json) say(codeText(coming, true));
  if (options.yes === true || !process.stdin.isTTY) {
    await beforeRefusal?.();
    refuseCode(coming, false, whose);
  }
  await confirm(options, question);
  return true;
}
