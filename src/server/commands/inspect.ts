import { blemishesOf, codeOf } from '../dumper/archive/contents';
import { Option, type Command } from 'commander';
import { accountRisk } from '../actions/restore/accountRisk';
import { makerOf, makerText } from '../actions/trust/maker';
import { withTrueGroups } from '../dumper/restore/claims';
import { summarize } from '../actions/backups/summary';

import { comingCode } from '../dumper/restore/comingCode';
import { codeText } from '../terminal/codeText';
import { inspectText } from '../terminal/tables';
import { databaseUrl, run } from './command';
import { host } from './host';
import { offline } from './offline';
import { called } from './called';
import { open } from './open';
import { withOptions, database, opened, type Options } from './options';
import { warningText } from '../dumper/app/warning';

interface InspectOptions extends Options {
  readonly code?: boolean;
}

export function inspectCommand(made: Command): void {
  withOptions(made, ...opened, new Option('--code', 'with the texts of all that could run'), database).action(
    (asked: string, typed: InspectOptions) =>
      run(typed, async () => {
        const { name, options } = await called(asked, typed);
        const archive = await open(name, options);
        await archive.check();
        const summary = summarize(name, archive);
        const maker = await makerOf(offline(options), archive);
        const { collections: list, notIncluded, database: from, app } = archive.manifest;
        const beside = databaseUrl(options) === undefined ? undefined : host(options);
        const code = beside
          ? await comingCode(beside.database, archive, { all: true }, { app: beside.app })
          : await codeOf(archive.manifest);
        const risk = beside && (await accountRisk(beside));
        return {
          json: {
            ...summary,
            maker,
            database: from,
            app,
            contents: list.map((collection) => ({
              name: collection.name,
              group: collection.group,
              kind: collection.structure.kind,
              ...(collection.structureOnly ? { structureOnly: true } : { rows: collection.rows }),
            })),
            files: summary.files,
            notIncluded,
            blemishes: blemishesOf(archive.manifest),
            claims: withTrueGroups(archive.manifest).claims,
            code,
            ...(risk !== undefined && { warnings: [risk] }),
          },
          text: () => [
            ...(risk === undefined ? [] : [`! ${warningText(risk)}`]),
            ...inspectText(summary, archive),
            `Made by ${makerText(maker)}.`,
            ...codeText(code, options.code === true),
          ],
        };
      }),
  );
}
