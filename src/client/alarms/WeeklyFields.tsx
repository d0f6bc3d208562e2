import { Flex, Form, Select } from 'antd';
import { useId } from 'react';
import type { AlarmForm } from './alarmForm';
import { useI18n } from '../parts/i18n';
import { styles } from '../parts/styles';

type Weekly = AlarmForm['weekly'];

interface Props {
  readonly weekly: Weekly;
  readonly onChange: (weekly: Weekly) => void;
}

const DAYS = [1, 2, 3, 4, 5, 6, 0];
/** A Sunday. */
const SUNDAY = Date.UTC(2026, 1, 1);

/** The weekday and the hour, in words of the language. */
export function WeeklyFields({ weekly, onChange }: Props) {
  const { t, language } = useI18n();
  const id = useId();
  const dayOf = new Intl.DateTimeFormat(language, { weekday: 'long', timeZone: 'UTC' });
  const hourOf = new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit', timeZone: 'UTC' });
  return (
    <Flex gap="0 12px" wrap>
      <Form.Item label={t('alarms.day')} htmlFor={`${id}-day`} style={styles.below}>
        <Select
          id={`${id}-day`}
          value={weekly.day}
          style={styles.field}
          onChange={(day: number) => onChange({ ...weekly, day })}
          options={DAYS.map((day) => ({ value: day, label: dayOf.format(SUNDAY + day * 86_400_000) }))}
        />
      </Form.Item>
      <Form.Item
        label={t('alarms.hour')}
        htmlFor={`${id}-hour`}
        style={styles.below}
        help={t('timing.inZone', { zone: weekly.timeZone })}
      >
        <Select
          id={`${id}-hour`}
          value={weekly.hour}
          style={styles.field}
          onChange={(hour: number) => onChange({ ...weekly, hour })}
          options={Array.from({ length: 24 }, (_, hour) => ({
            value: hour,
            label: hourOf.format(SUNDAY + hour * 3_600_000),
          }))}
        />
      </Form.Item>
    </Flex>
  );
}
