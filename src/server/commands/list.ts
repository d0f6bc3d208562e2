import { Option, type Command } from 'commander';
import { join } from 'node:path';
import { badgesOf } from '../actions/backups/badges';
import { BADGES, type Badge } from '../api/badges';
import { containing } from '../actions/backups/containing';
import { chooseBackups, type Choice } from '../actions/backups/chooseBackups';
import { chosenStorages, type Where } from '../actions/backups/findBackup';
import { byInstance } from '../actions/backups/instances';
import { instancesBy } from '../actions/backups/instanceOf';
import type { StorageTrouble } from '../actions/backups/listBackups';
import { makerOfStored } from '../actions/backups/ownBackups';
import { withMarks } from '../actions/backups/marks';
import { withProofs } from '../actions/backups/proofs';
import { BUILT_IN } from '../actions/storages/storages';
import { knownMakers } from '../actions/trust/maker';
import { suddenlyPlain } from '../actions/trust/suddenlyPlain';
import type { Containing } from '../api/api';
import { dataFolder, type Settings } from '../environment';
import { BackupError } from '../errors/errors';
import { nearest, plain } from '../near';
import { instancesText } from '../terminal/instancesText';
import { badgeText, listText, nothingText } from '../terminal/listText';
import { listed, run, type Outcome } from './command';
import { moment, span } from './moment';
import { offline } from './offline';
import { withOptions, storage, type Options } from './options';
import { remembered } from './remembered';

interface ListOptions extends Options {
  readonly state?: string;
  readonly since?: string;
  readonly until?: string;
  readonly latest?: string;
  readonly contains?: string;
  readonly allInstances?: boolean;
  readonly stale?: string;
}

const NOTHING_ASKED: Pick<Containing, 'has' | 'unseen'> = { has: [], unseen: [] };
const UNSEEN: Readonly<Record<Containing['unseen'][number]['why'], string>> = {
  locked: 'it is encrypted',
  unreadable: 'it cannot be read',
  later: 'there was no time',
};
const GOOD = 'good';
const STATES: readonly (Badge | typeof GOOD)[] = [...BADGES, GOOD];

export function listCommand(made: Command): void {
  withOptions(
    made,
    storage,
    new Option('--instance <name>', 'only backups of this instance'),
    new Option(
      '--state <states>',
      'only those in one of these states: good (all but damaged), damaged, verified, proven, encrypted …',
    ),
    new Option('--since <moment>', 'only from then on: 2026-11-29, "2026-11-29 02:30", 12h, 7d'),
    new Option('--until <moment>', 'only up to then'),
    new Option(
      '--contains <collection>',
      'only those with a collection of this name or title, or a part of it',
    ),
    new Option('--latest <number>', 'only the newest of each instance, so many'),
    new Option(
      '--all-instances',
      'one line for each instance: its last good backup, its age, and problems',
    ).conflicts(['state', 'since', 'until', 'latest', 'contains']),
    new Option(
      '--stale <time>',
      'with --all-instances: exit code 5 if a last good backup is older (90m, 26h, 7d), or that cannot be told',
    ),
  ).action((options: ListOptions) =>
    run(options, async ({ signal }) => {
      const now = new Date();
      const choice = choiceOf(options, now);
      const stale = staleOf(options);
      const where = offline(options);
      const backups = remembered(options);
      const { items, failed } = await backups.list(where, options.storage);
      const makers = await knownMakers(where);
      const suspect = await suddenlyPlain(where);
      const instanceOf = await instancesBy(where);
      const known = (await withMarks(where, items)).map(({ signedBy, manifestSha256, ...item }) => {
        const maker = makerOfStored({ ...item, signedBy, manifestSha256 }, makers);
        const plain = item.state === 'ok' && suspect({ ...item, maker });
        return {
          item: {
            ...item,
            maker,
            ...instanceOf(item),
            ...(plain && { suddenlyPlain: plain }),
          },
          manifestSha256,
        };
      });
      const all = (await withProofs(where, known)).map((item) => ({ ...item, badges: badgesOf(item) }));
      const troubles = failed.map((trouble) => `! ${trouble.storage}: ${trouble.message} [${trouble.code}]`);
      if (options.allInstances) return instancesOutcome(all, { failed, troubles, stale, options, now });
      const asked = options.contains?.trim();
      if (asked === '') throw new BackupError('USAGE', '--contains wants the name of a collection.');
      const { has, unseen } =
        asked === undefined
          ? NOTHING_ASKED
          : await containing(where, backups, { collection: asked, storage: options.storage }, signal);
      const fitting = new Map(has.map(({ name, storage: place, ...which }) => [`${place}/${name}`, which]));
      const chosen = chooseBackups(
        asked === undefined ? all : all.filter((item) => fitting.has(`${item.storage}/${item.name}`)),
        choice,
      );
      const looked = { ...(await placesOf(where, options.storage)), of: all.length };
      return {
        json: {
          backups: chosen.map(({ name, ...rest }) => {
            const contains = fitting.get(`${rest.storage}/${name}`)?.collections;
            return { key: name, ...rest, ...(contains && { contains }) };
          }),
          ...(unseen.length > 0 && { unseen }),
          of: all.length,
          folder: looked.folder,
          folderBy: looked.by,
          ...(failed.length > 0 && { failed }),
        },
        text: () => [
          ...(chosen.length > 0 ? listText(chosen) : nothingText(looked)),
          ...unseen.map(
            ({ name, storage: place, why }) => `! ${name} in ${place} was not looked into: ${UNSEEN[why]}`,
          ),
          ...troubles,
        ],
      };
    }),
  );
}

