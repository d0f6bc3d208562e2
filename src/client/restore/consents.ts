import type { Preview } from '../api/api';

/** Warnings that a restore is refused for unless they are allowed. */
const CONSENTS = ['breaks', 'changes'] as const;
export type ConsentKind = (typeof CONSENTS)[number];

/** What somebody says who allows it. */
export const CONSENT_TEXTS = { breaks: 'preview.allowBreaks', changes: 'preview.allowChanges' } as const;

export const asksConsent = (kind: Preview['warnings'][number]['kind']): ConsentKind | undefined =>
  CONSENTS.find((consent) => consent === kind);

/** What is warned of and has not been allowed. */
export const isUnanswered = (preview: Preview, allowed: ReadonlySet<ConsentKind>): boolean =>
  preview.warnings.some(({ kind }) => {
    const consent = asksConsent(kind);
    return consent !== undefined && !allowed.has(consent);
  });
