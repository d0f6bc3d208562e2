import { LoadingOutlined } from '@ant-design/icons';
import { Button, Flex, Tag, Typography } from 'antd';
import { ErrorNotice } from '../parts/ErrorNotice';
import { useI18n } from '../parts/i18n';
import { styles } from '../parts/styles';
import { CHIPS, isNarrowed } from './filters';
import { keyOfBackup } from './many';
import type { ContainingState } from './useContaining';
import type { FilterState } from './useFilters';

interface Props extends FilterState {
  readonly containing: ContainingState;
  readonly hidden: number;
}

/** What the list is narrowed to, each to be taken away, and what nobody could look into. */
export function FilterChips({ filters, change, clear, containing, hidden }: Props) {
  const { t, n, format } = useI18n();
  if (!isNarrowed(filters)) return null;
  const { unseen, error, loading, retry } = containing;
  const looking = filters.contains !== undefined;
  const textOf = (name: (typeof CHIPS)[number]): string | undefined => {
    const { group, contains } = filters;
    if (name === 'group') return group && `${t('filters.group')}: ${t(`group.${group}`)}`;
    if (name === 'contains') return contains && `${t('filters.contains')}: ${contains}`;
    const day = filters[name];
    return day && `${t(`filters.${name}`)} ${format.date(`${day}T12:00:00`)}`;
  };
  return (
    <Flex vertical gap={4} style={styles.below} data-testid="filters">
      <Flex gap={4} wrap align="center">
        {CHIPS.map((name) => {
          const text = textOf(name);
          return (
            text !== undefined && (
              <Tag
                key={name}
                closable
                closeIcon={<span aria-label={t('filters.without', { filter: text })}>×</span>}
                onClose={() => change({ [name]: undefined })}
                style={styles.longTag}
              >
                {name === 'contains' && loading && <LoadingOutlined aria-hidden />} {text}
              </Tag>
            )
          );
        })}
        <Typography.Text type="secondary" role="status">
          {looking && loading
            ? t('filters.looking')
            : hidden > 0 && t('filters.hidden', { backups: n('count.backups', hidden) })}
        </Typography.Text>
        <Button type="link" size="small" style={styles.bare} onClick={clear}>
          {t('backups.reset')}
        </Button>
      </Flex>
      {looking && error && <ErrorNotice error={error} onRetry={retry} />}
      {looking && unseen.length > 0 && (
        <details>
          <summary>{t('filters.unseen', { backups: n('count.backups', unseen.length) })}</summary>
          <ul style={styles.plainListLong} tabIndex={0} aria-label={t('filters.unseenList')}>
            {unseen.map((backup) => (
              <li key={keyOfBackup(backup)} style={styles.smallWrap}>
                {backup.name} · {backup.storage}: {t(`filters.why.${backup.why}`)}
              </li>
            ))}
          </ul>
        </details>
      )}
    </Flex>
  );
}
