import { Form, Select } from 'antd';
import { useId, useMemo, useState } from 'react';
import { visible } from '../notices/codeText';
import { useI18n } from '../parts/i18n';
import { styles } from '../parts/styles';
import type { TreeCollection } from './CollectionTree';
import { canBeBare, canStayOut, type Parts } from './parts';

interface Props {
  /** What is chosen. */
  readonly collections: readonly TreeCollection[];
  readonly parts: Parts;
  readonly onChange: (parts: Parts) => void;
}

const option = ({ name, title }: TreeCollection) => ({
  value: name,
  label: visible(title === undefined ? name : `${title} (${name})`),
});

/** Of what is chosen, what comes with its structure alone, and what stays out; folded away, for few need it. */
export function PartsFields({ collections, parts, onChange }: Props) {
  const { t, n } = useI18n();
  const id = useId();
  const { exclude } = parts;
  const options = useMemo(
    () => ({
      noRows: collections
        .filter((collection) => canBeBare(collection) && !exclude.includes(collection.name))
        .map(option),
      exclude: collections.filter(canStayOut).map(option),
    }),
    [collections, exclude],
  );
  const said = partsText(n, parts);
  const [isOpen] = useState(said.length > 0);
  return (
    <details open={isOpen} style={styles.below16}>
      <summary style={styles.clickable}>{[t('parts.title'), ...said].join(' · ')}</summary>
      <div style={styles.above8}>
        {(['noRows', 'exclude'] as const).map((which) => (
          <Form.Item
            key={which}
            label={t(`parts.${which}`)}
            htmlFor={`${id}-${which}`}
            extra={t(`parts.${which}Text`)}
            style={styles.below}
          >
            <Select<string[]>
              id={`${id}-${which}`}
              mode="multiple"
              allowClear
              value={[...parts[which]]}
              // The key that leaves the field would take it.
              defaultActiveFirstOption={false}
              onChange={(names) =>
                onChange(
                  which === 'noRows'
                    ? { ...parts, noRows: names }
                    : { exclude: names, noRows: parts.noRows.filter((name) => !names.includes(name)) },
                )
              }
              options={options[which]}
              optionFilterProp="label"
              placeholder={t('parts.none')}
            />
          </Form.Item>
        ))}
      </div>
    </details>
  );
}

/** `2 structure only`, `1 left out` */
export const partsText = (
  n: ReturnType<typeof useI18n>['n'],
  { exclude = [], noRows = [] }: Partial<Parts>,
): string[] => [
  ...(noRows.length > 0 ? [n('count.structureOnly', noRows.length)] : []),
  ...(exclude.length > 0 ? [n('count.leftOut', exclude.length)] : []),
];
