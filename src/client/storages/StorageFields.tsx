import { Collapse, Form, Input, InputNumber, Select } from 'antd';
import { useId, useState } from 'react';
import type { StorageField } from '../api/api';
import { useArk } from '../api/ark';
import { useI18n } from '../parts/i18n';
import { faultText } from '../parts/detailText';
import type { Faults } from './storageFaults';
import { fieldText, valueText } from './storageText';
import { isNumber, needsFolder, type Draft } from './storageForm';
import { styles } from '../parts/styles';

interface Props {
  readonly draft: Draft;
  readonly onChange: (field: string, value: string) => void;
  readonly faults: Faults;
  /** Fields that a test points at. */
  readonly suspects: ReadonlySet<string>;
  /** Secrets that are kept, and stay if nothing is entered. */
  readonly kept: ReadonlySet<string>;
  /** The service that wants a password made for this. */
  readonly appPassword: string | undefined;
}

/** What a storage of this kind wants to know; what few people need is folded away. */
export function StorageFields(props: Props) {
  const { draft, onChange, faults, suspects, kept, appPassword } = props;
  const { narrow } = useArk();
  const i18n = useI18n();
  const { t, find } = i18n;
  const id = useId();
  const basic = draft.kind.fields.filter((field) => !field.advanced);
  const advanced = draft.kind.fields.filter((field) => field.advanced);
  const [opened, setOpened] = useState(false);
  const open = opened || advanced.some(({ name }) => faults[name]);

  const hint = ({ name }: StorageField): string | undefined => {
    if (kept.has(name)) return t('storage.kept');
    if (name === 'password' && appPassword !== undefined)
      return t('storage.appPassword', { provider: appPassword });
    return find(`storage.help.${name}`);
  };
  const control = (field: StorageField) => {
    const { name, choices, example } = field;
    const value = draft.values[name] ?? '';
    const labels = { id: `${id}-${name}`, 'aria-describedby': `${id}-${name}-hint` };
    const change = (next: string) => onChange(name, next);
    if (choices) {
      return (
        <Select<string>
          {...labels}
          value={value === '' ? choices[0] : value}
          onChange={change}
          options={choices.map((choice) => ({ value: choice, label: valueText(i18n, name, choice) }))}
        />
      );
    }
    if (isNumber(field)) {
      return (
        <InputNumber
          {...labels}
          style={styles.full}
          min={field.least}
          max={field.most}
          precision={0}
          controls={false}
          placeholder={example}
          value={value === '' ? null : Number(value)}
          onChange={(next) => change(next === null ? '' : String(next))}
        />
      );
    }
    if (field.lines) {
      return (
        <Input.TextArea
          {...labels}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          rows={4}
          style={field.secret ? styles.dots : undefined}
          placeholder={kept.has(name) ? '••••••••' : example}
          value={value}
          onChange={(event) => change(event.target.value)}
        />
      );
    }
    if (field.secret) {
      return (
        <Input.Password
          {...labels}
          autoComplete="new-password"
          placeholder={kept.has(name) ? '••••••••' : undefined}
          value={value}
          onChange={(event) => change(event.target.value)}
        />
      );
    }
    return (
      <Input
        {...labels}
        autoComplete="off"
        spellCheck={false}
        placeholder={example}
        value={value}
        onChange={(event) => change(event.target.value)}
      />
    );
  };
  const item = (field: StorageField) => {
    const { name } = field;
    const fault = faults[name];
    const help = hint(field);
    return (
      <Form.Item
        key={name}
        label={name === 'path' && needsFolder(draft) ? t('storage.field.path.needed') : fieldText(i18n, name)}
        htmlFor={`${id}-${name}`}
        style={narrow || field.wide ? styles.gridRow : styles.below}
        validateStatus={fault || suspects.has(name) ? 'error' : ''}
        help={fault && <span role="alert">{faultText(i18n, fault)}</span>}
        extra={
          help !== undefined && (
            <span id={`${id}-${name}-hint`} style={styles.small}>
              {help}
            </span>
          )
        }
      >
        {control(field)}
      </Form.Item>
    );
  };

  return (
    <>
      <div style={styles.twoColumns}>{basic.map(item)}</div>
      {advanced.length > 0 && (
        <Collapse
          ghost
          size="small"
          activeKey={open ? ['more'] : []}
          onChange={(keys) => setOpened(keys.length > 0)}
          style={styles.pulledOut}
          items={[
            {
              key: 'more',
              label: t('storage.more'),
              children: <div style={styles.twoColumns}>{advanced.map(item)}</div>,
            },
          ]}
        />
      )}
    </>
  );
}
