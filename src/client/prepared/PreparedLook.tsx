import { Alert, Flex, Spin } from 'antd';
import type { BackupKeys, Failure, PreparedComparison } from '../api/api';
import { ComparisonView } from '../compare/ComparisonView';
import { ErrorNotice } from '../parts/ErrorNotice';
import { useI18n } from '../parts/i18n';
import { NameField } from '../parts/NameField';
import { styles } from '../parts/styles';
import { PlainNotice } from '../passphrase/PlainNotice';
import { UnlockForm } from '../passphrase/UnlockForm';

interface Props {
  readonly comparison: PreparedComparison | undefined;
  readonly reading: boolean;
  readonly failure: Failure | undefined;
  /** What the failure kept from happening. */
  readonly failed: string;
  /** More would have been lost than was shown. */
  readonly changed: boolean;
  readonly keys: BackupKeys | undefined;
  readonly onKeys: (keys: BackupKeys) => void;
  /** Undefined: nothing is unsure about it. */
  readonly plain: Parameters<typeof PlainNotice>[0] | undefined;
  readonly onRetry: () => void;
  /** The name that is typed before the swap. */
  readonly asked: Parameters<typeof NameField>[0] | undefined;
}

/** What the swap would change, exactly; an encrypted backup asks for its key first. */
export function PreparedLook(props: Props) {
  const { comparison, reading, failure, failed, changed, keys, onKeys, plain, onRetry, asked } = props;
  const { t, format } = useI18n();
  const isOpening = failure?.code === 'ARCHIVE_KEY_WRONG' || failure?.code === 'ARCHIVE_LOCKED';
  // What was shown is no longer so.
  const isOutdated = changed && reading;
  if (isOpening)
    return (
      <UnlockForm
        reading={reading}
        error={keys?.passphrase === undefined ? undefined : failure}
        onOpen={onKeys}
      />
    );
  return (
    <Flex vertical gap={10}>
      {changed && !isOutdated && (
        <Alert type="warning" showIcon role="alert" message={t('prepared.changed')} />
      )}
      {plain && <PlainNotice {...plain} />}
      {failure && <ErrorNotice error={failure} title={failed} onRetry={comparison ? undefined : onRetry} />}
      {(!comparison || isOutdated) && reading && (
        <Flex gap={12} align="center" style={styles.roomForPreview}>
          <Spin /> {t('prepared.comparing')}
        </Flex>
      )}
      {comparison && !isOutdated && (
        <Flex vertical gap={10} style={reading ? styles.stale : undefined} aria-busy={reading}>
          <Alert
            type="info"
            showIcon
            message={t('prepared.until', { time: format.dateTime(comparison.expiresAt) })}
          />
          <ComparisonView comparison={comparison} words="swap" lost={comparison.lost} />
          {asked && <NameField {...asked} />}
        </Flex>
      )}
    </Flex>
  );
}
