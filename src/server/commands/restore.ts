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
import { asks, confirm, run, type Outcome, sayBefore } from './command';
import { host } from './host';
import { interrupt } from './interrupt';
import type { Host } from '../host';
import type { Watch } from '../jobs/jobs';
import type { Archive } from '../dumper/archive/archive';
import { placeOf } from '../actions/backups/findBackup';
import { findPrepared } from '../actions/prepared/entry';
import { prepareRestore } from '../actions/prepared/prepareRestore';
import { BackupError } from '../errors/errors';
import { compared, shownText } from './prepared';
import { previewInto, restoreInto } from '../actions/restore/restoreInto';
import { called } from './called';
import { open } from './open';
import {
  aboutCode,
  breaks,
  changes,
  chosen,
  withOptions,
  database,
  examples,
  keepDefinitions,
  into,
  narrowing,
  opened,
  yes,
  type Options,
} from './options';
import { codeChoice, selection } from './selection';

interface RestoreOptions extends Options {
  readonly prepare?: boolean;
  readonly examples: string;
  readonly files?: boolean;
}

export function restoreCommand(made: Command): void {
  withOptions(
    made,
    database,
    ...chosen,
    ...narrowing,
    into,
    keepDefinitions,
    ...opened,
    yes,
    breaks,
    changes,
    ...aboutCode,
    new Option(
      '--prepare',
      'only stage and check it, and show exactly what differs: "ark prepared swap" then takes a moment',
    ),
    examples,
    new Option('--no-files', 'leave the uploaded files as they are'),
  ).action((asked: string, typed: RestoreOptions) =>
    run(typed, async (watch) => {
      const { name, options } = await called(asked, typed);
      const target = host(options);
      const archive = await open(name, options);
      if (options.prepare && options.into !== undefined)
        throw new BackupError('USAGE', 'Nothing is swapped with --into: leave --prepare out.');
      if (options.into !== undefined)
        return restoreBeside(target, archive, name, options.into, options, watch);
      const preview = await previewBackup(target, archive, selection(options), {
        name,
        ...codeChoice(options),
      });
      const broken = preview.warnings.some((warning) => warning.kind === 'breaks');
      sayBefore(options, () => previewText(preview));
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
      if (options.prepare)
        return prepareIt(target, archive, name, { ...options, allowChanges, allowCode, broken }, watch);
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
        did: true,
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

/** Nothing live is touched: nobody is asked. */
async function prepareIt(
  target: Host,
  archive: Archive,
  name: string,
  options: RestoreOptions & {
    readonly allowChanges: boolean;
    readonly allowCode: boolean;
    readonly broken: boolean;
  },
  watch: Watch,
): Promise<Outcome> {
  const place = await placeOf(target, name, options.storage);
  const { job, result } = await prepareRestore(target, archive, place, {
    selection: selection(options),
    allowBreaks: options.allowBreaks === true || (options.broken && asks(options)),
    allowChanges: options.allowChanges,
    ...codeChoice(options),
    allowCode: options.allowCode,
    allowPlain: options.allowPlain,
    files: options.files,
    ...watch,
  });
  const prepared = await findPrepared(target, job.id);
  const comparison = await compared(target, archive, prepared, options, watch);
  return {
    json: { job: job.id, ...result, comparison },
    text: [
      ...result.warnings.map((warning) => `! ${warning}`),
      ...shownText(comparison),
      `Prepared. "ark prepared swap ${job.id}" puts it in place until ${localTime(prepared.expiresAt)}; until then nothing is changed.`,
    ],
  };
}

/** Nothing that is there goes, and nothing that runs comes: a yes is enough. */
async function restoreBeside(
  target: Host,
  archive: Archive,
  name: string,
  place: string,
  options: RestoreOptions,
  watch: Watch,
): Promise<Outcome> {
  const preview = await previewInto(target, archive, selection(options), place);
  sayBefore(options, () => previewText(preview));
  await refuseSuddenlyPlain(target, archive, name, options.allowPlain);
  const allowChanges = options.allowChanges === true || asks(options);
  refuseChanges(preview.warnings, allowChanges);
  const { length } = preview.collections;
  await confirm(
    options,
    `Make ${length} ${length === 1 ? 'table' : 'tables'} in ${place}, beside those of ${target.database.label}?`,
  );
  const { job, result } = await restoreInto(target, archive, name, {
    selection: selection(options),
    into: place,
    allowChanges,
    allowPlain: options.allowPlain,
    ...watch,
  });
  const rows = result.collections.reduce((sum, collection) => sum + collection.rows, 0);
  return {
    did: true,
    json: { job: job.id, ...result, rows },
    text: [
      ...result.warnings.map((warning) => `! ${warning}`),
      `${result.collections.length} ${result.collections.length === 1 ? 'table' : 'tables'} with ${rows} rows are in ${place}; nothing else was touched, and the app knows nothing of them. To take them away: ${result.drop};`,
    ],
  };
}
