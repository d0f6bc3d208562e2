import { DeleteOutlined, RollbackOutlined } from '@ant-design/icons';
import { Alert, App, Button, Flex, Typography } from 'antd';
import { useEffect, useState } from 'react';
import type { JobItem, UndoItem } from '../api/api';
import { useArk } from '../api/ark';
import { useI18n } from '../parts/i18n';
import { touched, UndoDialog } from './UndoDialog';
import { undoText } from './undoText';
import { useFailure } from '../parts/useFailure';
import { May } from '../api/May';
import { styles } from '../parts/styles';

interface Props {
  readonly undos: readonly UndoItem[];
  readonly busy: boolean;
  readonly onStarted: (job: JobItem) => void;
  readonly onChanged: () => void;
}

/** What the last restore replaced is still there: for how long, what it costs, and how to get it back. */
export function UndoBanner({ undos, busy, onStarted, onChanged }: Props) {
  const { t, n } = useI18n();
  const [all, setAll] = useState(false);
  const shown = all ? undos : undos.slice(0, 1);
  if (undos.length === 0) return null;
  return (
    <section aria-label={t('undo.section')}>
      <Flex vertical gap={8}>
        {shown.map((undo) => (
          <OneUndo key={undo.job} undo={undo} busy={busy} onStarted={onStarted} onChanged={onChanged} />
        ))}
        {undos.length > 1 && (
          <Button
            type="link"
            size="small"
            style={styles.start}
            aria-expanded={all}
            onClick={() => setAll(!all)}
          >
            {all ? t('undo.fewer') : n('undo.more', undos.length - 1)}
          </Button>
        )}
      </Flex>
    </section>
  );
}

interface OneProps extends Omit<Props, 'undos'> {
  readonly undo: UndoItem;
}

function OneUndo({ undo, busy, onStarted, onChanged }: OneProps) {
  const { api } = useArk();
  const i18n = useI18n();
  const { t, n, format } = i18n;
  const { modal } = App.useApp();
  const fail = useFailure();
  const [asking, setAsking] = useState(false);
  const left = useTimeLeft(undo.expiresAt);
  const rows = undo.collections.reduce((sum, collection) => sum + Math.max(0, collection.rows), 0);
  const size = format.bytes(undo.bytes);
  const again = undo.action === 'undo';

  const free = () => {
    modal.confirm({
      title: t('undo.freeTitle', { size }),
      content: again ? t('undo.freeLive', { date: format.dateTime(undo.at) }) : t('undo.freeText'),
      okText: t('undo.free'),
      okButtonProps: { danger: true },
      cancelText: t('action.cancel'),
      onOk: async () => {
        try {
          await api.destroyUndo(undo.job);
          onChanged();
        } catch (error) {
          fail(error, t('undo.freeFailed'));
        }
      },
    });
  };

  return (
    <>
      <Alert
        type="info"
        showIcon
        icon={<RollbackOutlined aria-hidden />}
        data-testid="undo-banner"
        message={
          <Flex justify="space-between" align="center" gap="8px 16px" wrap>
            <div style={styles.besideWide}>
              <div style={styles.strongWrap}>{undoText(i18n, undo)}</div>
              <Typography.Text type="secondary">
                {[
                  t('undo.left', { time: left }),
                  n('count.collections', touched(undo)),
                  // What an undo brought back was not counted.
                  ...(again ? [] : [n('count.rows', rows)]),
                  t('undo.size', { size }),
                ].join(' · ')}
              </Typography.Text>
            </div>
            <Flex gap={8} wrap>
              <May permission="restore">
                <Button
                  type="primary"
                  icon={<RollbackOutlined aria-hidden />}
                  onClick={() => setAsking(true)}
                  disabled={busy}
                >
                  {again ? t('undo.redo') : t('undo.apply')}
                </Button>
              </May>
              <May permission="delete">
                <Button icon={<DeleteOutlined aria-hidden />} onClick={free} disabled={busy}>
                  {t('undo.free')}
                </Button>
              </May>
            </Flex>
          </Flex>
        }
      />
      {asking && <UndoDialog undo={undo} onStarted={onStarted} onClose={() => setAsking(false)} />}
    </>
  );
}

function useTimeLeft(expiresAt: string): string {
  const { format } = useI18n();
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 30_000);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.max(0, (new Date(expiresAt).getTime() - now) / 1000);
  return format.duration(seconds > 60 ? Math.ceil(seconds / 60) * 60 : seconds);
}
