import { Button, Flex } from 'antd';
import { useCallback, useState } from 'react';
import type { Safety, SafetyStep, ScheduleItem, StorageItem } from '../api/api';
import type { ArkData } from '../api/useArkData';
import { useArk } from '../api/ark';
import { May } from '../api/May';
import { AlarmsDialog } from '../alarms/AlarmsDialog';
import { NewBackupDialog } from '../backups/NewBackupDialog';
import { RehearseDialog } from '../backups/RehearseDialog';
import { JobProgressView } from '../jobs/JobProgressView';
import { ErrorNotice } from '../parts/ErrorNotice';
import { useI18n } from '../parts/i18n';
import { useFailure } from '../parts/useFailure';
import { useLoaded } from '../parts/useLoaded';
import { styles } from '../parts/styles';
import { ScheduleDialog } from '../schedules/ScheduleDialog';
import { StorageDialog } from '../storages/StorageDialog';
import { StorageTestDialog } from '../storages/StorageTestDialog';
import { firstChoice, newDraft } from '../storages/storageForm';
import { offsiteOf } from './offsiteOf';
import { scheduleStart } from './scheduleStart';

interface Props {
  readonly step: SafetyStep;
  readonly safety: Safety;
  readonly data: ArkData;
  readonly schedules: readonly ScheduleItem[];
  readonly onDone: () => void;
  readonly onSkip: () => void;
}

type Dialog = 'form' | 'rehearse' | { readonly test: StorageItem };

/** What a test of a storage mends. */
const UNTESTED: ReadonlySet<string> = new Set(['storage-silent', 'storage-untested']);

/** What a step is for, and the form that does it: the same as elsewhere on the page. */
export function SetupStep({ step, safety, data, schedules, onDone, onSkip }: Props) {
  const { api } = useArk();
  const { t } = useI18n();
  const fail = useFailure();
  const [dialog, setDialog] = useState<Dialog>();
  const [starting, setStarting] = useState(false);
  const storages = data.storages ?? [];
  const offsite = offsiteOf(safety);
  const schedule = schedules.find(({ name }) => name === step.name);
  const list = useCallback(() => api.listKinds(), [api]);
  const { data: kinds, error, retry } = useLoaded(step.step === 'storage' ? list : undefined);
  const kind = kinds && firstChoice(kinds);
  const running = data.jobs.filter(({ state }) => state === 'running');
  const lacks = new Set(step.missing);
  const close = () => setDialog(undefined);
  const changed = () => {
    data.reload();
    onDone();
  };

  /** What was not tested as it is now is tested at once. */
  const testIfNew = (item: StorageItem) => {
    data.reload();
    api.getSafety().then(
      ({ steps }) => {
        const { name, missing = [] } = steps.find((each) => each.step === 'storage') ?? {};
        if (name !== item.name || missing.some((lack) => UNTESTED.has(lack))) setDialog({ test: item });
      },
      () => setDialog({ test: item }),
    );
  };
  const goesOffsite = (each: ScheduleItem) =>
    each.on && offsite !== undefined && each.storages.includes(offsite);
  const backUp = () => {
    const usual = schedules.find(goesOffsite);
    if (!usual) {
      setDialog('form');
      return;
    }
    setStarting(true);
    api
      .runSchedule(usual.name)
      .then(
        ({ job }) => data.tell(job),
        (cause: unknown) => fail(cause, t('schedule.notRun')),
      )
      .finally(() => setStarting(false));
  };
  const made =
    step.step === 'backup'
      ? (data.backups ?? []).find(({ name, storage }) => name === step.name && storage === offsite)
      : undefined;
  const tested = storages.find(({ name }) => name === step.name);

  return (
    <Flex vertical gap={12}>
      <span>{t(`steps.about.${step.step}`)}</span>
      {tested && lacks.has('storage-here') && <span>{t('steps.here', { name: tested.name })}</span>}
      {error && <ErrorNotice error={error} onRetry={retry} />}
      {step.step === 'backup' && running.map((job) => <JobProgressView key={job.id} job={job} />)}
      <Flex gap={8} wrap>
        {step.step === 'storage' && (
          <May permission="settings">
            {tested && step.missing.some((lack) => UNTESTED.has(lack)) && (
              <Button type="primary" onClick={() => setDialog({ test: tested })}>
                {t('storages.testName', { name: tested.name })}
              </Button>
            )}
            <Button
              type={offsite === undefined ? 'primary' : 'default'}
              disabled={!kind}
              onClick={() => setDialog('form')}
            >
              {t('storages.add')}
            </Button>
          </May>
        )}
        {step.step === 'schedule' && (
          <May permission="settings">
            <Button type={step.done ? 'default' : 'primary'} onClick={() => setDialog('form')}>
              {schedule ? t('schedule.edit', { name: schedule.name }) : t('schedules.new')}
            </Button>
          </May>
        )}
        {step.step === 'alarm' && (
          <May permission="settings">
            <Button type={step.done ? 'default' : 'primary'} onClick={() => setDialog('form')}>
              {t('alarms.title')}
            </Button>
          </May>
        )}
        {step.step === 'backup' && made && lacks.has('backup-unproven') && (
          <May permission="restore">
            <Button type="primary" disabled={data.busy} onClick={() => setDialog('rehearse')}>
              {t('action.rehearse')}
            </Button>
          </May>
        )}
        {step.step === 'backup' && (
          <May permission="backup">
            <Button
              type={step.done || made ? 'default' : 'primary'}
              loading={starting}
              disabled={data.busy}
              onClick={backUp}
            >
              {t('safe.backUp')}
            </Button>
          </May>
        )}
        {!step.done && (
          <Button type="text" onClick={onSkip}>
            {t('setup.skip')}
          </Button>
        )}
      </Flex>
      <div style={styles.gate}>
        {dialog === 'form' && step.step === 'storage' && kinds && kind && (
          <StorageDialog
            start={newDraft(kind)}
            storages={storages}
            kinds={kinds}
            onSaved={testIfNew}
            onClose={() => setDialog((now) => (now === 'form' ? undefined : now))}
          />
        )}
        {typeof dialog === 'object' && (
          <StorageTestDialog
            item={dialog.test}
            onSaved={data.reload}
            onClose={() => {
              close();
              changed();
            }}
          />
        )}
        {dialog === 'form' && step.step === 'schedule' && (
          <ScheduleDialog
            schedule={schedule}
            start={scheduleStart(schedule, storages, offsite)}
            taken={schedules.map(({ name }) => name)}
            storages={storages}
            onSaved={changed}
            onClose={close}
          />
        )}
        {dialog === 'form' && step.step === 'alarm' && <AlarmsDialog onSaved={changed} onClose={close} />}
        {dialog === 'form' && step.step === 'backup' && (
          <NewBackupDialog
            backups={data.backups ?? []}
            storages={storages.map((each) => ({
              ...each,
              default: each.name === offsite || (offsite === undefined && each.default),
            }))}
            wanted="usual"
            onStarted={data.tell}
            onClose={close}
          />
        )}
        {dialog === 'rehearse' && made && (
          <RehearseDialog backup={made} onStarted={data.tell} onClose={close} />
        )}
      </div>
    </Flex>
  );
}
