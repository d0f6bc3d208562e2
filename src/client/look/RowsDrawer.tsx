import { RollbackOutlined } from '@ant-design/icons';
import { Alert, Button, Drawer, Flex, Input, Skeleton, Tag, Typography } from 'antd';
import { useCallback, useState } from 'react';
import type { ArchivedCollection, BackupItem, BackupKeys, LookPage } from '../api/api';
import { useArk } from '../api/ark';
import type { Running } from '../api/useArkData';
import { useDrawer } from '../parts/dialog';
import { ErrorNotice } from '../parts/ErrorNotice';
import { useI18n } from '../parts/i18n';
import { styles } from '../parts/styles';
import { useLoaded } from '../parts/useLoaded';
import { TakeBackDialog } from '../takeBack/TakeBackDialog';
import { keyOf, titleOf } from './cellText';
import { RowHistory } from './RowHistory';
import { RowsTable } from './RowsTable';

interface Props {
  readonly backup: BackupItem;
  readonly collection: ArchivedCollection;
  readonly keys: BackupKeys | undefined;
  readonly running: Running;
  readonly onClose: () => void;
}

interface Asked {
  readonly search: string;
  readonly where: readonly { readonly column: string; readonly title: string; readonly value: string }[];
  /** Where each page that was seen begins; the last is the one that is shown. */
  readonly pages: readonly number[];
}

const FIRST: Asked = { search: '', where: [], pages: [0] };
const LIMIT = 50;
const NONE: ReadonlyMap<number, string> = new Map();

/** The rows of one collection of a backup, page by page, read from wherever it lies without restoring anything. */
export function RowsDrawer({ backup, collection, keys, running, onClose }: Props) {
  const { api, narrow, may } = useArk();
  const { t, n, format } = useI18n();
  const { shown } = useDrawer(onClose);
  const [typed, setTyped] = useState('');
  const [asked, setAsked] = useState(FIRST);
  const [record, setRecord] = useState<string>();
  /** Keys by the place of their rows, also of rows on other pages. */
  const [ticked, setTicked] = useState(NONE);
  const [taking, setTaking] = useState<readonly string[]>();
  const { search, where, pages } = asked;
  const offset = pages.at(-1) ?? 0;
  const searches = search !== '' || where.length > 0;
  const read = useCallback(
    () =>
      api.listRows(
        backup,
        {
          collection: collection.name,
          where: where.map(({ column, value }) => `${column}=${value}`),
          ...(search !== '' && { search }),
          offset,
          limit: LIMIT,
        },
        keys,
      ),
    [api, backup, collection.name, where, search, offset, keys],
  );
  const { data, error, loading, retry } = useLoaded(read);
  const takes = may('takeBack') === true && data?.kind === 'table' && data.columns.some(({ key }) => key);
  const ask = (change: Partial<Asked>) => setAsked({ ...asked, pages: [0], ...change });
  const inside = t('rows.inBackup', { collection: collection.name, backup: backup.name });
  const title = data?.title ?? collection.title ?? collection.name;
  return (
    <Drawer
      {...shown}
      width={narrow ? '100%' : 'min(1200px, 94vw)'}
      aria-label={`${title} ${inside}`}
      title={
        <Flex vertical style={styles.wrap}>
          <span>{title}</span>
          <Typography.Text type="secondary" style={styles.smaller}>
            {inside}
          </Typography.Text>
        </Flex>
      }
    >
      <Flex gap={8} wrap align="center" style={styles.below8}>
        <Input.Search
          allowClear
          enterButton
          maxLength={200}
          value={typed}
          loading={loading && search !== ''}
          placeholder={t('rows.search')}
          aria-label={t('rows.search')}
          onChange={(event) => setTyped(event.target.value)}
          onSearch={(text) => ask({ search: text.trim() })}
          style={styles.besideWide}
        />
        {takes && (
          <Button
            type="primary"
            icon={<RollbackOutlined aria-hidden />}
            disabled={ticked.size === 0}
            onClick={() => setTaking([...ticked.values()])}
          >
            {ticked.size === 0 ? t('takeBack.some') : n('takeBack.rows', ticked.size)}
          </Button>
        )}
        {where.map((condition) => (
          <Tag
            key={`${condition.column}=${condition.value}`}
            closable
            style={styles.longTag}
            onClose={(event) => {
              event.preventDefault();
              ask({ where: where.filter((other) => other !== condition) });
            }}
          >
            {condition.title}: {condition.value === '' ? t('rows.emptyText') : condition.value}
          </Tag>
        ))}
      </Flex>
      {error ? (
        <ErrorNotice error={error} onRetry={retry} />
      ) : !data ? (
        <Skeleton active paragraph={{ rows: 10 }} />
      ) : (
        <div style={loading ? styles.stale : undefined} aria-busy={loading}>
          {data.parts.length > 0 && (
            <Alert
              type="info"
              showIcon
              style={styles.notice}
              message={t('rows.parts', { parts: format.list(data.parts) })}
            />
          )}
          <RowsTable
            page={data}
            empty={data.next === undefined ? t('rows.none') : t('rows.noneYet')}
            onOnly={(column, cell) => {
              if (cell.value === null) return;
              const condition = { column: column.name, title: titleOf(column), value: cell.value };
              ask({ where: [...where.filter((other) => other.column !== column.name), condition] });
            }}
            onHistory={(cells) => setRecord(keyOf(data.columns, cells))}
            {...(takes && {
              taking: { ticked, onTicked: setTicked, onTakeBack: (key) => setTaking([key]) },
            })}
          />
          <Flex justify="space-between" wrap gap={8} align="center" style={styles.above8}>
            <Typography.Text type="secondary" style={styles.smallFigures} aria-live="polite">
              {[place(data), t('rows.fetched', { size: format.bytes(data.fetched) })].join(' · ')}
            </Typography.Text>
            <Flex gap={8}>
              <Button
                disabled={pages.length < 2 || loading}
                onClick={() => ask({ pages: pages.slice(0, -1) })}
              >
                {t('rows.previous')}
              </Button>
              <Button
                type={goesOn(data) ? 'primary' : 'default'}
                disabled={data.next === undefined || loading}
                onClick={() => data.next !== undefined && ask({ pages: [...pages, data.next] })}
              >
                {goesOn(data) ? t('rows.goOn') : t('rows.next')}
              </Button>
            </Flex>
          </Flex>
          {data.uncalled.length > 0 && (
            <Typography.Paragraph type="secondary" style={styles.smallAround}>
              {t('rows.uncalled', { collections: format.list(data.uncalled) })}
            </Typography.Paragraph>
          )}
        </div>
      )}
      {record !== undefined && (
        <RowHistory
          collection={collection.name}
          title={title}
          recordKey={record}
          keys={keys}
          running={running}
          onClose={() => setRecord(undefined)}
        />
      )}
      {taking && (
        <TakeBackDialog
          taking={{ backup, collection: collection.name, rows: taking, keys }}
          running={running}
          onClose={(written) => {
            setTaking(undefined);
            if (written) setTicked(NONE);
          }}
        />
      )}
    </Drawer>
  );

  /** A search that took too long for one answer. */
  function goesOn({ rows, next }: LookPage): boolean {
    return searches && next !== undefined && rows.length < LIMIT;
  }

  function place({ rows, total, read: looked }: LookPage): string {
    if (searches) {
      const upTo = Math.min(total, offset + looked);
      return t('rows.looked', { read: upTo, total });
    }
    const [first, last] = [rows[0], rows.at(-1)];
    if (!first || !last) return t('rows.total', { total });
    return t('rows.range', { from: first.row + 1, to: last.row + 1, total });
  }
}
