import type { Command } from 'commander';
import { makerText } from '../actions/trust/maker';
import { previewBackup } from '../actions/restore/previewBackup';
import { previewInto } from '../actions/restore/restoreInto';
import { previewText } from '../terminal/tables';
import { run } from './command';
import { host } from './host';
import { called } from './called';
import { open } from './open';
import {
  chosen,
  withOptions,
  database,
  into,
  keepDefinitions,
  narrowing,
  opened,
  withoutCode,
  type Options,
} from './options';
import { selection } from './selection';

export function previewCommand(made: Command): void {
  withOptions(made, database, ...chosen, ...narrowing, into, keepDefinitions, ...opened, withoutCode).action(
    (asked: string, typed: Options) =>
      run(typed, async () => {
        const { name, options } = await called(asked, typed);
        const [target, archive] = [host(options), await open(name, options)];
        const preview =
          options.into === undefined
            ? await previewBackup(target, archive, selection(options), {
                name,
                noCode: options.code === false,
              })
            : await previewInto(target, archive, selection(options), options.into);
        return {
          json: preview,
          text: () => [...previewText(preview), `Made by ${makerText(preview.maker)}.`],
        };
      }),
  );
}
