import { CheckCircleFilled, MinusCircleOutlined } from '@ant-design/icons';
import { Button, Collapse, Flex, Modal, Skeleton, Typography } from 'antd';
import { useState } from 'react';
import type { SafetyStep } from '../api/api';
import type { ArkData } from '../api/useArkData';
import { useArk } from '../api/ark';
import { May } from '../api/May';
import { TALL, TALL_NARROW, useDialog } from '../parts/dialog';
import { useI18n } from '../parts/i18n';
import { styles, useTinted } from '../parts/styles';
import type { Watched } from '../safety/useSafety';
import { SafeLine } from './SafeLine';
import { SetupStep } from './SetupStep';
import { isSafe, stepText } from './stepText';

interface Props {
  readonly data: ArkData;
  readonly watched: Watched;
  readonly onSheet: () => void;
  readonly onClose: () => void;
}

type StepName = SafetyStep['step'];

/**
 * From nothing to safe. How far one is, the server knows: this can be left and taken up again at any time, and begins with
 * what is not done.
 */
export function SetupDialog({ data, watched, onSheet, onClose }: Props) {
  const { narrow } = useArk();
  const i18n = useI18n();
  const { t } = i18n;
  const tinted = useTinted();
  const { close, shown } = useDialog(onClose);
  const [skipped, setSkipped] = useState<ReadonlySet<StepName>>(new Set());
  const [chosen, setChosen] = useState<StepName | 'none'>();
  const { safety } = watched;
  const next = safety?.steps.find(({ step, done }) => !done && !skipped.has(step))?.step;
  const open = chosen ?? next;
  return (
    <Modal
      {...shown}
      {...(narrow ? TALL_NARROW : TALL)}
      title={t('setup.title')}
      width={720}
      maskClosable={false}
      footer={
        <Flex justify="space-between" align="center" gap={12} wrap>
          <span role="status" style={styles.beside}>
            {safety && <SafeLine safety={safety} />}
          </span>
          <Flex gap={8}>
            <May permission="settings">
              <Button type={safety && isSafe(safety) ? 'primary' : 'default'} onClick={onSheet}>
                {t('sheet.title')}
              </Button>
            </May>
            <Button onClick={close}>{t('action.close')}</Button>
          </Flex>
        </Flex>
      }
    >
      <p>{t('setup.text')}</p>
      {!safety ? (
        <Skeleton active title={false} paragraph={{ rows: 6 }} />
      ) : (
        <Collapse
          activeKey={open === undefined || open === 'none' ? [] : [open]}
          onChange={(keys) => setChosen((keys.find((key) => key !== open) as StepName | undefined) ?? 'none')}
          items={safety.steps.map((step, at) => ({
            key: step.step,
            label: (
              <Flex gap="0 12px" wrap align="baseline">
                <span style={styles.strong}>
                  {step.done ? (
                    <CheckCircleFilled aria-label={t('setup.done')} role="img" style={tinted.success} />
                  ) : (
                    <MinusCircleOutlined aria-hidden style={tinted.quiet} />
                  )}{' '}
                  {i18n.format.number(at + 1)}. {t(`steps.${step.step}`)}
                </span>
                <Typography.Text type="secondary" style={styles.smallWrap}>
                  {stepText(i18n, step)}
                </Typography.Text>
              </Flex>
            ),
            children: (
              <SetupStep
                step={step}
                safety={safety}
                data={data}
                schedules={watched.schedules ?? []}
                onDone={() => setChosen(undefined)}
                onSkip={() => {
                  setSkipped((before) => new Set([...before, step.step]));
                  setChosen(undefined);
                }}
              />
            ),
          }))}
        />
      )}
    </Modal>
  );
}
