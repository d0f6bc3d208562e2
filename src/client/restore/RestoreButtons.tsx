import { Button, Flex, Typography } from 'antd';
import { useI18n } from '../parts/i18n';
import { styles } from '../parts/styles';

export type Step = 'choose' | 'preview' | 'confirm' | 'run';

interface Props {
  readonly step: Step;
  readonly busy: boolean;
  /** Into a place of its own, with nothing to be swapped. */
  readonly isBeside: boolean;
  /** Something is chosen. */
  readonly isChosen: boolean;
  /** All that is asked in the preview is answered. */
  readonly isAnswered: boolean;
  readonly isConfirmed: boolean;
  /** More would have been lost than was shown. */
  readonly isOutdated: boolean;
  readonly onBack: () => void;
  readonly onClose: () => void;
  readonly onLook: () => void;
  readonly onPrepare: () => void;
  readonly onContinue: () => void;
  readonly onRestore: () => void;
}

/** What can be done at each step. */
export function RestoreButtons(props: Props) {
  const { step, busy, isBeside, isChosen, isAnswered, isConfirmed, isOutdated } = props;
  const { t } = useI18n();
  return (
    <Flex justify="space-between" gap={8} wrap>
      {step === 'preview' || step === 'confirm' ? (
        <Button onClick={props.onBack} disabled={busy}>
          {t('action.back')}
        </Button>
      ) : (
        <Typography.Text type="secondary" role="status" style={styles.beside}>
          {busy && t('undo.loading')}
        </Typography.Text>
      )}
      <Flex gap={8} wrap justify="flex-end">
        <Button onClick={props.onClose} type={step === 'run' ? 'primary' : 'default'}>
          {step === 'run' ? t('action.close') : t('action.cancel')}
        </Button>
        {step === 'choose' && (
          <Button type="primary" loading={busy} disabled={!isChosen} onClick={props.onLook}>
            {t('restore.toPreview')}
          </Button>
        )}
        {step === 'preview' && (
          <>
            {!isBeside && (
              <Button disabled={busy || !isAnswered} onClick={props.onPrepare}>
                {t('prepared.do')}
              </Button>
            )}
            <Button type="primary" disabled={busy || !isAnswered} onClick={props.onContinue}>
              {t('restore.toConfirm')}
            </Button>
          </>
        )}
        {step === 'confirm' && (
          <Button
            type="primary"
            danger={!isBeside}
            loading={busy}
            disabled={!isConfirmed}
            onClick={props.onRestore}
          >
            {t('restore.now')}
          </Button>
        )}
        {step === 'run' && isOutdated && (
          <Button type="primary" loading={busy} onClick={props.onLook}>
            {t('restore.toPreview')}
          </Button>
        )}
      </Flex>
    </Flex>
  );
}
