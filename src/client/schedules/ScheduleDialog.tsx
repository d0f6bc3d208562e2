import { Button, Checkbox, Flex, Form, Input, Modal, Select, Skeleton, Switch, Typography } from 'antd';
import { useCallback, useId, useMemo, useState } from 'react';
import { asApiError, type ApiError, type ScheduleItem, type SystemInfo } from '../api/api';
import { useArk } from '../api/ark';
import { TALL, useDialog } from '../parts/dialog';
import { ErrorNotice } from '../parts/ErrorNotice';
import { GroupPicker } from '../groups/GroupPicker';
import { KeyNotice } from '../passphrase/KeyNotice';
import { groupSums } from '../groups/groupSums';
import { narrowed } from '../groups/parts';
import { PartsFields } from '../groups/PartsFields';
import { useI18n } from '../parts/i18n';
import { NO_PASSPHRASE } from '../passphrase/passphrase';
import { PassphraseFields } from '../passphrase/PassphraseFields';
import { RetentionFields } from './RetentionFields';
import { changeOf, faultsOf, formOf, inputOf, newForm, timingOf, type ScheduleForm } from './scheduleForm';
import { TimingFields } from './TimingFields';
import { PRESELECTED } from '../parts/theme';
import { ownZone } from './timingText';
import { useLoaded } from '../parts/useLoaded';
import { useTimingPreview } from './useTimingPreview';
import { useBesideTables } from '../parts/useBesideTables';
import { FilesUnknown } from '../parts/FilesUnknown';
import { styles } from '../parts/styles';

interface Props {
  /** Undefined: a new one. */
  readonly schedule: ScheduleItem | undefined;
  /** What is in the form at first, instead of what is set or usual. */
  readonly start?: Partial<ScheduleForm> | undefined;
  readonly taken: readonly string[];
  /** The default one first. */
  readonly storages: SystemInfo['storages'];
  readonly onSaved: () => void;
  readonly onClose: () => void;
}

