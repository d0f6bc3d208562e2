import { CheckCircleFilled, ExclamationCircleFilled, WarningFilled } from '@ant-design/icons';
import { Button, Flex, Skeleton } from 'antd';
import type { ReactNode } from 'react';
import type { JobItem, NotBackedUp, Safety } from '../api/api';
import { useArk } from '../api/ark';
import { May } from '../api/May';
import { JobProgressView } from '../jobs/JobProgressView';
import { useI18n } from '../parts/i18n';
import { styles, useTinted, type Look } from '../parts/styles';
import { lastGoodText, lastProvenText, nextText } from '../safety/lastGoodText';
import { isMissing, levelText, shownLevel, type SafetyLevel } from '../safety/safetyText';
import type { Trouble } from '../safety/troubles';

/** Which part of the page it is that the button opens. */
export const DETAILS_ID = 'ark-status-details';

interface Props {
  readonly safety: Safety | undefined;
  readonly troubles: readonly Trouble[];
  readonly running: readonly JobItem[];
  readonly opened: boolean;
  readonly onOpen: () => void;
  readonly onBackUp: (missing: NotBackedUp) => void;
}

/** They go on beside what has the database. */
const BESIDE: ReadonlySet<JobItem['kind']> = new Set(['verify', 'transfer']);

/** Whether the app is safe, or while a job runs how far it is. Always as tall, so that nothing below moves. */
export function StatusLine({ safety, troubles, running, opened, onOpen, onBackUp }: Props) {
  const { narrow } = useArk();
  const { t, format } = useI18n();
  const [job, ...others] = [...running].sort(
    (a, b) => Number(BESIDE.has(a.kind)) - Number(BESIDE.has(b.kind)),
  );
  const more = job ? others.length + troubles.length : troubles.length - 1;
  return (
    <Flex
      component="section"
      aria-label={t('safe.title')}
      data-testid="safety"
      align="center"
      gap={narrow ? 8 : 16}
      style={styles.status}
    >
      {job ? (
        <JobProgressView key={job.id} job={job} shape="line" />
      ) : safety || troubles.length > 0 ? (
        <Stand safety={safety} troubles={troubles} onBackUp={onBackUp} />
      ) : (
        <div style={styles.growingShrinking}>
          <Skeleton active title={false} paragraph={{ rows: 1, width: '60%', style: styles.flush }} />
        </div>
      )}
      <Button size="small" aria-expanded={opened} aria-controls={DETAILS_ID} onClick={onOpen}>
        {t('status.details')}
        {more > 0 && ` (+${format.number(more)})`}
      </Button>
    </Flex>
  );
}

function Stand({ safety, troubles, onBackUp }: Pick<Props, 'safety' | 'troubles' | 'onBackUp'>) {
  const { narrow } = useArk();
  const i18n = useI18n();
  const { t } = i18n;
  const tinted = useTinted();
  const [worst] = troubles;
  const level = shownLevel(safety, troubles, Date.now());
  const marks: Record<SafetyLevel, { tint: Look; icon: ReactNode }> = {
    good: { tint: tinted.success, icon: <CheckCircleFilled aria-hidden /> },
    partly: { tint: tinted.warning, icon: <ExclamationCircleFilled aria-hidden /> },
    attention: { tint: tinted.warning, icon: <ExclamationCircleFilled aria-hidden /> },
    none: { tint: tinted.warning, icon: <ExclamationCircleFilled aria-hidden /> },
    danger: { tint: tinted.error, icon: <WarningFilled aria-hidden /> },
  };
  const missing = safety?.notBackedUp;
  const facts = safety
    ? [
        ...(safety.lastGood ? [lastGoodText(i18n, safety.lastGood)] : []),
        ...(safety.lastProven ? [lastProvenText(i18n, safety.lastProven)] : []),
        nextText(i18n, safety),
      ].join(' · ')
    : '';
  return (
    <div style={styles.growingShrinking}>
      <Flex gap={12} align="baseline">
        <div style={styles.cut} role="status" title={worst?.text}>
          <span style={{ ...styles.strong, ...marks[level].tint }}>
            {marks[level].icon} {levelText(i18n, safety, level)}
          </span>
          {worst && <span> · {worst.text}</span>}
        </div>
        {!narrow && missing && isMissing(missing) && (
          <May permission="backup">
            <Button
              type="link"
              size="small"
              style={styles.smallInlineButton}
              onClick={() => onBackUp(missing)}
            >
              {t(missing.aesKey ? 'safe.backUpEncrypted' : 'safe.backUp')}
            </Button>
          </May>
        )}
      </Flex>
      <div style={{ ...styles.cut, ...tinted.quietSmall }} title={facts}>
        {facts}
      </div>
    </div>
  );
}
