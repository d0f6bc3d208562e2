import type { StorageField, StorageInput, StorageItem, StorageKind, StorageSettings } from '../api/api';

export type Values = Readonly<Record<string, string | undefined>>;

/** A storage as it is typed: texts only, a secret that is kept is empty. */
export interface Draft {
  readonly name: string;
  readonly kind: StorageKind;
  readonly provider: string;
  readonly default: boolean;
  readonly values: Values;
}

export const isNumber = (field: StorageField): boolean => field.least !== undefined;

export const fieldNames = ({ fields }: StorageKind): readonly string[] => fields.map((field) => field.name);

export const CUSTOM = 'custom';

/** The first kind that is elsewhere: a disk is lost together with what is on it. */
export const firstChoice = (kinds: readonly StorageKind[]): StorageKind | undefined =>
  kinds.find((kind) => kind.providers.length > 0) ?? kinds[0];

export const newDraft = (kind: StorageKind): Draft => ({
  name: '',
  kind,
  provider: CUSTOM,
  default: false,
  values: presetOf(kind, CUSTOM),
});

/** What is kept, and where nothing is, what its provider needs. */
export function draftOf(item: StorageItem, kind: StorageKind): Draft {
  const { provider: kept = CUSTOM, ...settings } = item.settings;
  const provider = String(kept);
  const secrets = kind.fields.filter((field) => field.secret).map((field) => field.name);
  // What is kept in no folder is not moved into one.
  const preset = { ...presetOf(kind, provider), path: undefined };
  return {
    name: item.name,
    kind,
    provider,
    default: item.default,
    values: {
      ...preset,
      ...texts(Object.fromEntries(Object.entries(settings).filter(([field]) => !secrets.includes(field)))),
    },
  };
}

const texts = (settings: StorageSettings): Values =>
  Object.fromEntries(Object.entries(settings).map(([field, value]) => [field, String(value)]));

/** What is known of a service, as far as it goes into the form. */
const presetOf = ({ providers }: StorageKind, provider: string): Values =>
  texts(providers.find(({ id }) => id === provider)?.presets ?? {});

/** Its service takes no files outside of a folder, and the address names none. */
export function needsFolder({ kind, provider: id, values }: Draft): boolean {
  const provider = kind.providers.find((provider) => provider.id === id);
  return provider?.folderNeeded === true && values.url?.trim() === provider.presets.url;
}

/** Another service: what the last one had filled in goes, what was typed stays. */
export function withProvider(draft: Draft, provider: string): Draft {
  const before = presetOf(draft.kind, draft.provider);
  const next = presetOf(draft.kind, provider);
  const values = { ...draft.values };
  for (const field of new Set([...Object.keys(before), ...Object.keys(next)])) {
    const now = values[field] ?? '';
    if (now === '' || now === before[field]) values[field] = next[field];
  }
  return { ...draft, provider, values };
}

export const withProposal = (draft: Draft, proposal: StorageSettings): Draft => {
  const { provider = draft.provider, ...changes } = proposal;
  return { ...draft, provider: String(provider), values: { ...draft.values, ...texts(changes) } };
};

/** As the server takes it; what is empty is left out, and so is a secret that stays. */
export function inputOf(draft: Draft): StorageInput & StorageSettings {
  const { name: kind, providers, fields } = draft.kind;
  const filled = fields.flatMap((field) => {
    const value = draft.values[field.name]?.trim() ?? '';
    return value === '' ? [] : [[field.name, isNumber(field) ? Number(value) : value] as const];
  });
  return {
    kind,
    ...(providers.length > 0 && { provider: draft.provider }),
    ...Object.fromEntries(filled),
  };
}
