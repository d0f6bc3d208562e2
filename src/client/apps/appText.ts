import type { BackupItem, InstanceItem } from '../api/api';
import type { I18n } from '../parts/i18n';

/** Two apps may have one name; the number that each drew for itself is its own. */
export const keyOf = ({
  instance = '',
  id = '',
}: Pick<InstanceItem, 'instance'> & { readonly id?: string | undefined }): string =>
  JSON.stringify([instance, id]);

/** Its name, and where another app has the same the beginning of its number. */
export function appName({ t }: I18n, { instance, id }: InstanceItem, all: readonly InstanceItem[]): string {
  if (instance === undefined) return t('apps.nameless');
  const alone = all.filter((other) => other.instance === instance).length === 1;
  return alone || id === undefined ? instance : `${instance} (${id.slice(0, 8)})`;
}

export const problemTexts = ({ t, format }: I18n, { problems, next }: InstanceItem): string[] =>
  problems.map((problem) =>
    problem === 'late'
      ? t('apps.problem.late', { date: next === undefined ? '' : format.dateTime(next) })
      : t(`apps.problem.${problem}`),
  );

/** How many apps the backups of a list say that they are of. */
export const countApps = (backups: readonly BackupItem[]): number =>
  new Set(
    backups.flatMap(({ instance, origin }) =>
      instance === undefined ? [] : keyOf({ instance, id: origin?.instance }),
    ),
  ).size;
