import { Flex, Segmented, theme, Typography } from 'antd';
import { memo, useMemo, useState } from 'react';
import type { JobItem } from '../api/api';
import { useI18n } from '../parts/i18n';
import { jobSeconds, jobSize } from './jobResult';
import { styles, useTinted } from '../parts/styles';
import { listText } from '../parts/listText';

type Measure = 'size' | 'duration';
const MEASURES: readonly Measure[] = ['size', 'duration'];
const MOST = 40;
/** Fewer do not get wider bars. */
const FEW = 20;
const HEIGHT = 72;

interface Bar {
  readonly job: JobItem;
  readonly size: number;
  readonly seconds: number;
}

/** Sizes and durations of the last backups, oldest first; one that failed leaves a mark instead of a bar. */
export const BackupsChart = memo(function BackupsChart({ jobs }: { readonly jobs: readonly JobItem[] }) {
  const { t, n, format } = useI18n();
  const { token } = theme.useToken();
  const tinted = useTinted();
  const [measure, setMeasure] = useState<Measure>('size');
  const [pointed, setPointed] = useState<Bar>();
  const bars = useMemo(
    () =>
      jobs
        .filter((job) => job.kind === 'backup' && (job.state === 'done' || job.state === 'failed'))
        .slice(0, MOST)
        .reverse()
        .flatMap((job): Bar[] => {
          const [size, seconds] = [jobSize(job), jobSeconds(job)];
          if (job.state === 'failed') return [{ job, size: 0, seconds: 0 }];
          // What nobody has measured has no bar.
          return size === undefined || seconds === undefined ? [] : [{ job, size, seconds }];
        }),
    [jobs],
  );
  const good = bars.filter((bar) => bar.job.state === 'done');
  const [first, last] = [bars[0], bars.at(-1)];
  // One bar is no course of things.
  if (good.length < 2 || !first || !last) return null;
  const valueOf = (bar: Bar) => (measure === 'size' ? bar.size : bar.seconds);
  const text = (value: number) => (measure === 'size' ? format.bytes(value) : format.duration(value));
  const most = Math.max(...good.map(valueOf), 1e-9);
  const least = Math.min(...good.map(valueOf));
  const failed = bars.length - good.length;
  const summary = listText(t, [
    n('chart.backups', good.length),
    t('chart.range', { least: text(least), most: text(most) }),
    ...(failed > 0 ? [n('chart.failed', failed)] : []),
  ]);
  const step = 100 / Math.max(bars.length, FEW);
  const tell = ({ job, size, seconds }: Bar) =>
    [
      job.subject,
      format.dateTime(job.startedAt),
      ...(job.state === 'failed' ? [t('job.state.failed')] : [format.bytes(size), format.duration(seconds)]),
    ].join(' · ');

  return (
    <figure style={styles.figure} data-testid="backups-chart">
      <Flex justify="space-between" align="center" gap="4px 12px" wrap style={styles.below8}>
        <Typography.Text type="secondary" style={styles.small}>
          {summary}
        </Typography.Text>
        <Segmented<Measure>
          size="small"
          value={measure}
          onChange={setMeasure}
          aria-label={t('chart.measure')}
          options={MEASURES.map((value) => ({ value, label: t(`chart.${value}`) }))}
        />
      </Flex>
      <svg
        role="img"
        aria-label={`${t(`chart.${measure}`)}: ${summary}`}
        width="100%"
        height={HEIGHT + 1}
        style={tinted.chart}
        onMouseLeave={() => setPointed(undefined)}
      >
        {bars.map((bar, index) => {
          const bad = bar.job.state === 'failed';
          const height = bad ? 6 : Math.max(2, (valueOf(bar) / most) * HEIGHT);
          const x = index * step;
          return (
            <g key={bar.job.id} onMouseEnter={() => setPointed(bar)}>
              <rect x={`${x}%`} width={`${step}%`} height={HEIGHT} fill="transparent" />
              <rect
                x={`${x + step * 0.15}%`}
                y={HEIGHT - height}
                width={`${step * 0.7}%`}
                height={height}
                rx={1.5}
                fill={bad ? token.colorError : token.colorPrimary}
                opacity={pointed === undefined || pointed === bar ? 0.85 : 0.4}
              />
            </g>
          );
        })}
      </svg>
      <Flex style={tinted.facts}>
        {pointed ? (
          <Typography.Text ellipsis style={styles.small}>
            {tell(pointed)}
          </Typography.Text>
        ) : (
          <span>
            {format.dateTime(first.job.startedAt)} – {format.dateTime(last.job.startedAt)}
          </span>
        )}
      </Flex>
    </figure>
  );
});
