import {
  CheckCircleFilled,
  ClockCircleOutlined,
  CloudServerOutlined,
  ExclamationCircleFilled,
  WarningFilled,
} from '@ant-design/icons';
import { Button, Flex, Skeleton, Tooltip, Typography } from 'antd';
import type { ReactNode } from 'react';
import type { NotBackedUp, Safety } from '../api/api';
import { useArk } from '../api/ark';
import { errorText } from '../parts/errorText';
import { useI18n } from '../parts/i18n';
import { May } from '../api/May';
import { KeyElsewhere } from './KeyElsewhere';
import { provenHint, provenText, unprovenTexts } from '../backups/proofText';
import { isMissing, levelText, missingText, safetyLevel, type SafetyLevel } from './safetyText';
import { styles, useTinted, type Look } from '../parts/styles';
import { listText } from '../parts/listText';

interface Props {
  readonly safety: Safety | undefined;
  /** Takes up into a new backup what is in none yet. */
  readonly onBackUp: (missing: NotBackedUp) => void;
  readonly onChanged: () => void;
}

/** Whether the app is safe, in a line: a mark with its word, the last good backup, the next run, the storages. */
export function SafetyLine({ safety, onBackUp, onChanged }: Props) {
  const { narrow } = useArk();
  const i18n = useI18n();
  const { t, format } = i18n;
  const tinted = useTinted();
  const height = narrow ? 108 : 24;
  if (!safety) {
    return (
      // As tall as what comes: the skeleton's own margins would be taller than a line.
      <Flex align="center" style={{ ...styles.clipped, height }}>
        <Skeleton active title={false} paragraph={{ rows: 1, width: '70%' }} />
      </Flex>
    );
  }
  const level = safetyLevel(safety, Date.now());
  const marks: Record<SafetyLevel, { tint: Look; icon: ReactNode }> = {
    good: { tint: tinted.success, icon: <CheckCircleFilled aria-hidden /> },
    partly: { tint: tinted.warning, icon: <ExclamationCircleFilled aria-hidden /> },
    attention: { tint: tinted.warning, icon: <ExclamationCircleFilled aria-hidden /> },
    none: { tint: tinted.warning, icon: <ExclamationCircleFilled aria-hidden /> },
    danger: { tint: tinted.error, icon: <WarningFilled aria-hidden /> },
  };
  const { lastGood, notBackedUp, next } = safety;
  const missing = notBackedUp ? missingText(i18n, notBackedUp) : '';
  return (
    <Flex
      component="section"
      aria-label={t('safe.title')}
      data-testid="safety"
      gap="2px 20px"
      wrap
      vertical={narrow}
      style={{ ...tinted.quietSmall, minHeight: height }}
    >
      <span style={{ ...styles.strong, ...marks[level].tint }}>
        {marks[level].icon} {levelText(i18n, safety, level)}
      </span>
      {notBackedUp && isMissing(notBackedUp) && (
        <span>
          {level !== 'partly' && t('safe.missing', { what: missing })}
          <May permission="backup">
            {' '}
            <Button
              type="link"
              size="small"
              style={styles.smallInlineButton}
              onClick={() => onBackUp(notBackedUp)}
            >
              {t(notBackedUp.aesKey ? 'safe.backUpEncrypted' : 'safe.backUp')}
            </Button>
          </May>
        </span>
      )}
      <KeyElsewhere safety={safety} onChanged={onChanged} />
      {lastGood && (
        <Tooltip
          title={
            <>
              <div>{lastGood.name}</div>
              <div>
                {format.dateTime(lastGood.createdAt)} · {format.bytes(lastGood.size)}
              </div>
              {lastGood.verifiedAt !== undefined && (
                <div>{t('state.verifiedHint', { date: format.dateTime(lastGood.verifiedAt) })}</div>
              )}
              {[provenHint(i18n, lastGood) ?? '', ...unprovenTexts(i18n, lastGood)].map((text) => (
                <div key={text}>{text}</div>
              ))}
            </>
          }
        >
          <span tabIndex={0}>
            {t('safe.last', {
              when: format.relative(lastGood.createdAt),
              storages: listText(t, lastGood.storages),
            })}
            {lastGood.rehearsedAt !== undefined
              ? ` · ${provenText(i18n, lastGood)}`
              : lastGood.verifiedAt !== undefined
                ? ` · ${t('state.verified')}`
                : ` · ${t('state.ready')}`}
          </span>
        </Tooltip>
      )}
      <span>
        <ClockCircleOutlined aria-hidden />{' '}
        {next ? (
          <Tooltip title={format.dateTime(next.at)}>
            <span tabIndex={0}>
              {t('safe.next', { when: format.relative(next.at), schedule: next.schedule })}
            </span>
          </Tooltip>
        ) : (
          t(safety.schedules.total === 0 ? 'safe.noSchedule' : 'safe.allOff')
        )}
      </span>
      <Storages safety={safety} />
    </Flex>
  );
}

function Storages({ safety: { storages, used } }: { readonly safety: Safety }) {
  const i18n = useI18n();
  const { n, format } = i18n;
  const tinted = useTinted();
  const silent = storages.filter((storage) => storage.error !== undefined);
  return (
    <Tooltip
      title={storages.map((storage) => (
        <div key={storage.name}>
          {storage.name}:{' '}
          {storage.error
            ? errorText(i18n, storage.error).text
            : `${n('count.backups', storage.backups)} · ${format.bytes(storage.used)}`}
        </div>
      ))}
    >
      <span tabIndex={0}>
        <CloudServerOutlined aria-hidden /> {n('safe.storages', storages.length)} · {format.bytes(used)}
        {silent.length > 0 && (
          <Typography.Text style={tinted.warningSmall}>
            {' '}
            <WarningFilled aria-hidden /> {n('safe.silent', silent.length)}
          </Typography.Text>
        )}
      </span>
    </Tooltip>
  );
}
