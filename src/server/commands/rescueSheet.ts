import type { Command } from 'commander';
import { rescueSheet } from '../actions/system/rescueSheet';
import { dataFolder } from '../environment';
import { run, settings } from './command';
import { host } from './host';
import { database, withOptions, type Options } from './options';
import { remembered } from './remembered';

/** `ark rescue-sheet`: to be printed or mailed. */
export function rescueSheetCommand(made: Command): void {
  withOptions(made, database).action((options: Options) =>
    run(options, async () => {
      const { markdown, ...sheet } = await rescueSheet(
        host(options),
        dataFolder(settings(options)),
        remembered(options),
        new Date(),
      );
      return { json: sheet, text: markdown.split('\n') };
    }),
  );
}
