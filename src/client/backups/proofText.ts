import type { BackupItem } from '../api/api';
import type { I18n } from '../parts/i18n';

export type Rehearsed = Pick<BackupItem, 'rehearsedAt' | 'proof' | 'unproven'>;
export type Proven = Rehearsed & Pick<BackupItem, 'verifiedAt' | 'mine'>;

/** What a backup bears: only what an empty database has taken is restorable wherever. */
export const provenText = ({ t }: I18n, { proof }: Pick<Rehearsed, 'proof'>): string =>
  t(proof === 'database' ? 'state.proven' : 'state.provenBeside');

/** Where and when; undefined where there was no rehearsal. */
export function provenHint({ t, format }: I18n, { rehearsedAt, proof }: Rehearsed): string | undefined {
  if (rehearsedAt === undefined) return undefined;
  const date = format.dateTime(rehearsedAt);
  return t(proof === 'database' ? 'state.provenHint' : 'state.provenBesideHint', { date });
}

/** What that has not shown, each in a sentence. */
export const unprovenTexts = ({ t }: I18n, { unproven = [] }: Rehearsed): string[] =>
  unproven.map((gap) => t(`unproven.${gap}`));

/**
 * Which steps a backup has taken: written and read back, every byte checked, restore tested. Nobody here knows how one
 * was written that came from elsewhere, and a restore test reads rows, not each byte.
 */
export const proofSteps = ({ mine, verifiedAt, rehearsedAt }: Proven): readonly boolean[] => [
  mine,
  verifiedAt !== undefined,
  rehearsedAt !== undefined,
];

/** The farthest of them in a word. */
export function proofText(i18n: I18n, backup: Proven): string {
  if (backup.rehearsedAt !== undefined) return provenText(i18n, backup);
  if (backup.verifiedAt !== undefined) return i18n.t('state.verified');
  return i18n.t(backup.mine ? 'state.written' : 'state.ready');
}

/** Each step in a sentence: when it was reached, or that it was not, and what it has not shown. */
export function proofHints(i18n: I18n, backup: Proven): string[] {
  const { t, format } = i18n;
  const { mine, verifiedAt } = backup;
  return [
    t(mine ? 'state.writtenHint' : 'state.foreignHint'),
    verifiedAt !== undefined
      ? t('state.verifiedHint', { date: format.dateTime(verifiedAt) })
      : t('state.verifiedNot'),
    provenHint(i18n, backup) ?? t('state.provenNot'),
    ...unprovenTexts(i18n, backup),
  ];
}