function choiceOf({ instance, state, since, until, latest }: ListOptions, now: Date): Choice {
  return {
    instance,
    states: state === undefined ? undefined : listed(state).map(stateCalled),
    since: since === undefined ? undefined : moment('--since', since, now),
    until: until === undefined ? undefined : moment('--until', until, now, true),
    latest: latest === undefined ? undefined : whole(latest),
  };
}

function staleOf({ stale, allInstances }: ListOptions): number | undefined {
  if (stale === undefined) return undefined;
  if (!allInstances) throw new BackupError('USAGE', '--stale goes with --all-instances.');
  return span('--stale', stale);
}

const STALE_EXIT = 5;

/** Of what is asked for by name and is not there, nobody can say that it is fresh. */
function instancesOutcome(
  all: Parameters<typeof byInstance>[0],
  {
    failed,
    troubles,
    stale: ms,
    options,
    now,
  }: {
    readonly failed: readonly StorageTrouble[];
    readonly troubles: readonly string[];
    readonly stale: number | undefined;
    readonly options: ListOptions;
    readonly now: Date;
  },
): Outcome {
  const { instance: wanted } = options;
  const states = byInstance(all, now).filter(({ instance }) => wanted === undefined || instance === wanted);
  if (states.length === 0 && wanted !== undefined) {
    states.push({ instance: wanted, backups: 0, bytes: 0, storages: [], problems: ['none'] });
  }
  const instances = states.map((state) => ({
    ...state,
    ...(ms !== undefined && {
      stale: state.age === undefined ? state.instance !== undefined : state.age * 1000 > ms,
    }),
  }));
  const doubtful =
    failed.length > 0 ||
    !instances.some(({ lastGood }) => lastGood) ||
    instances.some(({ stale: isStale }) => isStale);
  return {
    json: {
      instances,
      ...(ms !== undefined && {
        staleAfter: ms / 1000,
        stale: instances.filter(({ stale: isStale }) => isStale).length,
      }),
      ...(failed.length > 0 && { failed }),
    },
    text: () => [
      ...(instances.length > 0 ? instancesText(instances) : ['! There are no backups.']),
      ...troubles,
    ],
    exit: ms !== undefined && doubtful ? STALE_EXIT : 0,
  };
}

/** By its own name or by the words that the list shows. */
function stateCalled(name: string): (typeof STATES)[number] {
  const wanted = plain(name);
  const state = STATES.find(
    (known) => plain(known) === wanted || (known !== GOOD && plain(badgeText(known)) === wanted),
  );
  if (state !== undefined) return state;
  const [near] = nearest(name, STATES);
  throw new BackupError(
    'USAGE',
    `--state ${name} is none.${near === undefined ? '' : ` Do you mean ${near}?`} There is: ${STATES.join(', ')}.`,
  );
}

function whole(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new BackupError('USAGE', `--latest ${text} is no whole number from 1 on.`);
}

/** The storages that were looked into; of Ark's own folder where it is, as that depends on where one stands. */
async function placesOf(where: Where & { readonly environment: Settings }, only: string | undefined) {
  const storages = await chosenStorages(where, only);
  const { environment } = where;
  const folder = dataFolder(environment);
  const own = join(folder, 'backups');
  const by =
    environment.ARK_DATA !== undefined
      ? 'ARK_DATA'
      : environment.STORAGE_PATH !== undefined
        ? 'STORAGE_PATH'
        : 'the folder that "ark" was called in';
  return { places: storages.map(({ name }) => (name === BUILT_IN ? own : name)), folder, by };
}
