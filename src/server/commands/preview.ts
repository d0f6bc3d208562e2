import type { Command } from 'commander';
import { previewBackup } from '../actions/previewBackup';
import { previewText } from '../terminal/tables';
import {
  all,
  collections,
  command,
  database,
  groups,
  host,
  identity,
  open,
  passphrase,
  run,
  selection,
  storage,
  type Options,
} from './command';

export function previewCommand(program: Command): void {
  command(
    program,
    'preview <archive>',
    'show what a restore would change',
    database,
    groups,
    collections,
    all,
    storage,
    passphrase,
    identity,
  ).action((name: string, options: Options) =>
    run(options, async () => {
      const preview = await previewBackup(host(options), await open(name, options), selection(options));
      return { json: preview, text: previewText(preview) };
    }),
  );
}
