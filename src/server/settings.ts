/**
 * Ark's own settings, by kind and name; a value is JSON. They belong to the instance: no backup takes them and no
 * restore overwrites them.
 */
export interface SettingsStore {
  /** By name. */
  list(kind: SettingKind): Promise<readonly { name: string; value: unknown }[]>;
  get(kind: SettingKind, name: string): Promise<unknown>;
  /** Replaces what was there, whole or not at all. */
  save(kind: SettingKind, name: string, value: unknown): Promise<void>;
  /** Removing what is not there is no error. */
  remove(kind: SettingKind, name: string): Promise<void>;
}

export type SettingKind = 'storages' | 'schedules' | 'settings';
