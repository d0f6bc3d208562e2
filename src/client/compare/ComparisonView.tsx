import { Alert, Flex, Input, Segmented, Typography } from 'antd';
import { useMemo, useState } from 'react';
import type { Comparison, Losses } from '../api/api';
import { useArk } from '../api/ark';
import { LongList } from '../notices/LongList';
import { visible } from '../notices/codeText';
import { useI18n } from '../parts/i18n';
import { styles } from '../parts/styles';
import { byConcern, countOf, isCompared, isDifferent, KINDS, whyNot, type Words } from './difference';
import { DifferenceTable } from './DifferenceTable';

interface Props {
  readonly comparison: Comparison;
  readonly words: Words;
  /** What would be lost by collection, also where rows could not be compared. */
  readonly lost?: Losses;
}

/** What differs, exactly: the sums, what could not be compared, and then collection by collection. */
export function ComparisonView({ comparison, words, lost = {} }: Props) {
  const { may } = useArk();
  const i18n = useI18n();
  const { t, n, format } = i18n;
  const { collections, beyond, withoutRows, untold } = comparison;
  const rows = useMemo(() => byConcern(collections), [collections]);
  const differing = useMemo(() => rows.filter(isDifferent), [rows]);
  const [wanted, setOnly] = useState<'notable' | 'all'>('notable');
  const [search, setSearch] = useState('');
  const only = differing.length > 0 ? wanted : 'all';
  const looked = search.trim().toLowerCase();
  const shown = (only === 'all' ? rows : differing).filter(
    ({ name, title }) =>
      looked === '' || name.toLowerCase().includes(looked) || title?.toLowerCase().includes(looked),
  );
  const sum = (kind: (typeof KINDS)[number] | 'equal') =>
    rows.reduce((all, row) => all + (countOf(row, kind) ?? 0), 0);
  const said = KINDS.map((kind) => ({ kind, count: sum(kind) })).filter(({ count }) => count > 0);
  const uncompared = rows.filter((row) => !isCompared(row) && row.by !== 'there');
  const counted = uncompared.filter(({ name }) => (lost[name] ?? 0) > 0);
  return (
    <Flex vertical gap={10}>
      <Alert
        type={words === 'swap' && sum('onlyHere') > 0 ? 'warning' : 'info'}
        showIcon
        style={styles.top}
        message={
          <div role="status">
            <b>
              {said.length > 0
                ? said.map(({ kind, count }) => n(`difference.sum.${words}.${kind}`, count)).join(' · ')
                : t('difference.none')}
            </b>
            {sum('equal') > 0 && <div>{n('difference.sum.equal', sum('equal'))}</div>}
          </div>
        }
      />
      {uncompared.length > 0 && (
        <Alert
          type="warning"
          showIcon
          style={styles.top}
          message={
            <>
              <b>{n('difference.uncompared', uncompared.length)}</b>
              <LongList>
                {uncompared.map((row) => (
                  <li key={row.name}>
                    {visible(row.title ?? row.name)}: {whyNot(i18n, row)}
                  </li>
                ))}
                {counted.map(({ name, title }) => (
                  <li key={`${name} lost`}>
                    {visible(title ?? name)}: {n('undo.lost', lost[name] ?? 0)}
                  </li>
                ))}
              </LongList>
            </>
          }
        />
      )}
      <Flex gap={8} wrap justify="space-between">
        <Segmented<'notable' | 'all'>
          value={only}
          onChange={setOnly}
          aria-label={t('preview.show')}
          options={[
            { value: 'notable', label: `${t('preview.notable')} (${format.number(differing.length)})` },
            { value: 'all', label: `${t('preview.all')} (${format.number(rows.length)})` },
          ]}
        />
        <Input.Search
          allowClear
          value={search}
          placeholder={t('tree.search')}
          aria-label={t('tree.search')}
          onChange={(event) => setSearch(event.target.value)}
          style={styles.field}
        />
      </Flex>
      <DifferenceTable collections={shown} words={words} empty={t('preview.noMatch')} />
      {may('look') === false ? (
        <Typography.Text type="secondary">{t('difference.noLook')}</Typography.Text>
      ) : (
        untold && <Alert type="info" showIcon message={t('difference.untold')} />
      )}
      {[
        { names: beyond, text: n('difference.beyond', beyond.length) },
        { names: withoutRows, text: n('difference.withoutRows', withoutRows.length) },
      ].map(
        ({ names, text }) =>
          names.length > 0 && (
            <details key={text}>
              <summary style={styles.clickable}>{text}</summary>
              <LongList label={text}>
                {names.map((name) => (
                  <li key={name}>{visible(name)}</li>
                ))}
              </LongList>
            </details>
          ),
      )}
    </Flex>
  );
}
