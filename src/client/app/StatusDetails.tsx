import {
  CloudServerOutlined,
  DatabaseOutlined,
  HddOutlined,
  InfoCircleFilled,
  WarningFilled,
} from '@ant-design/icons';
import { Button, Card, Divider, Flex, Tag, Tooltip, Typography } from 'antd';
import { May } from '../api/May';
import type { JobItem, NotBackedUp, Safety, SystemInfo } from '../api/api';
import { useI18n } from '../parts/i18n';
import { JobProgressView } from '../jobs/JobProgressView';
import { SafetyFacts } from '../safety/SafetyFacts';
import { SafeLine } from '../setup/SafeLine';
import type { Trouble } from '../safety/troubles';
import { styles, useTinted } from '../parts/styles';
import { DETAILS_ID } from './StatusLine';

interface Props {
  readonly system: SystemInfo | undefined;
  readonly safety: Safety | undefined;
  readonly troubles: readonly Trouble[];
  readonly running: readonly JobItem[];
  readonly onBackUp: (missing: NotBackedUp) => void;
  readonly onStorages: () => void;
  readonly onChanged: () => void;
  readonly onSetup: () => void;
  readonly onSheet: () => void;
}

/** What the line at the top says in short: everything that is wrong with its code, everything that runs, what is kept where. */
export function StatusDetails({
  system,
  safety,
  troubles,
  running,
  onBackUp,
  onStorages,
  onChanged,
  onSetup,
  onSheet,
}: Props) {
  const i18n = useI18n();
  const { t, format } = i18n;
  const tinted = useTinted();
  return (
    <Card
      id={DETAILS_ID}
      role="region"
      aria-label={t('status.title')}
      size="small"
      styles={{ body: styles.cardBody }}
    >
      {troubles.length > 0 && (
        <ul style={styles.plainList} data-testid="troubles">
          {troubles.map((trouble, at) => (
            <li key={at} style={styles.trouble}>
              {trouble.level === 'error' ? (
                <WarningFilled aria-hidden style={tinted.error} />
              ) : (
                <InfoCircleFilled aria-hidden style={tinted.warning} />
              )}
              <div style={styles.shrinkingWrap}>
                <div>
                  {trouble.text}{' '}
                  {trouble.code !== undefined && (
                    <Typography.Text code style={styles.smaller}>
                      {trouble.code}
                    </Typography.Text>
                  )}
                </div>
                {trouble.detail !== undefined && (
                  <Typography.Text type="secondary" lang={trouble.lang} style={styles.small}>
                    {trouble.detail}
                  </Typography.Text>
                )}
                {trouble.storage !== undefined && (
                  <div>
                    <Button type="link" size="small" style={styles.smallInlineButton} onClick={onStorages}>
                      {t('storages.open')}
                    </Button>
                  </div>
                )}
                {trouble.reading && (
                  <div>
                    <Button type="link" size="small" style={styles.smallInlineButton} onClick={onChanged}>
                      {t('action.retry')}
                    </Button>
                  </div>
                )}
              </div>
            </li>
          ))}
        </ul>
      )}
      {running.map((job) => (
        <JobProgressView key={job.id} job={job} />
      ))}
      {(troubles.length > 0 || running.length > 0) && <Divider style={styles.divider} />}
      {safety && (
        <Flex gap={12} wrap align="baseline">
          <SafeLine safety={safety} />
          <May permission="settings">
            <Button type="link" size="small" style={styles.smallInlineButton} onClick={onSetup}>
              {t('setup.open')}
            </Button>
            <Button type="link" size="small" style={styles.smallInlineButton} onClick={onSheet}>
              {t('sheet.title')}
            </Button>
          </May>
        </Flex>
      )}
      {safety && <SafetyFacts safety={safety} onBackUp={onBackUp} onChanged={onChanged} />}
      {system && (
        <Flex gap="4px 24px" wrap align="center" style={{ ...tinted.quietSmall, ...styles.above8 }}>
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
              <span tabIndex={0}>
                {t('system.space', {
                  used: system.used === undefined ? '–' : format.bytes(system.used),
                  free: format.bytes(system.free),
                })}
              </span>
            </Tooltip>
          </span>
          {safety?.storages.map((storage) => (
            <span key={storage.name} style={styles.fact}>
              <CloudServerOutlined aria-hidden />
              <span style={styles.wrap}>
                {storage.name}:{' '}
                {storage.error
                  ? '–'
                  : `${i18n.n('count.backups', storage.backups)} · ${format.bytes(storage.used)}`}
              </span>
            </span>
          ))}
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
      )}
    </Card>
  );
}
