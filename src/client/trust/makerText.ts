import type { BackupItem } from '../api/api';
import type { I18n } from '../parts/i18n';

type Made = Pick<BackupItem, 'maker' | 'mine' | 'instance' | 'format'>;

/** Who made a backup, by what its signature proves; what it calls itself is said to be only that. */
export function makerText({ t }: Pick<I18n, 't'>, { maker, mine, instance: named }: Made): string {
  if (mine) return t('maker.own');
  const instance = named ?? '?';
  switch (maker.kind) {
    case 'own':
      return instance;
    case 'trusted':
      return t('maker.trusted', { name: maker.name });
    case 'stranger':
      return t('maker.stranger', { instance });
    case 'unknown':
      return named === undefined ? t('maker.unknown') : t('maker.unsigned', { instance });
  }
}

/** The same where it is not this instance; nothing where that goes without saying, as for what is damaged. */
export const otherMaker = (
  i18n: Pick<I18n, 't'>,
  backup: Made & Pick<BackupItem, 'state'>,
): string | undefined =>
  backup.mine || backup.state === 'damaged' || (backup.format ?? 'ark') !== 'ark'
    ? undefined
    : makerText(i18n, backup);
