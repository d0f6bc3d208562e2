import { Option, type Command } from 'commander';
import { findSource } from '../actions/backups/findBackup';
import { listInside } from '../actions/look/listInside';
import { conditionOf } from '../actions/look/lookBudget';
import { lookAtRows } from '../actions/look/lookAtRows';
import { openCounted, type Opened } from '../actions/look/openCounted';
import { rowHistory } from '../actions/look/rowHistory';
import { recordLook } from '../actions/look/recordLook';
import type { LookPage } from '../api/api';
import { BackupError } from '../errors/errors';
import type { Watch } from '../jobs/jobs';
import { csvCuts, csvHead, csvRows, historyText, insideText, lookText } from '../terminal/lookText';
import { hand, say } from '../terminal/print';
import { run, type Outcome } from './command';
import { offline } from './offline';
import { called } from './called';
import { keysOf } from './open';
import { opened, withOptions, type Options } from './options';
import { remembered } from './remembered';

interface ShowOptions extends Options {
  readonly where?: readonly string[];
  readonly search?: string;
  readonly limit?: number;
  readonly offset?: number;
  readonly csv?: boolean;
  readonly history?: string;
}

const LIMIT = 20;
/** Bytes of a value that are shown to people, and to programs; and of all values that are in memory at once. */
const [READ, WHOLE, PAGE] = [4 * 1024, 1024 * 1024, 32 * 1024 * 1024];

const whole =
  (least: number) =>
  (text: string): number => {
    const number = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(number) && number >= least) return number;
    throw new BackupError('USAGE', `${text} is no whole number from ${least} on.`);
  };
const several = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];

export function showCommand(made: Command): void {
  withOptions(
    made,
    ...opened,
    new Option('--where <column=value>', 'rows with this value alone; several times: all of them').argParser(
      several,
    ),
    new Option('--search <text>', 'rows with this text in any value that is shown'),
    new Option('--limit <rows>', `rows at most; ${LIMIT} without it`),
    new Option('--offset <row>', 'the row of the collection to begin with, from 0'),
    new Option(
      '--history <key>',
      'the record of this primary key in all backups, of the collection that is named first',
    ),
    new Option('--csv', 'CSV on standard output').conflicts('json'),
  ).action((asked: string, collection: string | undefined, typed: ShowOptions) =>
    run(typed, async (watch) => {
      if (typed.history !== undefined) return asHistory(asked, typed.history, collection, typed, watch);
      const { name: archive, options } = await called(asked, typed);
      const where = offline(options);
      const source = await findSource(where, archive, options.storage, watch.signal);
      const open = await openCounted(source, keysOf(options), archive);
      if (collection === undefined) {
        const inside = await listInside(open.archive, watch.signal);
        return { json: { archive, collections: inside }, text: insideText(inside) };
      }
      const record = (seen: string) => recordLook(where, archive, seen);
      const looking = { open, collection, options, watch, record };
      return options.csv ? await asCsv(looking) : await asPage(looking);
    }),
  );
}

const askedOf = (options: ShowOptions) => ({
  where: (options.where ?? []).map(conditionOf),
  search: options.search === '' ? undefined : options.search,
  from: whole(0)(String(options.offset ?? 0)),
  limit: whole(1)(String(options.limit ?? LIMIT)),
});

/** Whoever looks for something waits for all rows that there are; a page is there at once. */
const watching = (options: ShowOptions, { signal, onProgress }: Watch): Parameters<typeof lookAtRows>[4] => ({
  signal,
  ...((options.search !== undefined || options.where) && {
    onProgress: (progress) =>
      onProgress?.({ ...progress, percent: Math.floor((100 * progress.done) / Math.max(1, progress.total)) }),
  }),
});

interface Looking {
  readonly open: Opened;
  readonly collection: string;
  readonly options: ShowOptions;
  readonly watch: Watch;
  /** Says in the history what is looked at, before it is seen. */
  readonly record: (collection: string) => Promise<void>;
}

async function asPage({ open, collection, options, watch, record }: Looking): Promise<Outcome> {
  const budget = { value: options.json ? WHOLE : READ, page: PAGE };
  const page = await lookAtRows(open, collection, askedOf(options), budget, watching(options, watch));
  await record(page.collection);
  return { json: page, text: lookText(page, process.stdout.columns || 160) };
}

/** Page after page, so that memory holds no more however many rows are wanted. */
async function asCsv({ open, collection, options, watch, record }: Looking): Promise<Outcome> {
  const asked = askedOf(options);
  let left = asked.limit;
  let page: LookPage | undefined;
  for (let from: number | undefined = asked.from; from !== undefined && left > 0; from = page.next) {
    const begins = page === undefined;
    page = await lookAtRows(
      open,
      collection,
      { ...asked, from, limit: left },
      { value: WHOLE, page: PAGE },
      watching(options, watch),
    );
    if (begins) {
      await record(page.collection);
      hand(csvHead(page));
    }
    hand(csvRows(page));
    say(csvCuts(page));
    left -= page.rows.length;
  }
  const masked = page?.columns.flatMap(({ name, masked: why }) => (why ? [name] : [])) ?? [];
  say([
    ...(masked.length > 0 ? [`Not shown: ${masked.join(', ')}.`] : []),
    ...(page?.parts.length ? [`! Rows in ${page.parts.join(', ')} are shown by those names.`] : []),
    ...(page?.next === undefined ? [] : [`More: --offset ${page.next}.`]),
  ]);
  return { json: undefined, text: [] };
}

async function asHistory(
  collection: string,
  key: string,
  more: string | undefined,
  options: ShowOptions,
  { signal, onProgress }: Watch,
): Promise<Outcome> {
  if (
    more !== undefined ||
    options.where ||
    options.search !== undefined ||
    options.offset !== undefined ||
    options.csv
  )
    throw new BackupError(
      'USAGE',
      'A history is of one record of one collection in all backups: ark show COLLECTION --history KEY [--storage NAME] [--limit BACKUPS].',
    );
  const history = await rowHistory(
    offline(options),
    remembered(options),
    {
      collection,
      key,
      storage: options.storage,
      keys: keysOf(options),
      limit: options.limit === undefined ? Infinity : whole(1)(String(options.limit)),
    },
    {
      signal,
      onBackup: (done, total) =>
        onProgress?.({
          stage: 'read',
          done,
          total,
          rows: 0,
          bytes: 0,
          percent: Math.floor((100 * done) / total),
        }),
    },
  );
  // Without a backup that could be read nothing is known of the record.
  return { json: history, text: historyText(history), exit: history.columns.length === 0 ? 1 : 0 };
}
