import type { Command } from 'commander';
import { makerText } from '../actions/trust/maker';
import { previewBackup } from '../actions/restore/previewBackup';
import { previewText } from '../terminal/tables';
import {
  chosen,
  command,
  database,
  host,
  keepDefinitions,
  open,
  opened,
  run,
  selection,
  withoutCode,
  type Options,
} from './command';

export function previewCommand(program: Command): void {
  command(
    program,
    'preview <archive>',
    'show what a restore would change',
    database,
    ...chosen,
    keepDefinitions,
    ...opened,
    withoutCode,
  ).action((name: string, options: Options) =>
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
