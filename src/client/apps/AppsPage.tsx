import { Alert, Checkbox, Flex, Table, Tag, Typography, type TableColumnsType } from 'antd';
import { useCallback, useMemo, useState } from 'react';
import type { InstanceItem } from '../api/api';
import { useArk } from '../api/ark';
import { ProofBadge } from '../backups/ProofBadge';
import { ErrorNotice } from '../parts/ErrorNotice';
import { useI18n } from '../parts/i18n';
import { instanceTint } from '../parts/instanceColor';
import { styles } from '../parts/styles';
import { useLoaded } from '../parts/useLoaded';
import { appName, keyOf, problemTexts } from './appText';

const MANY = 60;
const tintOf = ({ instance = '' }: InstanceItem): string => instanceTint(instance, undefined);

interface Props {
  /** Read again with everything else. */
  readonly stamp: unknown;
}

/** All apps whose backups the storages have: how fresh the last good one is, how well it is proven, and what is wrong. */
export function AppsPage({ stamp }: Props) {
  const { api, narrow } = useArk();
  const i18n = useI18n();
  const { t, n, format } = i18n;
  const read = useCallback(() => api.listInstances(), [api, stamp]);
  const { data, error, retry } = useLoaded(read);
  const [onlyProblems, setOnlyProblems] = useState(false);
  const all = useMemo(() => data?.instances ?? [], [data]);
  const shown = useMemo(
    () => (onlyProblems ? all.filter(({ problems }) => problems.length > 0) : all),
    [all, onlyProblems],
  );
  const columns = useMemo<TableColumnsType<InstanceItem>>(() => {
    const name = (item: InstanceItem) => (
      <Flex gap="4px 8px" align="baseline" wrap>
        <Flex gap={8} align="baseline">
          <span aria-hidden style={{ ...styles.dot, background: tintOf(item) }} />
          <Typography.Text strong style={styles.wrap}>
            {appName(i18n, item, all)}
          </Typography.Text>
        </Flex>
        {item.own && <Tag>{t('apps.this')}</Tag>}
      </Flex>
    );
    const last = ({ lastGood }: InstanceItem) =>
      lastGood ? (
        <div>
          {format.relative(lastGood.createdAt)}
          <div>
            <Typography.Text type="secondary" style={styles.small}>
              {format.dateTime(lastGood.createdAt)} · {format.list(lastGood.storages)}
            </Typography.Text>
          </div>
        </div>
      ) : (
        '–'
      );
    const proven = ({ lastGood, own = false }: InstanceItem) =>
      lastGood ? (
        <ProofBadge
          backup={{ ...lastGood, mine: own, proof: lastGood.proof === 3 ? 'database' : 'staging' }}
        />
      ) : (
        '–'
      );
    const sums = (item: InstanceItem) => `${n('count.backups', item.backups)} · ${format.bytes(item.bytes)}`;
    const problems = (item: InstanceItem) => {
      const texts = problemTexts(i18n, item);
      // Of nobody knows whose nothing is known to be well.
      if (texts.length === 0 && item.instance === undefined) return '–';
      if (texts.length === 0) return <Typography.Text type="success">{t('apps.allWell')}</Typography.Text>;
      return texts.map((text) => (
        <div key={text}>
          <Typography.Text type="danger">{text}</Typography.Text>
        </div>
      ));
    };
    if (narrow)
      return [
        {
          key: 'app',
          title: t('apps.app'),
          render: (_, item) => (
            <Flex vertical gap={4}>
              {name(item)}
              {last(item)}
              {proven(item)}
              <Typography.Text type="secondary" style={styles.small}>
                {sums(item)}
              </Typography.Text>
              <div>{problems(item)}</div>
            </Flex>
          ),
        },
      ];
    return [
      { key: 'app', title: t('apps.app'), width: 240, render: (_, item) => name(item) },
      { key: 'last', title: t('apps.lastGood'), width: 220, render: (_, item) => last(item) },
      { key: 'proven', title: t('apps.proven'), width: 200, render: (_, item) => proven(item) },
      {
        key: 'size',
        title: t('backups.size'),
        width: 90,
        align: 'right',
        render: (_, { lastGood }) => (lastGood ? format.bytes(lastGood.size) : '–'),
      },
      {
        key: 'backups',
        title: t('apps.backups'),
        width: 130,
        render: (_, item) => `${format.number(item.backups)} · ${format.bytes(item.bytes)}`,
      },
      {
        key: 'next',
        title: t('apps.next'),
        width: 150,
        render: (_, { next }) => (next === undefined ? '–' : format.dateTime(next)),
      },
      { key: 'problems', title: t('apps.problems'), render: (_, item) => problems(item) },
    ];
  }, [all, format, i18n, n, narrow, t]);
  if (error) return <ErrorNotice error={error} onRetry={retry} />;
  return (
    <Flex vertical gap={12}>
      <Flex justify="space-between" align="center" gap="8px 16px" wrap>
        <Typography.Text type="secondary">{t('apps.text')}</Typography.Text>
        <Checkbox checked={onlyProblems} onChange={(event) => setOnlyProblems(event.target.checked)}>
          {t('apps.onlyProblems')}
        </Checkbox>
      </Flex>
      {data?.failed.map(({ storage }) => (
        <Alert key={storage} type="warning" showIcon message={t('storages.unreachable', { name: storage })} />
      ))}
      <Table<InstanceItem>
        rowKey={keyOf}
        size="small"
        columns={columns}
        dataSource={shown}
        loading={!data}
        pagination={false}
        virtual={shown.length > MANY}
        {...(shown.length > MANY && { scroll: { x: narrow ? 300 : 1150, y: 600 } })}
        locale={{ emptyText: data ? t('apps.allWell') : ' ' }}
      />
    </Flex>
  );
}
