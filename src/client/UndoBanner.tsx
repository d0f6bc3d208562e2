import { DeleteOutlined, RollbackOutlined } from '@ant-design/icons';
import { Alert, App, Button, Checkbox, Flex, Typography } from 'antd';
import { useEffect, useState } from 'react';
import type { JobItem, UndoItem } from './api';
import { useArk } from './ark';
import { useI18n } from './i18n';
import { useFailure } from './useFailure';

interface Props {
  readonly undos: readonly UndoItem[];
  /** Newest first. */
  readonly jobs: readonly JobItem[];
  readonly busy: boolean;
  readonly onStarted: (job: JobItem) => void;
  readonly onChanged: () => void;
}

/** What the last restore replaced is still there: for how long, what it costs, and how to get it back. */
export function UndoBanner({ undos, jobs, busy, onStarted, onChanged }: Props) {
  const { t, n } = useI18n();
  const [all, setAll] = useState(false);
  const shown = all ? undos : undos.slice(0, 1);
  if (undos.length === 0) return null;
  return (
    <section aria-label={t('undo.section')}>
      <Flex vertical gap={8}>
        {shown.map((undo) => (
          <OneUndo
            key={undo.job}
            undo={undo}
            last={jobs.find((one) => one.kind === 'undo' && one.subject === undo.job)}
            busy={busy}
            onStarted={onStarted}
            onChanged={onChanged}
          />
        ))}
        {undos.length > 1 && (
          <Button
            type="link"
            size="small"
            style={{ alignSelf: 'flex-start' }}
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

interface OneProps extends Omit<Props, 'undos' | 'jobs'> {
  readonly undo: UndoItem;
  /** The last attempt to apply it. */
  readonly last: JobItem | undefined;
}

function OneUndo({ undo, last, busy, onStarted, onChanged }: OneProps) {
  const { api } = useArk();
  const { t, n, format } = useI18n();
  const { modal } = App.useApp();
  const fail = useFailure();
  const [working, setWorking] = useState(false);
  const left = useTimeLeft(undo.expiresAt);
  const rows = undo.collections.reduce((sum, one) => sum + Math.max(0, one.rows), 0);
  const size = format.bytes(undo.bytes);
  const again = undo.action === 'undo';

  // What would break is known only once it was tried: the second time it can be wanted all the same.
  const breaks = last?.error?.code === 'DEPENDENT_WOULD_BREAK' ? last.error.message : undefined;

  const apply = () => {
    let allowBreaks = false;
    const dialog = modal.confirm({
      title: again ? t('undo.redoTitle') : t('undo.applyTitle'),
      content: (
        <>
          <Typography.Paragraph>
            {t(again ? 'undo.redoText' : 'undo.applyText', {
              date: format.dateTime(undo.at),
              collections: n('count.collections', undo.collections.length),
            })}
          </Typography.Paragraph>
          <Typography.Paragraph type="secondary">{t('undo.applyKept')}</Typography.Paragraph>
          {breaks !== undefined && (
            <Alert
              type="error"
              message={<b>{t('undo.breaks')}</b>}
              description={
                <>
                  <div lang="en" style={{ overflowWrap: 'anywhere' }}>
                    {breaks}
                  </div>
                  <Checkbox
                    style={{ marginTop: 8 }}
                    onChange={(event) => {
                      allowBreaks = event.target.checked;
                      dialog.update({ okButtonProps: { disabled: !allowBreaks } });
                    }}
                  >
                    <b>{t('undo.allowBreaks')}</b>
                  </Checkbox>
                </>
              }
            />
          )}
        </>
      ),
      okText: again ? t('undo.redo') : t('undo.apply'),
      okButtonProps: { disabled: breaks !== undefined },
      cancelText: t('action.cancel'),
      onOk: async () => {
        setWorking(true);
        try {
          onStarted((await api.applyUndo(undo.job, allowBreaks ? { allowBreaks } : undefined)).job);
        } catch (error) {
          fail(error, t('undo.failed'));
        } finally {
          setWorking(false);
        }
      },
    });
  };
  const free = () => {
    modal.confirm({
      title: t('undo.freeTitle', { size }),
      content: t('undo.freeText'),
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
    <Alert
      type="info"
      showIcon
      icon={<RollbackOutlined aria-hidden />}
      data-testid="undo-banner"
      message={
        <Flex justify="space-between" align="center" gap="8px 16px" wrap>
          <div style={{ flex: '1 1 280px', minWidth: 0 }}>
            <div style={{ fontWeight: 600, overflowWrap: 'anywhere' }}>
              {t(again ? 'undo.undone' : 'undo.restored', {
                date: format.dateTime(undo.at),
                source: undo.source,
              })}
            </div>
            <Typography.Text type="secondary">
              {[
                t('undo.left', { time: left }),
                n('count.collections', undo.collections.length),
                // What an undo brought back was not counted.
                ...(again ? [] : [n('count.rows', rows)]),
                t('undo.size', { size }),
              ].join(' · ')}
            </Typography.Text>
          </div>
          <Flex gap={8} wrap>
            <Button
              type="primary"
              icon={<RollbackOutlined aria-hidden />}
              onClick={apply}
              loading={working}
              disabled={busy}
            >
              {again ? t('undo.redo') : t('undo.apply')}
            </Button>
            <Button icon={<DeleteOutlined aria-hidden />} onClick={free} disabled={busy}>
              {t('undo.free')}
            </Button>
          </Flex>
        </Flex>
      }
    />
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
