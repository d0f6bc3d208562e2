import { Alert, Button, Drawer, Flex, Skeleton, Tag, Timeline, Typography } from 'antd';
import { useCallback, useState } from 'react';
import type { BackupKeys, LookCell, LookColumn, RowHistory as History } from '../api/api';
import { useArk } from '../api/ark';
import type { Running } from '../api/useArkData';
import { useDrawer } from '../parts/dialog';
import { ErrorNotice } from '../parts/ErrorNotice';
import { errorText } from '../parts/errorText';
import { useI18n } from '../parts/i18n';
import { LongList } from '../notices/LongList';
import { styles } from '../parts/styles';
import { useLoaded } from '../parts/useLoaded';
import { TakeBackDialog, type TakingBack } from '../takeBack/TakeBackDialog';
import { CellValue } from './CellValue';
import { titleOf } from './cellText';

interface Props {
  readonly collection: string;
  /** What the app calls it. */
  readonly title: string;
  /** Of the primary key, as the API takes it. */
  readonly recordKey: string;
  readonly keys: BackupKeys | undefined;
  readonly running: Running;
  readonly onClose: () => void;
}

type Moment = History['lives'][number]['moments'][number];
const COLORS: Record<Moment['state'], string> = {
  first: 'blue',
  appeared: 'green',
  same: 'gray',
  changed: 'orange',
  vanished: 'red',
  absent: 'gray',
  'not held': 'gray',
};
/** The backup has the row. */
const THERE: ReadonlySet<Moment['state']> = new Set(['first', 'appeared', 'same', 'changed']);

/** One record through all backups: since when it is there, what changed, when it was gone. */
export function RowHistory({ collection, title, recordKey, keys, running, onClose }: Props) {
  const { api, narrow, may } = useArk();
  const i18n = useI18n();
  const { t, n, format } = i18n;
  const { shown } = useDrawer(onClose);
  const [to, setTo] = useState<string>();
  const [taking, setTaking] = useState<TakingBack>();
  const read = useCallback(
    () => api.getRowHistory({ collection, key: recordKey, ...(to !== undefined && { to }) }, keys),
    [api, collection, recordKey, to, keys],
  );
  const { data, error, loading, retry } = useLoaded(read);
  const masked = (data?.columns ?? []).filter((column) => column.masked).map(titleOf);
  const name = `${t('rows.historyOf', { collection: title })} · ${recordKey}`;
  return (
    <Drawer
      {...shown}
      width={narrow ? '100%' : 640}
      aria-label={name}
      title={<span style={styles.wrap}>{name}</span>}
    >
      {error ? (
        <ErrorNotice error={error} onRetry={retry} />
      ) : !data ? (
        <Skeleton active paragraph={{ rows: 6 }} />
      ) : (
        <div style={loading ? styles.stale : undefined}>
          {data.lives.length === 0 && <Typography.Text>{t('rows.historyNone')}</Typography.Text>}
          {data.lives.map(({ instance, moments }) => (
            <section key={instance}>
              {data.lives.length > 1 && (
                <Typography.Title level={5}>{instance || t('rows.unknownInstance')}</Typography.Title>
              )}
              <Timeline
                items={[...moments].reverse().map((moment) => ({
                  key: `${moment.storage}/${moment.backup}`,
                  color: COLORS[moment.state],
                  children: told(moment, data.columns, instance),
                }))}
              />
            </section>
          ))}
          {masked.length > 0 && (
            <Typography.Paragraph type="secondary" style={styles.small}>
              {t('rows.notCompared', { columns: format.list(masked) })}
            </Typography.Paragraph>
          )}
          {data.unread.length > 0 && (
            <Alert
              type="warning"
              showIcon
              style={styles.notice}
              message={n('rows.historyUnread', data.unread.length)}
              description={
                <LongList>
                  {data.unread.map((item) => (
                    <li key={`${item.storage}/${item.backup}`}>
                      {item.backup}: {errorText(i18n, item.error).text}
                    </li>
                  ))}
                </LongList>
              }
            />
          )}
          {data.failed.map((failure) => (
            <ErrorNotice key={failure.storage} title={failure.storage} error={failure} />
          ))}
          <Flex justify="space-between" wrap gap={8}>
            <Typography.Text type="secondary" style={styles.small}>
              {t('rows.fetched', { size: format.bytes(data.fetched) })}
            </Typography.Text>
            {data.older && (
              <Button onClick={() => setTo(data.older?.to)} loading={loading}>
                {n('rows.historyOlder', data.older.backups)}
              </Button>
            )}
          </Flex>
        </div>
      )}
      {taking && <TakeBackDialog taking={taking} running={running} onClose={() => setTaking(undefined)} />}
    </Drawer>
  );

  function told(moment: Moment, columns: readonly LookColumn[], instance: string) {
    const { backup, storage, createdAt, state, changes, unreadBetween } = moment;
    return (
      <>
        <Flex gap={8} wrap align="baseline">
          <Typography.Text strong>{format.dateTime(createdAt)}</Typography.Text>
          <Tag>{t(`rows.state.${state}`)}</Tag>
          {THERE.has(state) && may('takeBack') === true && (
            <Button
              size="small"
              aria-label={`${t('takeBack.this')}: ${backup}`}
              onClick={() =>
                setTaking({
                  backup: { name: backup, storage, ...(instance !== '' && { instance }) },
                  collection,
                  rows: [recordKey],
                  keys,
                })
              }
            >
              {t('takeBack.this')}
            </Button>
          )}
        </Flex>
        <Typography.Text type="secondary" style={styles.smallerWrap}>
          {backup} · {storage}
        </Typography.Text>
        {unreadBetween !== undefined && (
          <Typography.Text type="secondary" style={styles.smallerLine}>
            {n('rows.unreadBetween', unreadBetween)}
          </Typography.Text>
        )}
        {changes.map(({ column, from, to: now }) => {
          const known = columns.find(({ name }) => name === column);
          return (
            <div key={column} style={styles.wrap}>
              {known ? titleOf(known) : column}: {value(known, from)} → {value(known, now)}
            </div>
          );
        })}
      </>
    );
  }
}

/** A column that came or went has no value before or after. */
const value = (column: LookColumn | undefined, cell: LookCell | undefined) =>
  cell ? (
    <CellValue brief cell={cell} column={column ?? { name: '', type: 'text', key: false }} />
  ) : (
    <span>∅</span>
  );
