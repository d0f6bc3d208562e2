import type { Command } from 'commander';
import { makerText } from '../actions/trust/maker';
import { previewBackup } from '../actions/restore/previewBackup';
import { previewText } from '../terminal/tables';
import { run } from './command';
import { host } from './host';
import { open } from './open';
import { chosen, withOptions, database, keepDefinitions, opened, withoutCode, type Options } from './options';
import { selection } from './selection';

export function previewCommand(made: Command): void {
  withOptions(made, database, ...chosen, keepDefinitions, ...opened, withoutCode).action(
    (name: string, options: Options) =>
      run(options, async () => {
        const preview = await previewBackup(host(options), await open(name, options), selection(options), {
          name,
          noCode: options.code === false,
        });
        return {
          json: preview,
          text: [...previewText(preview), `Made by ${makerText(preview.maker)}.`],
        };
      }),
  );
}
