import type { Command } from 'commander';
import { safetyOf } from '../actions/system/safety';
import { stepsText } from '../terminal/stepsText';
import { run } from './command';
import { host } from './host';
import { database, withOptions, type Options } from './options';
import { remembered } from './remembered';

const UNSAFE_EXIT = 6;

/** `ark safe`: the same line as the page's. */
export function safeCommand(made: Command): void {
  withOptions(made, database).action((options: Options) =>
    run(options, async () => {
      const { steps } = await safetyOf(host(options), remembered(options), new Date());
      const safe = steps.every(({ done }) => done);
      return { json: { safe, steps }, text: stepsText(steps), exit: safe ? 0 : UNSAFE_EXIT };
    }),
  );
}
