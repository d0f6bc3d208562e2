import { DatabaseOutlined, HddOutlined, WarningFilled } from '@ant-design/icons';
import { Card, Divider, Flex, Skeleton, Tag, Tooltip, Typography } from 'antd';
import type { JobItem, NotBackedUp, Safety, SystemInfo } from '../api/api';
import { useArk } from '../api/ark';
import { errorText } from '../parts/errorText';
import { useI18n } from '../parts/i18n';
import { JobProgressView } from '../jobs/JobProgressView';
import { SafetyLine } from '../safety/SafetyLine';
import { styles, useTinted } from '../parts/styles';

interface Props {
  readonly system: SystemInfo | undefined;
  readonly safety: Safety | undefined;
  readonly running: readonly JobItem[];
  readonly onBackUp: (missing: NotBackedUp) => void;
  readonly onChanged: () => void;
}

/**
 * What is backed up and where to, or while a job runs how far it is; below, whether the app is safe. Its height stays,
 * so nothing below jumps.
 */
export function StatusStrip({ system, safety, running, onBackUp, onChanged }: Props) {
  const i18n = useI18n();
  const { t, format } = i18n;
  const tinted = useTinted();
  const { narrow } = useArk();
  return (
    <Card size="small" styles={{ body: styles.cardBody }}>
      <div style={narrow ? styles.statusNarrow : styles.status}>
        {running.length > 0 ? (
          <Flex vertical gap={12} style={styles.full}>
            {running.map((job) => (
              <JobProgressView key={job.id} job={job} />
            ))}
          </Flex>
        ) : !system ? (
          <Skeleton active title={false} paragraph={{ rows: 2, width: ['40%', '60%'] }} />
        ) : (
          <Flex vertical gap={6} style={styles.full}>
            <Flex gap="4px 12px" wrap align="center">
              <Typography.Text strong style={styles.bigger}>
                {system.instance}
              </Typography.Text>
              {system.app && (
                <Tag bordered={false} style={styles.flush}>
                  {system.app.name === 'nocobase' ? 'NocoBase' : system.app.name} {system.app.version}
                </Tag>
              )}
              {system.database.demo && (
                <Tooltip title={t('system.demoHint')}>
                  <Tag bordered={false} style={styles.flush} tabIndex={0}>
                    {t('system.demo')}
                  </Tag>
                </Tooltip>
              )}
            </Flex>
            <Flex gap="4px 24px" wrap style={tinted.quietSmall}>
              <span style={styles.fact}>
                <DatabaseOutlined aria-hidden />
                <span style={styles.wrap}>
                  {system.database.label}
                  {system.database.version !== undefined &&
                    ` · ${system.database.dialect === 'postgres' ? 'PostgreSQL' : system.database.dialect} ${system.database.version}`}
                </span>
              </span>
              <span style={styles.fact}>
                <HddOutlined aria-hidden />
                <Tooltip title={system.dataFolder}>
                  <span>
                    {t('system.space', { used: format.bytes(system.used), free: format.bytes(system.free) })}
                  </span>
                </Tooltip>
              </span>
            </Flex>
            {system.database.error && (
              <Typography.Text type="danger">
                <WarningFilled aria-hidden /> {errorText(i18n, system.database.error).text}{' '}
                <Typography.Text code>{system.database.error.code}</Typography.Text>
              </Typography.Text>
            )}
          </Flex>
        )}
      </div>
      <Divider style={styles.divider} />
      <SafetyLine safety={safety} onBackUp={onBackUp} onChanged={onChanged} />
    </Card>
  );
}
