import type { BackupDetail } from '../api/api';
import { visible } from '../notices/codeText';
import type { I18n } from '../parts/i18n';
import { listText } from '../parts/listText';

type Item = BackupDetail['notIncluded'][number];

export interface LeftOut {
  readonly reason: string;
  /** It stands as the server wrote it. */
  readonly foreign: boolean;
  readonly names: readonly string[];
}

/** What a backup does not hold, gathered by the reason. */
export function leftOut(i18n: Pick<I18n, 't' | 'find'>, items: readonly Item[]): LeftOut[] {
  const byReason = new Map<string, { foreign: boolean; names: string[] }>();
  for (const { what, name, reason, why } of items) {
    const text = why ? whyText(i18n, why) : `${visible(what)}: ${visible(reason)}`;
    const group = byReason.get(text) ?? { foreign: !why, names: [] };
    // Words of SQL are the same in every language.
    group.names.push(why?.code === 'dump-sql' ? `${what.toUpperCase()} ${name}` : name);
    byReason.set(text, group);
  }
  return [...byReason].map(([reason, group]) => ({ reason, ...group }));
}

export function whyText({ t, find }: Pick<I18n, 't' | 'find'>, why: NonNullable<Item['why']>): string {
  switch (why.code) {
    case 'not-chosen':
      return t('left.not-chosen', { group: find(`group.${why.group}`) ?? visible(why.group) });
    case 'settings':
      return t('left.settings', { settings: listText(t, why.settings.map(visible)) });
    case 'other-schema':
      return t('left.other-schema', { schema: visible(why.schema), tables: why.tables });
    case 'tablespace':
      return t('left.tablespace', { parts: why.parts });
    case 'default-privileges':
      return t('left.default-privileges', { on: visible(why.on) });
    case 'files-elsewhere':
      return t('left.files-elsewhere', { type: visible(why.type) });
    case 'files-shared':
      return t('left.files-shared', { folder: visible(why.folder) });
    case 'engine':
      return t('left.engine', { engine: visible(why.engine) });
    case 'dump-type':
      return t('left.dump-type', { type: visible(why.type) });
    case 'dump-schema':
      return t('left.dump-schema', { tables: why.tables });
    default:
      return t(`left.${why.code}`);
  }
}
