import type { StorageInput, StorageItem, StorageKind, StorageProviders, StorageSettings } from './api';

export type Field = Exclude<keyof StorageSettings, 'provider'>;
export type Values = Readonly<Partial<Record<Field, string>>>;

/** A storage as it is typed: texts only, a secret that is kept is empty. */
export interface Draft {
  readonly name: string;
  readonly kind: StorageKind;
  readonly provider: string;
  readonly default: boolean;
  readonly values: Values;
}

interface Shape {
  readonly basic: readonly Field[];
  readonly advanced: readonly Field[];
  readonly needed: readonly Field[];
  readonly secret?: Field;
}

export const KINDS: readonly StorageKind[] = ['local', 's3', 'webdav'];
export const SHAPES: Readonly<Record<StorageKind, Shape>> = {
  local: { basic: ['folder'], advanced: [], needed: ['folder'] },
  s3: {
    basic: ['endpoint', 'region', 'bucket', 'accessKeyId', 'secretAccessKey', 'path'],
    advanced: ['addressing', 'partMb', 'volumeMb'],
    needed: ['bucket', 'accessKeyId', 'secretAccessKey'],
    secret: 'secretAccessKey',
  },
  webdav: {
    basic: ['url', 'user', 'password', 'path'],
    advanced: ['auth', 'volumeMb', 'gapMs'],
    needed: ['url'],
    secret: 'password',
  },
};
export const fieldsOf = (kind: StorageKind): readonly Field[] => [
  ...SHAPES[kind].basic,
  ...SHAPES[kind].advanced,
];

/** The smallest and the largest that the server takes. */
export const NUMBERS: Readonly<Partial<Record<Field, readonly [number, number]>>> = {
  partMb: [5, 512],
  volumeMb: [1, 5_000_000],
  gapMs: [0, 600_000],
};
export const EXAMPLES: Values = {
  folder: '/mnt/backups',
  endpoint: 'https://s3.example.com',
  region: 'eu-central-1',
  bucket: 'my-backups',
  accessKeyId: 'AKIA…',
  url: 'https://cloud.example.com/dav/',
  path: 'backups',
  partMb: '16',
};

const CUSTOM = 'custom';

export const newDraft = (kind: StorageKind, providers: StorageProviders): Draft => ({
  name: '',
  kind,
  provider: CUSTOM,
  default: false,
  values: presetOf(kind, CUSTOM, providers),
});

/** What is kept, and where nothing is, what its provider needs. */
export function draftOf(item: StorageItem, providers: StorageProviders): Draft {
  const { provider = CUSTOM, ...settings } = item.settings;
  const { secret } = SHAPES[item.kind];
  const kept = Object.entries(settings).filter(([field]) => field !== secret);
  return {
    name: item.name,
    kind: item.kind,
    provider,
    default: item.default,
    values: {
      ...presetOf(item.kind, provider, providers),
      ...Object.fromEntries(kept.map(([field, value]) => [field, String(value)])),
    },
  };
}

/** What is known of a service, as far as it goes into the form. */
export function presetOf(kind: StorageKind, provider: string, providers: StorageProviders): Values {
  if (kind === 's3') {
    const found = providers.s3.find((one) => one.id === provider);
    return found ? { endpoint: found.endpoint, region: found.region, addressing: found.addressing } : {};
  }
  const found = kind === 'webdav' ? providers.webdav.find((one) => one.id === provider) : undefined;
  if (!found) return {};
  return {
    // A service of one's own has nothing to fill in but the whole address.
    url: provider === CUSTOM ? '' : found.url,
    auth: found.auth,
    volumeMb: String(found.volumeMb),
    gapMs: found.gapMs === undefined ? '' : String(found.gapMs),
  };
}

/** Another service: what the last one had filled in goes, what was typed stays. */
export function withProvider(draft: Draft, provider: string, providers: StorageProviders): Draft {
  const before = presetOf(draft.kind, draft.provider, providers);
  const next = presetOf(draft.kind, provider, providers);
  const values = { ...draft.values };
  for (const field of fieldsOf(draft.kind)) {
    const now = values[field] ?? '';
    if (next[field] !== undefined && (now === '' || now === before[field])) values[field] = next[field];
  }
  return { ...draft, provider, values };
}

export const withProposal = (draft: Draft, proposal: StorageSettings): Draft => {
  const { provider = draft.provider, ...changes } = proposal;
  const texts = Object.entries(changes).map(([field, value]) => [field, String(value)]);
  return { ...draft, provider, values: { ...draft.values, ...(Object.fromEntries(texts) as Values) } };
};

/** As the server takes it; what is empty is left out, and so is a secret that stays. */
export function inputOf(draft: Draft): StorageInput {
  const filled = fieldsOf(draft.kind).flatMap((field) => {
    const value = draft.values[field]?.trim() ?? '';
    return value === '' ? [] : [[field, field in NUMBERS ? Number(value) : value]];
  });
  return {
    kind: draft.kind,
    ...(draft.kind !== 'local' && { provider: draft.provider }),
    ...(Object.fromEntries(filled) as StorageSettings),
  };
}
