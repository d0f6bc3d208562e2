import { Checkbox, Flex, Form, InputNumber, Typography } from 'antd';
import { useId } from 'react';
import { useI18n } from '../parts/i18n';
import { RULES } from './retentionText';
import type { RetentionForm } from './scheduleForm';
import { styles } from '../parts/styles';

interface Props {
  readonly value: RetentionForm;
  readonly onChange: (value: RetentionForm) => void;
}

/** Which old backups stay: so many of the last, and one of each hour, day, week, month and year. */
export function RetentionFields({ value, onChange }: Props) {
  const { t } = useI18n();
  const id = useId();
  const nothing = value.on && RULES.every((rule) => value[rule] === 0);
  return (
    <div role="group" aria-label={t('keep.title')}>
      <Checkbox checked={value.on} onChange={(event) => onChange({ ...value, on: event.target.checked })}>
        {t('keep.title')}
      </Checkbox>
      {value.on && (
        <div style={styles.indented}>
          <Typography.Paragraph type="secondary" style={styles.smallBelow}>
            {t('keep.text')}
          </Typography.Paragraph>
          <Form.Item
            validateStatus={nothing ? 'error' : ''}
            help={nothing ? t('keep.nothing') : undefined}
            style={styles.below8}
          >
            <Flex gap="8px 12px" wrap>
              {RULES.map((rule) => (
                <div key={rule} style={styles.number}>
                  <label htmlFor={`${id}-${rule}`} style={styles.smallLine}>
                    {t(`keep.${rule}`)}
                  </label>
                  <InputNumber
                    id={`${id}-${rule}`}
                    min={0}
                    max={10_000}
                    precision={0}
                    value={value[rule]}
                    onChange={(count) => onChange({ ...value, [rule]: count ?? 0 })}
                    style={styles.full}
                  />
                </div>
              ))}
            </Flex>
          </Form.Item>
          <Checkbox
            checked={value.manual}
            onChange={(event) => onChange({ ...value, manual: event.target.checked })}
          >
            {t('keep.manual')}
          </Checkbox>
        </div>
      )}
    </div>
  );
}
