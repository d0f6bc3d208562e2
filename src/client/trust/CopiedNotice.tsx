import { Alert, Button, Flex } from 'antd';
import { useCallback } from 'react';
import { useArk } from '../api/ark';
import { useI18n } from '../parts/i18n';
import { May } from '../api/May';
import { useLoaded } from '../parts/useLoaded';
import { useRemoval } from '../parts/useRemoval';

interface Props {
  /** Read again when it changes. */
  readonly stamp: number;
  readonly onChanged: () => void;
}

/** Backups with this instance's signature that it did not make: asks whether this is the original or the copy. */
export function CopiedNotice({ stamp, onChanged }: Props) {
  const { api } = useArk();
  const { t, n } = useI18n();
  const read = useCallback(() => api.listStrays(), [api, stamp]);
  const { data } = useLoaded(read);
  const ask = useRemoval(onChanged);
  const newest = data?.[0];
  if (!newest) return null;
  const button = (which: 'original' | 'copy', does: () => Promise<void>) => (
    <Button
      id={`ark-${which}`}
      size="small"
      onClick={() =>
        ask({
          title: t(`copied.${which}Title`),
          content: t(`copied.${which}Text`),
          okText: t(`copied.${which}`),
          remove: does,
          done: t('copied.done'),
          failed: t('trust.failed'),
          focus: { back: `ark-${which}`, next: `ark-${which}` },
        })
      }
    >
      {t(`copied.${which}`)}
    </Button>
  );
  return (
    <Alert
      type="warning"
      showIcon
      message={n('copied.title', data.length)}
      description={
        <Flex vertical gap={8}>
          {t('copied.text', { name: newest.name, storage: newest.storage })}
          <May permission="settings">
            <Flex gap={8} wrap>
              {button('original', () => api.adoptStrays())}
              {button('copy', () => api.renewInstance())}
            </Flex>
          </May>
        </Flex>
      }
    />
  );
}
