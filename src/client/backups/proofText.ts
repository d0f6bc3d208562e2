import type { BackupItem } from '../api/api';
import type { I18n } from '../parts/i18n';

export type Rehearsed = Pick<BackupItem, 'rehearsedAt' | 'proof' | 'unproven'>;

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
