import { CheckOutlined, DeleteOutlined } from '@ant-design/icons';
import { App, Button, Flex, Modal, Skeleton, Table, Typography, type TableColumnsType } from 'antd';
import { useCallback, useMemo } from 'react';
import type { Pruned, ScheduleItem } from '../api/api';
import { useArk } from '../api/ark';
import { TALL, useDialog } from '../parts/dialog';
import { ErrorNotice } from '../parts/ErrorNotice';
import { useI18n } from '../parts/i18n';
import { reasonText, retentionText } from './retentionText';
import { useFailure } from '../parts/useFailure';
import { useLoaded } from '../parts/useLoaded';
import { styles, useTinted } from '../parts/styles';

interface Props {
  readonly schedule: ScheduleItem;
  readonly onChanged: () => void;
  readonly onClose: () => void;
}

type Decision = Pruned['decisions'][number];
const MANY = 50;

/** What the rule of a schedule makes of each backup, and why; nothing goes before the admin says so. */
export function RetentionDialog({ schedule, onChanged, onClose }: Props) {
  const { api } = useArk();
  const i18n = useI18n();
  const { t, n, format } = i18n;
  const { modal, message } = App.useApp();
  const fail = useFailure();
  const { close, shown } = useDialog(onClose);
  const { name } = schedule;
  const ask = useCallback(() => api.pruneSchedule(name, { dryRun: true }), [api, name]);
  const { data, error, loading, retry } = useLoaded(ask);
  const all = (data ?? []).flatMap((storage) => storage.decisions);
  const going = all.filter((decision) => !decision.keep);
  const size = going.reduce((sum, decision) => sum + decision.size, 0);

  const prune = () => {
    modal.confirm({
      title: n('prune.title', going.length),
      content: t('prune.text', { size: format.bytes(size) }),
      okText: n('prune.now', going.length),
      okButtonProps: { danger: true },
      cancelText: t('action.cancel'),
      onOk: async () => {
        try {
          const pruned = await api.pruneSchedule(name, { dryRun: false });
          void message.success(
            n(
              'prune.done',
              pruned.reduce((sum, storage) => sum + storage.removed.length, 0),
            ),
          );
        } catch (cause) {
          fail(cause, t('prune.failed'));
        }
        onChanged();
        retry();
      },
    });
  };

  return (
    <Modal
      {...shown}
      {...TALL}
      title={t('prune.heading', { name })}
      width={860}
      footer={
        <Flex justify="space-between" align="center" gap={12} wrap>
          <Typography.Text type="secondary" role="status">
            {data &&
              t('prune.sums', {
                stays: format.number(all.length - going.length),
                goes: format.number(going.length),
                size: format.bytes(size),
              })}
          </Typography.Text>
          <Flex gap={8}>
            <Button onClick={close}>{t('action.close')}</Button>
            <Button
              danger
              type="primary"
              icon={<DeleteOutlined aria-hidden />}
              disabled={going.length === 0 || loading}
              onClick={prune}
            >
              {n('prune.now', going.length)}
            </Button>
          </Flex>
        </Flex>
      }
    >
      {schedule.retention && (
        <Typography.Paragraph style={styles.above8}>
          {t('prune.rule', { rule: retentionText(i18n, schedule.retention), zone: schedule.timeZone })}{' '}
          <Typography.Text type="secondary">{t('prune.ruleText')}</Typography.Text>
        </Typography.Paragraph>
      )}
      {error ? (
        <ErrorNotice error={error} onRetry={retry} />
      ) : !data ? (
        <Skeleton active title={false} paragraph={{ rows: 6 }} />
      ) : (
        data.map((storage) => <OneStorage key={storage.storage} pruned={storage} loading={loading} />)
      )}
    </Modal>
  );
}

function OneStorage({ pruned, loading }: { readonly pruned: Pruned; readonly loading: boolean }) {
  const { narrow } = useArk();
  const i18n = useI18n();
  const { t, format } = i18n;
  const tinted = useTinted();
  const columns = useMemo<TableColumnsType<Decision>>(() => {
    const verdict = ({ keep }: Decision) => (
      <span style={{ ...styles.oneLine, ...(keep ? tinted.success : tinted.error) }}>
        {keep ? <CheckOutlined aria-hidden /> : <DeleteOutlined aria-hidden />}{' '}
        {t(keep ? 'prune.stays' : 'prune.goes')}
      </span>
    );
    const why = ({ reasons }: Decision) => reasons.map((reason) => reasonText(i18n, reason)).join(' · ');
    const name = (decision: Decision) => (
      <Flex vertical style={styles.wrap}>
        {decision.name}
        <Typography.Text type="secondary" style={styles.smaller}>
          {format.dateTime(decision.createdAt)} · {format.bytes(decision.size)}
        </Typography.Text>
      </Flex>
    );
    if (narrow) {
      return [
        {
          key: 'backup',
          title: t('backups.name'),
          render: (_, decision) => (
            <Flex vertical gap={4}>
              {name(decision)}
              <span>
                {verdict(decision)} · {why(decision)}
              </span>
            </Flex>
          ),
        },
      ];
    }
    return [
      { key: 'name', title: t('backups.name'), render: (_, decision) => name(decision) },
      { key: 'keep', title: t('prune.verdict'), width: 110, render: (_, decision) => verdict(decision) },
      { key: 'why', title: t('prune.why'), width: 360, render: (_, decision) => why(decision) },
    ];
  }, [format, i18n, narrow, t, tinted]);
  return (
    <section aria-label={pruned.storage} style={styles.below16}>
      <Typography.Title level={5} style={styles.subtitle}>
        {t('prune.inStorage', { storage: pruned.storage })}
      </Typography.Title>
      <Table<Decision>
        rowKey="name"
        size="small"
        columns={columns}
        dataSource={pruned.decisions}
        loading={loading}
        showHeader={!narrow}
        pagination={pruned.decisions.length > MANY ? { pageSize: MANY, showSizeChanger: false } : false}
        locale={{ emptyText: <Typography.Text type="secondary">{t('prune.empty')}</Typography.Text> }}
      />
    </section>
  );
}
