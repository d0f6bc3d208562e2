import { AutoComplete, Flex, Form, Input, InputNumber, Segmented, Select, Typography } from 'antd';
import { useId, useMemo, type ReactNode } from 'react';
import type { ScheduleInput } from '../api/api';
import { createFormat } from '../parts/format';
import { useI18n } from '../parts/i18n';
import { timingOf, type TimingForm, type Unit } from './scheduleForm';
import { isZone, timeZones, timingText } from './timingText';
import type { TimingPreview } from './useTimingPreview';
import { styles, useTinted } from '../parts/styles';

interface Props {
  readonly timing: TimingForm;
  readonly timeZone: string;
  readonly preview: TimingPreview;
  /** Show what is missing, once the user tried to go on. */
  readonly tried: boolean;
  readonly onTiming: (timing: TimingForm) => void;
  readonly onTimeZone: (timeZone: string) => void;
}

const UNITS: readonly Unit[] = ['minutes', 'hours', 'days'];

/** When: every so often or by cron, in which time zone, and what comes of it. */
export function TimingFields({ timing, timeZone, preview, tried, onTiming, onTimeZone }: Props) {
  const { t } = useI18n();
  const ids = { every: useId(), at: useId(), cron: useId(), zone: useId() };
  const set = (change: Partial<TimingForm>) => onTiming({ ...timing, ...change });
  const chosen = timingOf(timing);
  const zones = useMemo(() => timeZones().map((value) => ({ value })), []);
  const known = isZone(timeZone);
  // What the server refuses in a zone that is known here is the timing.
  const refused = known ? preview.error : undefined;
  const fault: ReactNode = refused ? (
    <>
      {t(timing.mode === 'cron' ? 'timing.cronWrong' : 'timing.wrong')}{' '}
      <span lang="en">{refused.message}</span>
    </>
  ) : tried && !chosen ? (
    t('timing.missing')
  ) : undefined;
  const field = { validateStatus: fault ? ('error' as const) : ('' as const), help: fault };

  return (
    <div role="group" aria-label={t('timing.title')}>
      <Flex gap="8px 16px" wrap align="flex-start">
        <Form.Item label={t('timing.title')} style={styles.tight}>
          <Segmented<TimingForm['mode']>
            value={timing.mode}
            onChange={(mode) => set({ mode })}
            aria-label={t('timing.mode')}
            options={[
              { value: 'every', label: t('timing.every') },
              { value: 'cron', label: t('timing.cron') },
            ]}
          />
        </Form.Item>
        {timing.mode === 'cron' ? (
          <Form.Item
            label={t('timing.pattern')}
            htmlFor={ids.cron}
            {...field}
            extra={fault ? undefined : t('timing.patternHint')}
            style={styles.halfRow}
          >
            <Input
              id={ids.cron}
              value={timing.cron}
              maxLength={200}
              spellCheck={false}
              style={styles.monospace}
              onChange={(event) => set({ cron: event.target.value })}
            />
          </Form.Item>
        ) : (
          <Form.Item label={t('timing.interval')} htmlFor={ids.every} {...field} style={styles.halfRow}>
            <Flex gap={8} wrap align="center">
              <InputNumber
                id={ids.every}
                min={1}
                max={1440}
                precision={0}
                value={timing.every}
                onChange={(every) => set({ every })}
                style={styles.number}
              />
              <Select<Unit>
                value={timing.unit}
                aria-label={t('timing.unit')}
                onChange={(unit) => set({ unit })}
                style={styles.choice}
                options={UNITS.map((value) => ({ value, label: t(`timing.unit.${value}`) }))}
              />
              {timing.unit === 'days' && (
                <Flex gap={8} align="center">
                  <label htmlFor={ids.at}>{t('timing.at')}</label>
                  <Input
                    id={ids.at}
                    type="time"
                    value={timing.at}
                    onChange={(event) => set({ at: event.target.value })}
                    style={styles.choice}
                  />
                </Flex>
              )}
            </Flex>
          </Form.Item>
        )}
      </Flex>
      <Form.Item
        label={t('timing.zone')}
        htmlFor={ids.zone}
        validateStatus={known ? '' : 'error'}
        help={known ? undefined : t('timing.zoneUnknown', { zone: timeZone })}
        style={styles.below}
      >
        <AutoComplete
          id={ids.zone}
          value={timeZone}
          options={zones}
          // One that is whole is no search any more.
          filterOption={(text, option) => isZone(text) || matches(option?.value ?? '', text)}
          onChange={onTimeZone}
          style={styles.zone}
        />
      </Form.Item>
      <NextRuns preview={preview} timing={chosen} timeZone={timeZone} />
    </div>
  );
}

const matches = (zone: string, text: string): boolean =>
  zone.toLowerCase().includes(text.trim().toLowerCase().replace(/ /g, '_'));

/** As tall as three runs, whatever there is to say. */
function NextRuns({
  preview,
  timing,
  timeZone,
}: Pick<Props, 'preview' | 'timeZone'> & { readonly timing: ScheduleInput['timing'] | undefined }) {
  const i18n = useI18n();
  const { t, format } = i18n;
  const tinted = useTinted();
  const local = useMemo(
    () => createFormat(i18n.language, isZone(timeZone) ? timeZone : 'UTC'),
    [i18n.language, timeZone],
  );
  const shown = preview.next.length > 0 && timing && isZone(timeZone) && !preview.error;
  return (
    <div role="status" style={preview.loading ? { ...tinted.nextRuns, ...styles.stale } : tinted.nextRuns}>
      {shown ? (
        <>
          <Typography.Text strong>{timingText(i18n, timing)}</Typography.Text>{' '}
          <Typography.Text type="secondary">{t('timing.inZone', { zone: timeZone })}</Typography.Text>
          <ol style={styles.plainList} aria-label={t('timing.next')}>
            {preview.next.map((at) => (
              <li key={at} style={styles.figures}>
                {local.dateTime(at)}{' '}
                <Typography.Text type="secondary" style={styles.small}>
                  {format.relative(at)}
                </Typography.Text>
              </li>
            ))}
          </ol>
        </>
      ) : (
        <Typography.Text type="secondary">
          {preview.loading ? t('timing.looking') : t('timing.none')}
        </Typography.Text>
      )}
    </div>
  );
}
