import type { Badge } from '../api/badges';
import type { BackupItem } from '../api/api';
import { makerLabel } from '../actions/trust/maker';
import { plainText } from '../actions/trust/suddenlyPlain';
import { formatBytes } from '../bytes';
import { inEnglish } from '../errors/told';
import { table } from './table';
import { localTime } from './time';

type InList = Pick<
  BackupItem,
  | 'name'
  | 'size'
  | 'createdAt'
  | 'storage'
  | 'state'
  | 'maker'
  | 'suddenlyPlain'
  | 'instance'
  | 'id'
  | 'pinned'
  | 'note'
> & {
  readonly groups: readonly Pick<BackupItem['groups'][number], 'group'>[];
  readonly badges: readonly Badge[];
};

/** As the page calls it. */
export const badgeText = (badge: Badge): string => inEnglish(`state.${badge}`, () => undefined);

const ownTime = ({ state, id }: InList): boolean =>
  state === 'ok' || (state === 'locked' && id !== undefined);

const saidOf = ({ pinned, note }: InList): string =>
  [pinned ? 'pinned' : '', note ?? ''].filter(Boolean).join(': ');

export function listText(backups: readonly InList[]): string[] {
  const said = backups.some((backup) => saidOf(backup) !== '');
  const rows = backups.map((backup) => [
    // What does not say when it was made has its file's time.
    `${ownTime(backup) ? '' : '~'}${localTime(backup.createdAt)}`,
    backup.name,
    backup.instance ?? '',
    backup.groups.map(({ group }) => group).join(' '),
    backup.badges.map(badgeText).join(', '),
    formatBytes(backup.size),
    backup.storage,
    backup.state === 'damaged' ? '' : makerLabel(backup.maker),
    ...(said ? [saidOf(backup)] : []),
  ]);
  return [
    ...table(
      ['made', 'name', 'instance', 'groups', 'state', 'size', 'storage', 'maker', ...(said ? ['note'] : [])],
      rows,
      { right: [5] },
    ),
    ...(backups.every(ownTime) ? [] : ['~ the time of the file: it cannot be asked when it was made']),
    ...backups.filter((backup) => backup.suddenlyPlain).map((backup) => `! ${plainText(backup.name)}`),
  ];
}

/** Where was looked, and how that was known; `of`: how many there are that are not meant. */
export function nothingText({
  places,
  folder,
  by,
  of,
}: {
  readonly places: readonly string[];
  readonly folder: string;
  readonly by: string;
  readonly of: number;
}): string[] {
  const looked = places.join(', ');
  if (of > 0) return [`None of the ${of} backups in ${looked} is meant by what was asked for.`];
  return [
    `No backups in ${looked}. Make one with "ark backup"; ARK_DATA names another folder.`,
    `Ark's own folder is ${folder}, by ${by}.`,
  ];
}
