import { PlusOutlined, ReloadOutlined, SearchOutlined, UploadOutlined } from '@ant-design/icons';
import { Button, Flex, Input, Select, Tooltip } from 'antd';
import { useRef } from 'react';
import { useArk } from '../api/ark';
import { useI18n } from '../parts/i18n';
import { May } from '../api/May';
import { STATE_FILTERS } from './filters';
import { MoreFilters } from './MoreFilters';
import type { FilterState } from './useFilters';
import { styles } from '../parts/styles';

/** No storage can be called this. */
const ALL = '*';

interface Props {
  /** Names, where there are several. */
  readonly storages: readonly string[];
  readonly filtering: FilterState;
  readonly loading: boolean;
  readonly uploading: boolean;
  readonly busy: boolean;
  readonly onRefresh: () => void;
  readonly onNew: () => void;
  readonly onFile: (file: File) => void;
}

export function BackupsToolbar(props: Props) {
  const { narrow } = useArk();
  const { t } = useI18n();
  const several = props.storages.length > 1;
  const { filters, change } = props.filtering;
  const input = useRef<HTMLInputElement>(null);
  return (
    <Flex gap={8} wrap justify="space-between" style={styles.below}>
      <Flex gap={8} wrap style={narrow ? styles.full : undefined}>
        <May permission="backup">
          <Tooltip title={props.busy ? t('backups.busyHint') : ''}>
            <Button
              id="ark-new"
              type="primary"
              icon={<PlusOutlined aria-hidden />}
              disabled={props.busy}
              onClick={props.onNew}
              style={narrow ? styles.growing : undefined}
            >
              {t('backups.new')}
            </Button>
          </Tooltip>
        </May>
        <May permission="restore">
          <Tooltip title={t('upload.hint')}>
            <Button
              icon={<UploadOutlined aria-hidden />}
              disabled={props.uploading}
              onClick={() => input.current?.click()}
              style={narrow ? styles.growing : undefined}
            >
              {t('upload.button')}
            </Button>
          </Tooltip>
          <input
            ref={input}
            type="file"
            accept=".ark,.nbdump,.nbdata"
            hidden
            aria-label={t('upload.button')}
            onChange={(event) => {
              const file = event.target.files?.[0];
              if (file) props.onFile(file);
              event.target.value = '';
            }}
          />
        </May>
      </Flex>
      <Flex gap={8} wrap={narrow} style={narrow ? styles.full : undefined}>
        <Input
          allowClear
          prefix={<SearchOutlined aria-hidden />}
          value={filters.search}
          placeholder={t('backups.search')}
          aria-label={t('backups.search')}
          onChange={(event) => change({ search: event.target.value })}
          style={!narrow ? styles.field : several ? styles.fullRow : styles.growing}
        />
        {several && (
          <Select
            value={filters.storage ?? ALL}
            aria-label={t('backups.whereFilter')}
            onChange={(value) => change({ storage: value === ALL ? undefined : value })}
            popupMatchSelectWidth={false}
            style={narrow ? styles.filterGrowing : styles.filter}
            options={[
              { value: ALL, label: t('backups.allStorages') },
              ...props.storages.map((value) => ({ value, label: value })),
            ]}
          />
        )}
        <Select
          value={filters.state}
          aria-label={t('backups.filter')}
          onChange={(state) => change({ state })}
          popupMatchSelectWidth={false}
          style={narrow ? styles.choice : styles.filter}
          options={STATE_FILTERS.map((value) => ({ value, label: t(`filter.${value}`) }))}
        />
        <MoreFilters {...props.filtering} />
        <Tooltip title={t('action.refresh')}>
          <Button
            icon={<ReloadOutlined aria-hidden spin={props.loading} />}
            aria-label={t('action.refresh')}
            onClick={props.onRefresh}
          />
        </Tooltip>
      </Flex>
    </Flex>
  );
}
