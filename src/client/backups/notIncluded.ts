import type { BackupDetail } from '../api/api';
import type { I18n } from '../parts/i18n';

export interface LeftOut {
  readonly reason: string;
  readonly names: readonly string[];
}

/** What a backup does not hold, gathered by the reason. The usual reasons are told in the reader's language. */
export function leftOut({ t, find }: I18n, items: BackupDetail['notIncluded']): LeftOut[] {
  const byReason = new Map<string, string[]>();
  for (const { what, name, reason } of items) {
    const chosen = /^group "([\w-]+)" or collection not chosen$/.exec(reason)?.[1];
    const group = chosen === undefined ? undefined : find(`group.${chosen}`);
    const text =
      group !== undefined
        ? t('left.notChosen', { group })
        : reason === 'in the group "ignored"'
          ? t('left.ignored')
          : what === 'key'
            ? t('left.key')
            : reason.startsWith("Ark's own")
              ? t('left.own')
              : `${what}: ${reason}`;
    const names = byReason.get(text);
    if (names) names.push(name);
    else byReason.set(text, [name]);
  }
  return [...byReason].map(([reason, names]) => ({ reason, names }));
}
