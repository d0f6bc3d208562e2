import { Collapse, Form, Input, InputNumber, Select } from 'antd';
import { useId, useState } from 'react';
import { useArk } from './ark';
import { useI18n } from './i18n';
import { faultText, type Faults } from './storageFaults';
import { valueText } from './storageText';
import { EXAMPLES, NUMBERS, SHAPES, type Draft, type Field } from './storageForm';

interface Props {
  readonly draft: Draft;
  readonly onChange: (field: Field, value: string) => void;
  readonly faults: Faults;
  /** Fields that a test points at. */
  readonly suspects: ReadonlySet<Field>;
  /** A secret is kept, and stays if nothing is entered. */
  readonly kept: boolean;
  /** The service that wants a password made for this. */
  readonly appPassword: string | undefined;
}

/** The others share a line with their neighbour, where there is room. */
const WIDE: readonly Field[] = ['folder', 'endpoint', 'url', 'path', 'addressing', 'auth'];
const ADDRESSING = ['auto', 'path', 'virtual', 'domain'] as const;
const AUTH = ['auto', 'basic', 'digest', 'none'] as const;

/** What a storage of this kind wants to know; what few people need is folded away. */
export function StorageFields({ draft, onChange, faults, suspects, kept, appPassword }: Props) {
  const { narrow } = useArk();
  const i18n = useI18n();
  const { t, find } = i18n;
  const id = useId();
  const { basic, advanced, secret } = SHAPES[draft.kind];
  const [opened, setOpened] = useState(false);
  const open = opened || advanced.some((field) => faults[field]);

  const hint = (field: Field): string | undefined => {
    if (field === 'password' && appPassword !== undefined)
      return t('storage.appPassword', { provider: appPassword });
    if (field === secret && kept) return t('storage.kept');
    return find(`storage.help.${field}`);
  };
  const control = (field: Field) => {
    const value = draft.values[field] ?? '';
    const about = { id: `${id}-${field}`, 'aria-describedby': `${id}-${field}-hint` };
    const change = (next: string) => onChange(field, next);
    if (field === 'addressing' || field === 'auth') {
      return (
        <Select<string>
          {...about}
          value={value === '' ? 'auto' : value}
          onChange={change}
          options={
            field === 'addressing'
              ? ADDRESSING.map((one) => ({ value: one, label: valueText(i18n, field, one) }))
              : AUTH.map((one) => ({ value: one, label: valueText(i18n, field, one) }))
          }
        />
      );
    }
    const range = NUMBERS[field];
    if (range) {
      return (
        <InputNumber
          {...about}
          style={{ width: '100%' }}
          min={range[0]}
          max={range[1]}
          precision={0}
          controls={false}
          placeholder={EXAMPLES[field]}
          value={value === '' ? null : Number(value)}
          onChange={(next) => change(next === null ? '' : String(next))}
        />
      );
    }
    if (field === secret) {
      return (
        <Input.Password
          {...about}
          autoComplete="new-password"
          placeholder={kept ? '••••••••' : undefined}
          value={value}
          onChange={(event) => change(event.target.value)}
        />
      );
    }
    return (
      <Input
        {...about}
        autoComplete="off"
        spellCheck={false}
        placeholder={EXAMPLES[field]}
        value={value}
        onChange={(event) => change(event.target.value)}
      />
    );
  };
  const item = (field: Field) => {
    const fault = faults[field];
    const help = hint(field);
    return (
      <Form.Item
        key={field}
        label={t(`storage.field.${field}`)}
        htmlFor={`${id}-${field}`}
        style={{ marginBottom: 14, gridColumn: narrow || WIDE.includes(field) ? '1 / -1' : undefined }}
        validateStatus={fault || suspects.has(field) ? 'error' : ''}
        help={
          fault && (
            <span lang={'said' in fault ? 'en' : undefined} role="alert">
              {faultText(i18n, fault)}
            </span>
          )
        }
        extra={
          help !== undefined && (
            <span id={`${id}-${field}-hint`} style={{ fontSize: 13 }}>
              {help}
            </span>
          )
        }
      >
        {control(field)}
      </Form.Item>
    );
  };

  const grid = { display: 'grid', gridTemplateColumns: 'repeat(2, minmax(0, 1fr))', columnGap: 16 } as const;
  return (
    <>
      <div style={grid}>{basic.map(item)}</div>
      {advanced.length > 0 && (
        <Collapse
          ghost
          size="small"
          activeKey={open ? ['more'] : []}
          onChange={(keys) => setOpened(keys.length > 0)}
          style={{ margin: '0 -12px' }}
          items={[
            { key: 'more', label: t('storage.more'), children: <div style={grid}>{advanced.map(item)}</div> },
          ]}
        />
      )}
    </>
  );
}
