import { CheckCircleFilled, CloseCircleFilled, InfoCircleFilled, WarningFilled } from '@ant-design/icons';
import { Alert, Button, Flex, Typography } from 'antd';
import type { ReactNode } from 'react';
import type { StorageCheck, StorageSettings, StorageTest } from '../api/api';
import { errorText } from '../parts/errorText';
import { useI18n } from '../parts/i18n';
import { fieldText, valueText } from './storageText';
import { styles, useTinted, type Look } from '../parts/styles';

interface Props {
  readonly test: StorageTest;
  /** The settings that were tested. */
  readonly tested: StorageSettings;
  /** Takes the proposal over; without it only `instead` is shown. */
  readonly onUse?: ((proposal: StorageSettings) => void) | undefined;
  readonly instead?: string | undefined;
  readonly busy: boolean;
}

/** What was tried and how it went, the worst in capital letters; and the settings that would work. */
export function StorageTestResult({ test, tested, onUse, instead, busy }: Props) {
  const { t, find } = useI18n();
  const tinted = useTinted();
  const dangers = test.checks.filter((check) => check.state === 'danger');
  const offer = test.trust ?? test.proposal;
  const failed = test.checks.some((check) => check.state === 'failed');
  return (
    <Flex vertical gap={12}>
      {dangers.map((danger) => (
        <Alert
          key={danger.what}
          type="error"
          showIcon
          role="alert"
          message={<span style={tinted.alarm}>{find(`check.danger.${danger.what}`) ?? danger.message}</span>}
          description={find(`check.danger.${danger.what}.text`)}
        />
      ))}
      {!test.trust && (failed || dangers.length === 0) && (
        <Alert
          type={failed ? 'error' : 'success'}
          showIcon
          message={failed ? t('check.bad') : t('check.good')}
        />
      )}
      <ul aria-label={t('storages.test')} style={styles.plainList}>
        {test.checks.map((check) => (
          <Check key={check.what} check={check} />
        ))}
      </ul>
      {offer && (
        <Alert
          type="info"
          message={<b>{t(test.trust ? 'check.shown' : test.ok ? 'check.better' : 'check.works')}</b>}
          description={
            <>
              <Changes from={tested} to={offer} />
              {onUse ? (
                <Button type="primary" loading={busy} onClick={() => onUse(offer)} style={styles.above8}>
                  {t(test.trust ? 'check.trust' : 'check.use')}
                </Button>
              ) : (
                instead
              )}
            </>
          }
        />
      )}
    </Flex>
  );
}

function Check({ check }: { readonly check: StorageCheck }) {
  const i18n = useI18n();
  const { t, find } = i18n;
  const tinted = useTinted();
  const { what, state } = check;
  const marks: Record<StorageCheck['state'], { tint: Look; icon: ReactNode }> = {
    ok: { tint: tinted.success, icon: <CheckCircleFilled /> },
    failed: { tint: tinted.error, icon: <CloseCircleFilled /> },
    danger: { tint: tinted.error, icon: <WarningFilled /> },
    note: { tint: tinted.info, icon: <InfoCircleFilled /> },
  };
  const { tint, icon } = marks[state];
  return (
    <Flex component="li" gap={8} style={styles.entry}>
      <span role="img" aria-label={t(`check.state.${state}`)} style={tint}>
        {icon}
      </span>
      <div style={styles.shrinkingWrap}>
        <span style={state === 'failed' || state === 'danger' ? styles.strong : undefined}>
          {find(`check.what.${what}`) ?? what}
        </span>
        {state === 'failed' && <Failed check={check} />}
        {(state === 'note' || state === 'danger') && (
          <div style={tinted.quietSmall}>
            {find(`check.${state}.${what}`) ?? <span lang="en">{check.message}</span>}
          </div>
        )}
      </div>
    </Flex>
  );
}

function Failed({ check: { code = '', ...check } }: { readonly check: StorageCheck }) {
  const { text, detail, lang } = errorText(useI18n(), { code, ...check });
  return (
    <>
      <div>{text}</div>
      {detail !== undefined && (
        <div lang={lang}>
          <Typography.Text type="secondary" style={styles.small}>
            {detail}
          </Typography.Text>
        </div>
      )}
    </>
  );
}

function Changes({ from, to }: { readonly from: StorageSettings; readonly to: StorageSettings }) {
  const i18n = useI18n();
  const { t } = i18n;
  const changes = Object.entries(to);
  return (
    <ul style={styles.listWrap}>
      {changes.map(([field, value]) => (
        <li key={field}>
          {fieldText(i18n, field)}:{' '}
          {from[field] === undefined ? t('check.empty') : valueText(i18n, field, String(from[field]))} →{' '}
          <b>{valueText(i18n, field, String(value))}</b>
        </li>
      ))}
    </ul>
  );
}
