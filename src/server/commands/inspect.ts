import type { Command } from 'commander';
import { summarize } from '../actions/summary';
import { refuseUnfit } from '../dumper/checked';
import { inspectText } from '../terminal/tables';
import { command, open, opened, run, type Options } from './command';

export function inspectCommand(program: Command): void {
  command(program, 'inspect <archive>', 'show what is in an archive', ...opened).action(
    (name: string, options: Options) =>
      run(options, async () => {
        const archive = await open(name, options);
        await refuseUnfit(archive);
        const summary = summarize(name, archive);
        const { collections: list, notIncluded, database: from, app } = archive.manifest;
        return {
          json: {
            ...summary,
            database: from,
            app,
            contents: list.map((one) => ({
              name: one.name,
              group: one.group,
              kind: one.structure.kind,
              rows: one.rows,
            })),
            files: summary.files,
            notIncluded,
          },
          text: inspectText(summary, archive),
        };
      }),
  );
}
