import type { StorageItem, StorageKind } from '../api/api';
import type { I18n } from '../parts/i18n';
import { CUSTOM } from './storageForm';

export const kindText = ({ find }: Pick<I18n, 'find'>, kind: string): string =>
  find(`storage.kind.${kind}`) ?? kind;

export const fieldText = ({ find }: Pick<I18n, 'find'>, field: string): string =>
  find(`storage.field.${field}`) ?? field;

export const providerText = ({ find }: Pick<I18n, 'find'>, provider: { id: string; title: string }): string =>
  find(`provider.${provider.id}`) ?? provider.title;

/** The kind, and the service where one was chosen. */
export function whatText(i18n: I18n, item: StorageItem, kinds: readonly StorageKind[] | undefined): string {
  const kind = kindText(i18n, item.kind);
  const { provider } = item.settings;
  if (provider === undefined || provider === CUSTOM) return kind;
  const known = kinds?.find((kind) => kind.name === item.kind)?.providers;
  const service = known?.find(({ id }) => id === provider);
  return service ? `${kind} · ${providerText(i18n, service)}` : kind;
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
