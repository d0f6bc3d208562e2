import { useCallback } from 'react';
import { useArk } from '../api/ark';
import { useI18n } from '../parts/i18n';
import { useRemoval } from '../parts/useRemoval';

interface Options {
  readonly onChanged: () => void;
  readonly onDeleted?: () => void;
}

/** The id of the button that deletes what was prepared, in the line or in the dialog. */
export const deletionId = (place: 'line' | 'dialog', job: string): string => `ark-prepared-${place}-${job}`;

/** Asks, and deletes what was prepared; nothing that is live is touched. */
export function useDeletion(
  place: 'line' | 'dialog',
  job: string,
  { onChanged, onDeleted }: Options,
): () => void {
  const { api } = useArk();
  const { t } = useI18n();
  const askRemoval = useRemoval(onChanged);
  return useCallback(
    () =>
      askRemoval({
        title: t('prepared.removeTitle'),
        content: t('prepared.removeText'),
        okText: t('prepared.remove'),
        remove: async () => {
          await api.destroyPrepared(job);
          onDeleted?.();
        },
        done: t('prepared.removed'),
        failed: t('prepared.removeFailed'),
        focus: { back: deletionId(place, job), next: 'ark-new' },
      }),
    [api, askRemoval, job, onDeleted, place, t],
  );
}
