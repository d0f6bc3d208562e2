import { Form, Select } from 'antd';
import { useId } from 'react';
import type { StorageItem } from '../api/api';
import { errorText } from '../parts/errorText';
import { useI18n } from '../parts/i18n';
import { kindText } from '../storages/storageText';

interface Props {
  readonly storages: readonly StorageItem[];
  readonly chosen: readonly string[];
  readonly onChange: (chosen: readonly string[]) => void;
}

/** One or several places for a backup; one that cannot be used says why. */
export function StoragePicker({ storages, chosen, onChange }: Props) {
  const i18n = useI18n();
  const { t } = i18n;
  const id = useId();
  const none = chosen.length === 0;
  return (
    <Form.Item
      label={t('new.where')}
      htmlFor={id}
      validateStatus={none ? 'error' : ''}
      help={none ? t('new.whereMissing') : chosen.length > 1 ? t('new.whereHint') : undefined}
    >
      <Select<string[]>
        id={id}
        mode="multiple"
        value={[...chosen]}
        onChange={onChange}
        optionFilterProp="value"
        options={storages.map((storage) => ({
          value: storage.name,
          label: `${storage.name} · ${storage.error ? errorText(i18n, storage.error).text : kindText(i18n, storage.kind)}`,
          disabled: storage.error !== undefined,
        }))}
        labelRender={({ value }) => value}
      />
    </Form.Item>
  );
}
