import { Option, type Command } from 'commander';
import { basename } from 'node:path';
import { conditionOf } from '../actions/look/lookBudget';
import { previewTakeBack, type TakeBackShown } from '../actions/takeBack/previewTakeBack';
import { takeBack } from '../actions/takeBack/takeBack';
import { makerText } from '../actions/trust/maker';
import { refuseSuddenlyPlain } from '../actions/trust/suddenlyPlain';
import type { Archive } from '../dumper/archive/archive';
import type { TakeBackAsked } from '../dumper/takeBack/plan';
import { again, BackupError } from '../errors/errors';
import { takeBackSum, takeBackText } from '../terminal/takeBackText';
import { localTime } from '../terminal/time';
import { confirm, listed, run, sayBefore } from './command';
import { host } from './host';
import { called } from './called';
import { open } from './open';
import { changes, database, opened, withOptions, yes, type Options } from './options';

interface TakeBackOptions extends Options {
  readonly where?: readonly string[];
  /** False: `--without-parents`. */
  readonly withoutParents?: boolean;
  readonly withChildren?: boolean | string;
  readonly preview?: boolean;
}

const several = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];

export function takeBackCommand(made: Command): void {
  withOptions(
    made,
    database,
    ...opened,
    new Option(
      '--where <column=value>',
      'instead of keys: rows with this value; several times: all of them',
    ).argParser(several),
    new Option(
      '--with-children [names]',
      'rows that point at these and are missing too, or those of these collections',
    ),
    new Option('--without-parents', 'not the rows that these point at and that are missing'),
    new Option('--preview', 'only show what would happen'),
    changes,
    yes,
  ).action((asked: string, collection: string, keys: string[], typed: TakeBackOptions) =>
    run(typed, async (watch) => {
      const { name, options } = await called(asked, typed);
      const target = host(options);
      const archive = await open(name, options);
      const rows = askedOf(collection, keys, options);
      const preview = await previewTakeBack(target, archive, rows, watch.signal);
      if (options.preview) return { json: preview, text: takeBackText(preview) };
      sayBefore(options, takeBackText(preview));
      // Nobody is asked about what is refused.
      await refuseSuddenlyPlain(target, archive, name, options.allowPlain);
      const [refusal] = preview.refusals;
      if (refusal) throw again(refusal);
      const { counts } = preview;
      if (counts.insert + counts.overwrite === 0) {
        return { json: { written: 0, same: counts.same }, text: 'There is nothing to take back.' };
      }
      await confirm(...questionOf(options, preview, archive, name, target.database.label));
      const { job, result } = await takeBack(target, archive, name, {
        asked: rows,
        // Whoever says yes has seen what is overwritten, and nothing else is.
        overwrite: true,
        expected: preview.expected,
        allowPlain: options.allowPlain,
        ...watch,
      });
      const until = result.expiresAt === undefined ? '' : ` until ${localTime(result.expiresAt)}`;
      return {
        did: true,
        json: { job: job.id, ...result },
        text: [
          ...result.restart.map((table) => `! Restart the app: it reads ${table} only when it starts.`),
          `${takeBackSum(preview)} taken back: ${result.inserted} came, ${result.overwritten} were overwritten. "ark undo ${job.id}" puts it back${until}.`,
        ],
      };
    }),
  );
}

function askedOf(collection: string, keys: readonly string[], options: TakeBackOptions): TakeBackAsked {
  const { where, withChildren = false, withoutParents = false } = options;
  if (keys.length > 0 === (where !== undefined))
    throw new BackupError('USAGE', 'Say which rows: their keys, or --where column=value, and not both.');
  return {
    collection,
    keys,
    ...(where && { where: where.map(conditionOf) }),
    parents: !withoutParents,
    children: typeof withChildren === 'string' ? listed(withChildren) : withChildren,
    allowChanges: options.allowChanges,
  };
}

/** Of a backup that this instance did not provably make a name has to be written, as for a restore. */
function questionOf(
  options: Options,
  preview: TakeBackShown,
  archive: Archive,
  name: string,
  label: string,
): Parameters<typeof confirm> {
  const { overwrite } = preview.counts;
  const what = [
    `Take ${takeBackSum(preview)} back into ${label}?`,
    overwrite > 0 &&
      `${overwrite} ${overwrite === 1 ? 'row that is' : 'rows that are'} there now would be overwritten.`,
  ];
  if (!preview.asksForName) return [options, what.filter(Boolean).join(' ')];
  const { instance } = archive.manifest;
  const from =
    instance.trim() === ''
      ? `The backup ${basename(name)} does not say who made it.`
      : `It calls itself a backup of ${instance}; its maker is ${makerText(preview.maker)}.`;
  const answer = instance.trim() === '' ? basename(name) : instance;
  return [options, [...what, from].filter(Boolean).join(' '), answer];
}
