import { PlusOutlined, ReloadOutlined, SearchOutlined, UploadOutlined } from '@ant-design/icons';
import { Button, Flex, Input, Select, Tooltip } from 'antd';
import { useRef } from 'react';
import { useArk } from '../api/ark';
import { useI18n } from '../parts/i18n';
import { May } from '../api/May';
import { styles } from '../parts/styles';

export type StateFilter = 'all' | 'ok' | 'unverified' | 'encrypted' | 'damaged';
const FILTERS: readonly StateFilter[] = ['all', 'ok', 'unverified', 'encrypted', 'damaged'];

/** No storage can be called this. */
const ALL = '*';

interface Props {
  /** Names, where there are several. */
  readonly storages: readonly string[];
  /** Undefined: all of them. */
  readonly storage: string | undefined;
  readonly onStorage: (storage: string | undefined) => void;
  readonly search: string;
  readonly onSearch: (text: string) => void;
  readonly filter: StateFilter;
  readonly onFilter: (filter: StateFilter) => void;
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
          value={props.search}
          placeholder={t('backups.search')}
          aria-label={t('backups.search')}
          onChange={(event) => props.onSearch(event.target.value)}
          style={!narrow ? styles.field : several ? styles.fullRow : styles.growing}
        />
        {several && (
          <Select
            value={props.storage ?? ALL}
            aria-label={t('backups.whereFilter')}
            onChange={(value) => props.onStorage(value === ALL ? undefined : value)}
            popupMatchSelectWidth={false}
            style={narrow ? styles.filterGrowing : styles.filter}
            options={[
              { value: ALL, label: t('backups.allStorages') },
              ...props.storages.map((value) => ({ value, label: value })),
            ]}
          />
        )}
        <Select
          value={props.filter}
          aria-label={t('backups.filter')}
          onChange={props.onFilter}
          popupMatchSelectWidth={false}
          style={narrow ? styles.choice : styles.filter}
          options={FILTERS.map((value) => ({ value, label: t(`filter.${value}`) }))}
        />
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
