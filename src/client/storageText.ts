import type { StorageItem, StorageKind, StorageProviders } from './api';
import type { I18n } from './i18n';

/** The two protocols are called the same everywhere. */
const PROTOCOLS = { s3: 'S3', webdav: 'WebDAV' } as const;

export const kindText = ({ t }: Pick<I18n, 't'>, kind: StorageKind): string =>
  kind === 'local' ? t('storage.kind.local') : PROTOCOLS[kind];

export const providerText = ({ find }: Pick<I18n, 'find'>, one: { id: string; title: string }): string =>
  find(`provider.${one.id}`) ?? one.title;

/** `S3 · MinIO` */
export function whatText(i18n: I18n, item: StorageItem, providers: StorageProviders | undefined): string {
  const kind = kindText(i18n, item.kind);
  const { provider } = item.settings;
  if (item.kind === 'local' || provider === undefined || provider === 'custom') return kind;
  const found = providers?.[item.kind].find((one) => one.id === provider);
  return found ? `${kind} · ${providerText(i18n, found)}` : kind;
}

/** What was chosen for a field, as its list names it; what was typed as it is. */
export function valueText({ find }: Pick<I18n, 'find'>, field: string, value: string): string {
  // Their own names.
  if (field === 'auth' && (value === 'basic' || value === 'digest'))
    return value === 'basic' ? 'Basic' : 'Digest';
  return find(`storage.${field}.${value}`) ?? value;
}

/** Where a storage of the environment is set. */
export const variableOf = (name: string): string => `ARK_STORAGE_${name.toUpperCase().replace(/-/g, '_')}`;
