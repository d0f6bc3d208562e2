import { ClockCircleOutlined } from '@ant-design/icons';
import { Button, Flex, Typography } from 'antd';
import type { NotBackedUp, Safety } from '../api/api';
import { May } from '../api/May';
import { proofHints } from '../backups/proofText';
import { useI18n } from '../parts/i18n';
import { KeyElsewhere } from './KeyElsewhere';
import { lastGoodText, lastProvenText, nextText, provenGood } from './lastGoodText';
import { isMissing, missingText } from './safetyText';
import { styles, useTinted } from '../parts/styles';

interface Props {
  readonly safety: Safety;
  /** Takes up into a new backup what is in none yet. */
  readonly onBackUp: (missing: NotBackedUp) => void;
  readonly onChanged: () => void;
}

/** What is backed up and what is not, the last good backup with what is proven of it, the next run. */
export function SafetyFacts({ safety, onBackUp, onChanged }: Props) {
  const i18n = useI18n();
  const { t, format } = i18n;
  const tinted = useTinted();
  const { lastGood, lastProven, notBackedUp, next } = safety;
  return (
    <Flex vertical gap={4} style={styles.small}>
      {notBackedUp && isMissing(notBackedUp) && (
        <span>
          {t('safe.missing', { what: missingText(i18n, notBackedUp) })}{' '}
          <May permission="backup">
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
        <div>
          {lastGoodText(i18n, lastGood)}
          <Typography.Text type="secondary" style={styles.smallLine}>
            {lastGood.name} · {format.dateTime(lastGood.createdAt)} · {format.bytes(lastGood.size)} ·{' '}
            {proofHints(i18n, provenGood(lastGood)).join(' ')}
          </Typography.Text>
        </div>
      )}
      {lastProven && (
        <div>
          {lastProvenText(i18n, lastProven)}
          <Typography.Text type="secondary" style={styles.smallLine}>
            {format.dateTime(lastProven.createdAt)} · {format.list(lastProven.storages)} ·{' '}
            {proofHints(i18n, provenGood(lastProven)).join(' ')}
          </Typography.Text>
        </div>
      )}
      <span style={tinted.quiet}>
        <ClockCircleOutlined aria-hidden /> {nextText(i18n, safety)}
        {next && ` · ${format.dateTime(next.at)}`}
      </span>
    </Flex>
  );
}
