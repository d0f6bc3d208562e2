import type { CodeItem } from './api';
import type { I18n } from './i18n';

const KINDS = [
  'function',
  'procedure',
  'aggregate',
  'trigger',
  'rule',
  'policy',
  'view',
  'materialized',
  'default',
  'generated',
  'constraint',
  'index',
  'statistics',
  'partition',
  'type',
] as const satisfies readonly CodeItem['kind'][];

/** `functions: 2 (1 SECURITY DEFINER), triggers: 1` */
export function codeSums({ t, format }: I18n, items: readonly CodeItem[]): string {
  return KINDS.flatMap((kind) => {
    const found = items.filter((one) => one.kind === kind);
    if (found.length === 0) return [];
    const definers = found.filter((one) => one.definer).length;
    const much = t('code.count', { kind: t(`code.kind.${kind}`), count: found.length });
    return [definers > 0 ? `${much} (${format.number(definers)} SECURITY DEFINER)` : much];
  }).join(', ');
}

/** What would hide or turn around what stands beside it is shown by its code. */
export const visible = (text: string): string =>
  text.replace(
    /[^\P{Cc}\n\t]|[\p{Bidi_Control}\p{Zl}\p{Zp}\p{Cs}]/gu,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
