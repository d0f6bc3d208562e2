import type { Command } from 'commander';
import { listBackups } from '../actions/listBackups';
import { listText } from '../terminal/tables';
import { command, offline, run, storage, type Options } from './command';

export function listCommand(program: Command): void {
  command(program, 'list', 'list the backups', storage).action((options: Options) =>
    run(options, async () => {
      const { backups: found, failed } = await listBackups(offline(options), options.storage);
      const troubles = failed.map((one) => `! ${one.storage}: ${one.message} [${one.code}]`);
      return {
        json: { backups: found, ...(failed.length > 0 && { failed }) },
        text: [...listText(found), ...troubles],
      };
    }),
  );
}
