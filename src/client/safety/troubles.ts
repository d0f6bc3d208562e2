import type { ApiError, BackupListMeta, Failure, Safety, SystemInfo } from '../api/api';
import { errorText, type ErrorText } from '../parts/errorText';
import type { I18n } from '../parts/i18n';
import { bannerText } from './safetyText';

/** Something that keeps the app from being safe, or this page from being whole, told once. */
export interface Trouble extends ErrorText {
  readonly level: 'error' | 'warning';
  /** For whoever looks it up. */
  readonly code: string | undefined;
  /** It is this storage that does not answer. */
  readonly storage?: string;
  /** Reading again may mend it. */
  readonly reading?: true;
}

interface Known {
  readonly system: SystemInfo | undefined;
  readonly safety: Safety | undefined;
  /** Storages of which the list of backups has nothing. */
  readonly unreachable: BackupListMeta['failed'];
  /** Why the last reading failed. */
  readonly failed: ApiError | undefined;
}

/** All that is wrong, the worst first, however many answers have told of it. That there is no backup yet is no trouble but a state. */
export function troublesOf(i18n: I18n, { system, safety, unreachable, failed }: Known): Trouble[] {
  const database = system?.database.error;
  const silent = (storage: string, failure: Failure): Trouble => {
    const { text, detail, lang } = errorText(i18n, failure);
    return {
      level: 'warning',
      text: i18n.t('storages.unreachable', { name: storage }),
      detail: [text, detail].filter((part) => part !== undefined).join(' '),
      lang,
      code: failure.code,
      storage,
    };
  };
  const banners = (safety?.banners ?? []).filter((banner) => banner.kind !== 'none');
  const told = banners.map((banner): Trouble => {
    const { kind, storage, code = '', message, details, level } = banner;
    return kind === 'storage' && storage !== undefined
      ? silent(storage, { code, message, ...(details && { details }) })
      : { ...bannerText(i18n, banner), level, code: banner.code };
  });
  const all: Trouble[] = [
    ...(database ? [{ ...errorText(i18n, database), level: 'error' as const, code: database.code }] : []),
    ...(failed && failed.code !== database?.code
      ? [{ ...errorText(i18n, failed), level: 'error' as const, code: failed.code, reading: true as const }]
      : []),
    ...told,
    ...unreachable
      .filter(({ storage }) => !told.some((trouble) => trouble.storage === storage))
      .map(({ storage, ...failure }) => silent(storage, failure)),
  ];
  return all.sort((a, b) => Number(b.level === 'error') - Number(a.level === 'error'));
}
