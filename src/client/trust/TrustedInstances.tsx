import { Button, Flex, Skeleton, Typography } from 'antd';
import { useCallback } from 'react';
import { useArk } from '../api/ark';
import { CopiedNotice } from './CopiedNotice';
import { ErrorNotice } from '../parts/ErrorNotice';
import { useI18n } from '../parts/i18n';
import { useLoaded } from '../parts/useLoaded';
import { useRemoval } from '../parts/useRemoval';
import { May } from '../api/May';
import { styles } from '../parts/styles';

interface Props {
  /** Read again when it changes. */
  readonly stamp: number;
  readonly onChanged: () => void;
}

const buttonOf = (fingerprint: string): string => `ark-trust-${fingerprint.replace(/\W/g, '-')}`;

/** By what this instance is known, and whose backups it trusts. */
export function TrustedInstances({ stamp, onChanged }: Props) {
  const { api } = useArk();
  const { t, format } = useI18n();
  const read = useCallback(() => api.listTrust(), [api, stamp]);
  const { data, error, retry } = useLoaded(read);
  const remove = useRemoval(onChanged);
  if (error) return <ErrorNotice error={error} onRetry={retry} />;
  if (!data) return <Skeleton active paragraph={{ rows: 2 }} title={false} />;
  return (
    <Flex vertical gap={8}>
      <Typography.Text strong>{t('trust.list')}</Typography.Text>
      <Typography.Text style={styles.wrap}>
        {data.own === undefined ? t('trust.noKey') : t('trust.self', { fingerprint: data.own })}
      </Typography.Text>
      <CopiedNotice stamp={stamp} onChanged={onChanged} />
      {data.trusted.length === 0 && <Typography.Text type="secondary">{t('trust.none')}</Typography.Text>}
      {data.trusted.map(({ fingerprint, name, addedAt }) => (
        <Flex key={fingerprint} gap={12} align="center" wrap justify="space-between">
          <Flex vertical style={styles.wrap}>
            {name}
            <Typography.Text type="secondary" style={styles.smaller}>
              {fingerprint} · {format.dateTime(addedAt)}
            </Typography.Text>
          </Flex>
          <May permission="settings">
            <Button
              id={buttonOf(fingerprint)}
              size="small"
              onClick={() =>
                remove({
                  title: t('trust.removeTitle', { instance: name }),
                  content: t('trust.removeText'),
                  okText: t('trust.remove'),
                  remove: () => api.removeTrust(fingerprint),
                  done: t('trust.removed', { instance: name }),
                  failed: t('trust.failed'),
                  focus: { back: buttonOf(fingerprint), next: buttonOf(fingerprint) },
                })
              }
            >
              {t('trust.remove')}
            </Button>
          </May>
        </Flex>
      ))}
    </Flex>
  );
}
