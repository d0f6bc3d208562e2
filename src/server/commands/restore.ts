import { Option, type Command } from 'commander';
import { basename } from 'node:path';
import { makerText } from '../actions/trust/maker';
import { madeHere, previewBackup } from '../actions/restore/previewBackup';
import { restoreBackup } from '../actions/restore/restoreBackup';
import { refuseSuddenlyPlain } from '../actions/trust/suddenlyPlain';
import { refuseChanges } from '../dumper/app/warning';
import { newCode } from '../dumper/schema/code';
import { lossesOf, lostRows, mayLose } from '../dumper/app/lost';
import { previewText } from '../terminal/tables';
import { localTime } from '../terminal/time';
import { askForCode } from './askForCode';
import { againIfMoreIsLost } from './againIfMoreIsLost';
import { asks, confirm, run } from './command';
import { host } from './host';
import { interrupt } from './interrupt';
import { open } from './open';
import {
  aboutCode,
  breaks,
  changes,
  chosen,
  withOptions,
  database,
  keepDefinitions,
  opened,
  yes,
  type Options,
} from './options';
import { codeChoice, selection } from './selection';
import { say } from '../terminal/print';

interface RestoreOptions extends Options {
  readonly files?: boolean;
}

export function restoreCommand(made: Command): void {
  withOptions(
    made,
    database,
    ...chosen,
    keepDefinitions,
    ...opened,
    yes,
    breaks,
    changes,
    ...aboutCode,
    new Option('--no-files', 'leave the uploaded files as they are'),
  ).action((name: string, options: RestoreOptions) =>
    run(options, async (watch) => {
      const target = host(options);
      const archive = await open(name, options);
      const preview = await previewBackup(target, archive, selection(options), {
        name,
        ...codeChoice(options),
      });
      const broken = preview.warnings.some((warning) => warning.kind === 'breaks');
      if (!options.json) say(previewText(preview));
      // Nobody is asked about what is refused.
      await refuseSuddenlyPlain(target, archive, name, options.allowPlain);
      // Whoever answers the question after reading of it has allowed it.
      const allowChanges = options.allowChanges === true || asks(options);
      refuseChanges(preview.warnings, allowChanges);
      const allowCode =
        options.allowCode === true ||
        (preview.asksForCode &&
          (await askForCode(
            options,
            preview.code,
            'This code comes from a maker who is not trusted here. Let it in?',
            // What is damaged is no question of trust: that is said first.
            {
              beforeRefusal: () => archive.verify({ unpack: false, files: false, signal: interrupt.signal }),
            },
          )));
      const what = `Replace ${preview.collections.length} collections of ${target.database.label}?`;
      const lost = lostRows(preview.collections);
      if (!preview.asksForName) await confirm(options, what);
      else if (madeHere(target, archive, preview.maker)) {
        const why = [
          lost > 0 && `At least ${lost} rows of now go.`,
          lost === 0 && mayLose(preview.collections) && 'Something of now goes.',
          newCode(preview.code).length > 0 && 'It brings code that is not here yet.',
        ].filter(Boolean);
        await confirm(options, [what, ...why].join(' '), target.instance);
      } else {
        const { instance } = archive.manifest;
        const from =
          instance.trim() === ''
            ? `The backup ${basename(name)} does not say who made it.`
            : `It calls itself a backup of ${instance}; its maker is ${makerText(preview.maker)}.`;
        await confirm(options, `${what} ${from}`, instance.trim() === '' ? basename(name) : instance);
      }
      const { job, result } = await againIfMoreIsLost(options, lossesOf(preview.collections), (acceptLost) =>
        restoreBackup(target, archive, name, {
          selection: selection(options),
          // Whoever answers the question after reading of it has allowed it; --yes alone has not read anything.
          allowBreaks: options.allowBreaks === true || (broken && options.yes !== true),
          allowChanges,
          ...codeChoice(options),
          allowCode,
          acceptLost,
          allowPlain: options.allowPlain,
          files: options.files,
          ...watch,
        }),
      );
      const rows = result.collections.reduce((sum, collection) => sum + collection.rows, 0);
      return {
        json: {
          job: job.id,
          collections: result.collections,
          rows,
          undo: result.undo,
          leftOut: result.leftOut,
          blemishes: result.blemishes,
          warnings: result.warnings,
        },
        text: [
          ...result.warnings.map((warning) => `! ${warning}`),
          `${result.collections.length} collections with ${rows} rows restored. "ark undo ${result.undo.job}" takes it back until ${localTime(result.undo.expiresAt)}.`,
        ],
      };
    }),
  );
}
