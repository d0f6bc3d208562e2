import { FilterOutlined } from '@ant-design/icons';
import { Button, Flex, Form, Input, Popover, Select } from 'antd';
import { useId, useState } from 'react';
import { useArk } from '../api/ark';
import { useI18n } from '../parts/i18n';
import { styles } from '../parts/styles';
import { GROUPS } from '../parts/theme';
import type { FilterState } from './useFilters';

/** No group can be called this. */
const ALL = '*';

/** What is asked for less often than a name or a state. */
export function MoreFilters({ filters, change }: FilterState) {
  const { narrow } = useArk();
  const { t } = useI18n();
  const id = useId();
  const [open, setOpen] = useState(false);
  const day = (name: 'from' | 'to') => (
    <Form.Item label={t(`filters.${name}`)} htmlFor={`${id}-${name}`} style={styles.growing}>
      <Input
        id={`${id}-${name}`}
        type="date"
        value={filters[name] ?? ''}
        onChange={({ target }) => change({ [name]: target.value === '' ? undefined : target.value })}
      />
    </Form.Item>
  );
  return (
    <Popover
      trigger="click"
      placement="bottomRight"
      open={open}
      onOpenChange={setOpen}
      content={
        <Form
          layout="vertical"
          component="div"
          style={narrow ? styles.filterFormNarrow : styles.filterForm}
          onKeyDown={({ key }) => key === 'Escape' && setOpen(false)}
        >
          <Flex gap={narrow ? 0 : 8} vertical={narrow}>
            {day('from')}
            {day('to')}
          </Flex>
          <Form.Item label={t('filters.group')} htmlFor={`${id}-group`}>
            <Select
              id={`${id}-group`}
              value={filters.group ?? ALL}
              onChange={(value) => change({ group: GROUPS.find((group) => group === value) })}
              options={[
                { value: ALL, label: t('filters.anyGroup') },
                ...GROUPS.filter((group) => group !== 'ignored').map((value) => ({
                  value,
                  label: t(`group.${value}`),
                })),
              ]}
            />
          </Form.Item>
          <Form.Item label={t('filters.contains')} htmlFor={`${id}-contains`} style={styles.tight}>
            <Input.Search
              key={filters.contains ?? ''}
              id={`${id}-contains`}
              defaultValue={filters.contains ?? ''}
              maxLength={200}
              allowClear
              enterButton={t('filters.look')}
              onSearch={(text) => change({ contains: text.trim() === '' ? undefined : text.trim() })}
            />
          </Form.Item>
        </Form>
      }
    >
      <Button icon={<FilterOutlined aria-hidden />} aria-expanded={open} aria-label={t('filters.title')}>
        {narrow ? undefined : t('filters.title')}
      </Button>
    </Popover>
  );
}
