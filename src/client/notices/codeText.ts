import type { CodeItem } from '../api/api';
import type { I18n } from '../parts/i18n';
import { listText } from '../parts/listText';

/** `functions: 2 (1 SECURITY DEFINER), triggers: 1` */
export function codeSums({ t, format }: I18n, items: readonly CodeItem[]): string {
  // The server sorts them by their kinds.
  return listText(
    t,
    [...new Set(items.map((item) => item.kind))].map((kind) => {
      const pieces = items.filter((item) => item.kind === kind);
      const definers = pieces.filter((piece) => piece.definer).length;
      const much = t('code.count', { kind: t(`code.kind.${kind}`), count: pieces.length });
      return definers > 0 ? `${much} (${format.number(definers)} SECURITY DEFINER)` : much;
    }),
  );
}

/** What would hide or turn around what stands beside it is shown by its code. */
export const visible = (text: string): string =>
  text.replace(
    /[^\P{Cc}\n\t]|[\p{Bidi_Control}\p{Zl}\p{Zp}\p{Cs}]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