/** Everything about one schedule. What is set for a new one is what most want. */
export function ScheduleDialog({ schedule, start, taken, storages, onSaved, onClose }: Props) {
  const { api } = useArk();
  const { t, n, format } = useI18n();
  const ids = { name: useId(), storages: useId(), on: useId() };
  const { close, shown } = useDialog(onClose);
  const [tried, setTried] = useState(false);
  const [saving, setSaving] = useState(false);
  const [refused, setRefused] = useState<ApiError>();
  const others = useMemo(() => new Set(taken.filter((other) => other !== schedule?.name)), [schedule, taken]);
  const [form, setForm] = useState<ScheduleForm>(() => ({
    ...(schedule ? formOf(schedule) : newForm(freeName(t('schedule.nightly'), others), ownZone())),
    ...start,
  }));
  const set = (change: Partial<ScheduleForm>) => setForm((before) => ({ ...before, ...change }));
  const timing = timingOf(form.timing);
  const preview = useTimingPreview(api, timing, form.timeZone);
  const faults = faultsOf(form, others);
  const recipients = form.encryption === 'kept' ? schedule?.recipients?.length : undefined;

  const list = useCallback(() => api.listCollections(), [api]);
  const { data: live, error, loading, retry } = useLoaded(list);
  const pickable = useMemo(() => (live ?? []).filter((collection) => collection.group !== 'ignored'), [live]);
  const sums = useMemo(() => groupSums(pickable), [pickable]);
  const { groups } = form;
  const single = groups ? undefined : schedule?.collections;
  const chosen = useMemo(
    () =>
      pickable.filter(({ name, group }) =>
        groups ? group === 'required' || groups.has(group) : (single?.includes(name) ?? true),
      ),
    [groups, pickable, single],
  );
  const { data: beside, error: unknown } = useBesideTables();
  const filesUnknown = beside?.unknown ?? false;

  const save = async () => {
    setTried(true);
    if (!timing || preview.error || Object.keys(faults).length > 0) return;
    setSaving(true);
    setRefused(undefined);
    try {
      const draft = {
        ...form,
        ...(recipients !== undefined && { prove: false }),
        ...(filesUnknown && { files: false }),
      };
      // Single collections may be named as the app calls them: what is set of those stays as it is.
      const parts = single ? form.parts : narrowed(form.parts, pickable, chosen);
      if (schedule) await api.updateSchedule(schedule.name, changeOf(draft, timing, parts));
      else await api.createSchedule(inputOf(draft, timing, parts));
      onSaved();
      close();
    } catch (cause) {
      setRefused(asApiError(cause));
      setSaving(false);
    }
  };

  return (
    <Modal
      {...shown}
      {...TALL}
      title={schedule ? t('schedule.edit', { name: schedule.name }) : t('schedules.new')}
      width={720}
      maskClosable={false}
      footer={
        <Flex justify="space-between" align="center" gap={12} wrap>
          <Flex gap={8} align="center">
            <Switch id={ids.on} checked={form.on} onChange={(on) => set({ on })} />
            <label htmlFor={ids.on}>{t('schedule.on')}</label>
          </Flex>
          <Flex gap={8}>
            <Button onClick={close}>{t('action.cancel')}</Button>
            <Button
              type="primary"
              loading={saving}
              disabled={!(beside ?? unknown)}
              onClick={() => void save()}
            >
              {t('action.save')}
            </Button>
          </Flex>
        </Flex>
      }
    >
      <Form layout="vertical" component="div" style={styles.above}>
        {!schedule && (
          <Form.Item
            label={t('backups.name')}
            htmlFor={ids.name}
            validateStatus={faults.name && (tried || form.name !== '') ? 'error' : ''}
            help={
              faults.name && (tried || form.name !== '')
                ? t(faults.name === 'taken' ? 'schedule.nameTaken' : 'schedule.nameInvalid')
                : undefined
            }
            extra={t('schedule.nameHint')}
            style={styles.below16}
          >
            <Input
              id={ids.name}
              value={form.name}
              maxLength={60}
              onChange={(event) => set({ name: event.target.value })}
            />
          </Form.Item>
        )}
        <TimingFields
          timing={form.timing}
          timeZone={form.timeZone}
          preview={preview}
          tried={tried}
          onTiming={(next) => set({ timing: next })}
          onTimeZone={(timeZone) => set({ timeZone })}
        />
        <Form.Item
          label={t('schedule.storages')}
          htmlFor={ids.storages}
          extra={form.storages.length > 1 ? t('schedule.several') : undefined}
          style={styles.below16}
        >
          <Select<string[]>
            id={ids.storages}
            mode="multiple"
            value={[...form.storages]}
            placeholder={t('schedule.defaultStorage', { name: storages[0]?.name ?? '' })}
            onChange={(names) => set({ storages: names })}
            options={storages.map(({ name }) => ({ value: name, label: name }))}
          />
        </Form.Item>
        <Form.Item label={t('schedule.what')} style={styles.below16}>
          {form.groups === undefined && schedule ? (
            <Flex gap="4px 12px" wrap align="center">
              <span>
                {schedule.all
                  ? t('schedule.everything')
                  : n('schedule.single', schedule.collections?.length ?? 0)}
              </span>
              <Button type="link" style={styles.bare} onClick={() => set({ groups: new Set(PRESELECTED) })}>
                {t('schedule.byGroup')}
              </Button>
            </Flex>
          ) : error ? (
            <ErrorNotice error={error} onRetry={retry} />
          ) : loading && !live ? (
            <Skeleton active title={false} paragraph={{ rows: 8 }} />
          ) : (
            <GroupPicker
              sums={sums}
              chosen={form.groups ?? new Set()}
              onChange={(groups) => set({ groups })}
            />
          )}
        </Form.Item>
        <PartsFields collections={chosen} parts={form.parts} onChange={(parts) => set({ parts })} />
        <Flex vertical gap={12}>
          {beside?.unknown && <FilesUnknown />}
          <Checkbox
            checked={form.files && !filesUnknown}
            disabled={filesUnknown}
            onChange={(event) => set({ files: event.target.checked })}
          >
            {beside ? n('new.files', beside.files, { size: format.bytes(beside.bytes) }) : t('restore.files')}
          </Checkbox>
          {form.encryption === 'kept' ? (
            <Flex gap="4px 12px" wrap align="center">
              <span>
                {recipients === undefined ? t('schedule.passphraseKept') : n('schedule.keysKept', recipients)}
              </span>
              <Button
                type="link"
                style={styles.bare}
                onClick={() => set({ encryption: { ...NO_PASSPHRASE, on: true } })}
              >
                {t('schedule.changeEncryption')}
              </Button>
            </Flex>
          ) : (
            <PassphraseFields
              value={form.encryption}
              onChange={(encryption) => set({ encryption })}
              tried={tried}
            />
          )}
          {beside?.hasKey && (
            <KeyNotice
              held={form.files && (form.encryption === 'kept' || form.encryption.on)}
              onHold={() =>
                set({
                  files: true,
                  ...(form.encryption !== 'kept' && { encryption: { ...form.encryption, on: true } }),
                })
              }
            />
          )}
          <div>
            <Checkbox
              checked={form.prove && recipients === undefined}
              disabled={recipients !== undefined}
              onChange={(event) => set({ prove: event.target.checked })}
            >
              {t('schedule.prove')}
            </Checkbox>
            <div style={styles.indented}>
              <Typography.Text type="secondary" style={styles.small}>
                {t(recipients === undefined ? 'schedule.proveText' : 'schedule.proveNeedsKey')}
              </Typography.Text>
            </div>
          </div>
          <RetentionFields value={form.retention} onChange={(retention) => set({ retention })} />
          {refused && <ErrorNotice error={refused} title={t('schedule.notSaved')} />}
        </Flex>
      </Form>
    </Modal>
  );
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  let free = name;
  for (let count = 2; taken.has(free); count++) free = `${name} ${count}`;
  return free;
}
