import type { NotBackedUp, Safety } from '../api/api';
import { deliveryText } from '../alarms/deliveryText';
import { errorText, type ErrorText } from '../parts/errorText';
import type { I18n } from '../parts/i18n';

export type SafetyLevel = 'good' | 'partly' | 'attention' | 'danger' | 'none';

const OLD_MS = 7 * 24 * 60 * 60 * 1000;

/** What is in no backup, in words. */
export const missingText = ({ t, format }: I18n, { groups, files, aesKey }: NotBackedUp): string =>
  format.list([
    ...groups.map((group) => t(`group.${group}`)),
    ...(files ? [t('safe.files')] : []),
    ...(aesKey ? [t('safe.aesKey')] : []),
  ]);

export const isMissing = ({ groups, files, aesKey }: NotBackedUp): boolean =>
  groups.length > 0 || files || aesKey;

/** In one word: `none` is no good backup at all, `partly` one that lacks something; without a schedule nobody makes the next, so age counts. */
export function safetyLevel({ lastGood, notBackedUp, banners, schedules }: Safety, now: number): SafetyLevel {
  if (banners.some((banner) => banner.level === 'error')) return 'danger';
  if (!lastGood) return 'none';
  const forgotten = schedules.on === 0 && now - Date.parse(lastGood.createdAt) > OLD_MS;
  if (banners.length > 0 || forgotten || !notBackedUp) return 'attention';
  return isMissing(notBackedUp) ? 'partly' : 'good';
}

/** The same where something else is wrong besides, or nothing is known yet: nothing is called good then. */
export function shownLevel(
  safety: Safety | undefined,
  troubles: readonly { readonly level: 'error' | 'warning' }[],
  now: number,
): SafetyLevel {
  const level = safety ? safetyLevel(safety, now) : 'attention';
  return troubles.length > 0 && (level === 'good' || level === 'partly') ? 'attention' : level;
}

/** The word, and what it is about: what is missing, or whose the backups are that are there. */
export function levelText(i18n: I18n, safety: Safety | undefined, level: SafetyLevel): string {
  const { notBackedUp, storages = [], banners = [] } = safety ?? {};
  const there = storages.reduce((sum, storage) => sum + storage.backups, 0);
  if (level === 'none' && there > 0 && banners.some((banner) => banner.kind === 'none'))
    return i18n.n('safe.foreign', there);
  return i18n.t(`safe.${level}`, { what: notBackedUp ? missingText(i18n, notBackedUp) : '' });
}

type Banner = Safety['banners'][number];

const plain = (text: string): ErrorText => ({ text, detail: undefined, lang: undefined });

/** A banner in the reader's language; `detail` is what the server says of it. */
export function bannerText(
  i18n: I18n,
  { kind, schedule = '', storage = '', code, at, message, details }: Banner,
): ErrorText {
  const { t, format } = i18n;
  const failure = errorText(i18n, { code: code ?? '', message, details });
  const date = at === undefined ? '' : format.dateTime(at);
  switch (kind) {
    case 'failed':
      return { ...failure, text: t('banner.failed', { schedule, date, error: failure.text }) };
    case 'problem':
      return { ...failure, text: t('banner.problem', { schedule, error: failure.text }) };
    case 'missed':
      return plain(t('banner.missed', { schedule, date }));
    case 'storage':
      return { ...failure, text: t('banner.storage', { storage, error: failure.text }) };
    case 'alarm': {
      const error = code === 'ALARM_FAILED' ? deliveryText(i18n, { error: message, details }) : failure.text;
      return plain(t('banner.alarm', { error }));
    }
    case 'stale':
      return { text: t('banner.stale'), detail: message, lang: 'en' };
    case 'none':
      return plain(t('safe.none'));
  }
}
