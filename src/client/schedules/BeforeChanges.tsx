import { Flex, Select, Typography } from 'antd';
import { useId, useState } from 'react';
import type { SystemInfo } from '../api/api';
import { useArk } from '../api/ark';
import { useI18n } from '../parts/i18n';
import { styles } from '../parts/styles';
import { useFailure } from '../parts/useFailure';

type Choice = NonNullable<SystemInfo['beforeChanges']>;
const MODES: readonly Choice['mode'][] = ['off', 'try', 'must'];

interface Props {
  readonly choice: Choice;
  readonly onChanged: () => void;
}

/** Whether the app is backed up before it is upgraded or a plugin changes, and what happens if that fails. */
export function BeforeChanges({ choice: { mode, fixed }, onChanged }: Props) {
  const { api, may } = useArk();
  const { t } = useI18n();
  const fail = useFailure();
  const id = useId();
  const [saving, setSaving] = useState(false);
  const save = async (next: Choice['mode']) => {
    setSaving(true);
    try {
      await api.setBeforeChanges(next);
      onChanged();
    } catch (cause) {
      fail(cause, t('before.notSaved'));
    } finally {
      setSaving(false);
    }
  };
  return (
    <Flex vertical gap={4} style={styles.above24}>
      <Flex gap={8} align="center" wrap>
        <label htmlFor={id}>{t('before.label')}</label>
        <Select<Choice['mode']>
          id={id}
          value={mode}
          loading={saving}
          disabled={fixed || may('settings') === false}
          popupMatchSelectWidth={false}
          onChange={(next) => void save(next)}
          options={MODES.map((value) => ({ value, label: t(`before.${value}`) }))}
        />
      </Flex>
      <Typography.Text type="secondary" style={styles.small}>
        {fixed ? t('before.fixed') : t('before.text')}
      </Typography.Text>
    </Flex>
  );
}
