import { Steps, Typography } from 'antd';
import { useArk } from '../api/ark';
import { useI18n } from '../parts/i18n';
import { styles } from '../parts/styles';
import type { Step } from './RestoreButtons';

const STEPS: readonly Step[] = ['choose', 'preview', 'confirm', 'run'];

/** Where in the restore one is; on a phone in one line. */
export function RestoreSteps({ step }: { readonly step: Step }) {
  const { narrow } = useArk();
  const { t } = useI18n();
  const at = STEPS.indexOf(step);
  return narrow ? (
    <Typography.Paragraph strong style={styles.around}>
      {t('progress.step', { step: at + 1, steps: STEPS.length })}: {t(`restore.step.${step}`)}
    </Typography.Paragraph>
  ) : (
    <Steps
      size="small"
      current={at}
      responsive={false}
      style={styles.around}
      items={STEPS.map((each) => ({ title: t(`restore.step.${each}`) }))}
    />
  );
}
