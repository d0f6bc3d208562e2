import { Alert, Button, Flex, Modal, Steps, Typography } from 'antd';
import { useEffect, useMemo, useRef, useState } from 'react';
import {
  asApiError,
  type ApiError,
  type BackupDetail,
  type BackupItem,
  type BackupKeys,
  type JobItem,
  type Preview,
  type RestoreInput,
} from '../api/api';
import { useArk } from '../api/ark';
import { CodeNotice } from '../notices/CodeNotice';
import { ErrorNotice } from '../parts/ErrorNotice';
import { TALL, useDialog } from '../parts/dialog';
import { useI18n } from '../parts/i18n';
import { confirmationOf, isConfirmed } from './confirmation';
import { otherMaker } from '../trust/makerText';
import { PlainNotice } from '../passphrase/PlainNotice';
import { RestoreChoose } from './RestoreChoose';
import { RestoreConfirm } from './RestoreConfirm';
import { isUnanswered, type ConsentKind } from './consents';
import { RestorePreview } from './RestorePreview';
import { RestoreRun } from './RestoreRun';
import { lossesOf } from './previewRows';
import { restoreSelection } from './restoreSelection';
import { styles } from '../parts/styles';

interface Props {
  readonly backup: BackupItem;
  /** To follow the job that this dialog starts. */
  readonly jobs: readonly JobItem[];
  readonly onStarted: (job: JobItem) => void;
  readonly onClose: () => void;
}

type Step = 'choose' | 'preview' | 'confirm' | 'run';
const STEPS: readonly Step[] = ['choose', 'preview', 'confirm', 'run'];

/** Choose, see what will change, confirm, follow. Nothing changes before the last step. */
export function RestoreDialog({ backup, jobs, onStarted, onClose }: Props) {
  const { api, instance, narrow } = useArk();
  const i18n = useI18n();
  const { t } = i18n;
  const { close, shown } = useDialog(onClose);
  const [step, setStep] = useState<Step>('choose');
  const [keys, setKeys] = useState<BackupKeys>({});
  const [allowPlain, setAllowPlain] = useState(false);
  const [detail, setDetail] = useState<BackupDetail>();
  const [checked, setChecked] = useState<ReadonlySet<string>>(new Set());
  const [preview, setPreview] = useState<Preview>();
  const [allowed, setAllowed] = useState<ReadonlySet<ConsentKind>>(new Set());
  const [allowCode, setAllowCode] = useState(false);
  const [noCode, setNoCode] = useState(false);
  const [kept, setKept] = useState(false);
  const [files, setFiles] = useState(true);
  const [typed, setTyped] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError>();
  const [job, setJob] = useState<JobItem>();
  const top = useRef<HTMLDivElement>(null);

  // The next step is read from its beginning.
  useEffect(() => {
    if (step === 'choose') return;
    top.current?.focus({ preventScroll: true });
    top.current?.parentElement?.scrollTo({ top: 0 });
  }, [step]);

  const collections = detail?.collections;
  const input = useMemo<RestoreInput>(
    () => ({
      ...restoreSelection(collections ?? [], checked, kept),
      ...keys,
    }),
    [checked, collections, kept, keys],
  );
  const withFiles = input.collections === undefined && (preview?.files.length ?? 0) > 0;
  const confirmation = confirmationOf(instance, backup.name);
  const from = otherMaker(i18n, detail ?? backup);
  const unanswered = preview !== undefined && isUnanswered(preview, allowed);
  const confirmed = preview?.asksForName === false || isConfirmed(typed, confirmation);
  const asksForPlain = preview?.warnings.some((warning) => warning.kind === 'plain') ?? false;
  const asksForCode = preview?.asksForCode ?? false;
  const current = job && (jobs.find(({ id }) => id === job.id) ?? job);

  const look = async ({ without = false, keep = false } = {}) => {
    setBusy(true);
    setError(undefined);
    try {
      const wanted = { ...restoreSelection(collections ?? [], checked, keep), ...keys };
      setPreview(await api.previewRestore(backup, { ...wanted, ...(without && { noCode: true }) }));
      setKept(keep);
      setAllowed(new Set());
      setAllowCode(false);
      setAllowPlain(keys.allowPlain ?? false);
      setNoCode(without);
      setTyped('');
      setStep('preview');
    } catch (cause) {
      setError(asApiError(cause));
    } finally {
      setBusy(false);
    }
  };
  const restore = async () => {
    setBusy(true);
    setError(undefined);
    try {
      const started = await api.restoreBackup(backup, {
        ...input,
        ...(allowed.has('breaks') && { allowBreaks: true }),
        ...(allowed.has('changes') && { allowChanges: true }),
        ...(preview && { acceptLost: lossesOf(preview.collections) }),
        ...(allowCode && { allowCode }),
        ...(allowPlain && { allowPlain }),
        ...(noCode && { noCode }),
        ...(withFiles && !files && { files }),
      });
      setJob(started.job);
      onStarted(started.job);
      setStep('run');
    } catch (cause) {
      setError(asApiError(cause));
    } finally {
      setBusy(false);
    }
  };
  const back = () => {
    setError(undefined);
    setStep(step === 'confirm' ? 'preview' : 'choose');
  };

  const next = {
    choose: (
      <Button type="primary" loading={busy} disabled={checked.size === 0} onClick={() => void look()}>
        {t('restore.toPreview')}
      </Button>
    ),
    preview: (
      <Button
        type="primary"
        disabled={busy || unanswered || (asksForPlain && !allowPlain) || (asksForCode && !allowCode)}
        onClick={() => setStep('confirm')}
      >
        {t('restore.toConfirm')}
      </Button>
    ),
    confirm: (
      <Button type="primary" danger loading={busy} disabled={!confirmed} onClick={() => void restore()}>
        {t('restore.now')}
      </Button>
    ),
    run:
      current?.error?.code === 'MORE_WOULD_BE_LOST' ? (
        <Button type="primary" loading={busy} onClick={() => void look({ without: noCode, keep: kept })}>
          {t('restore.toPreview')}
        </Button>
      ) : null,
  }[step];

  return (
    <Modal
      {...shown}
      {...TALL}
      title={<span style={styles.wrap}>{t('restore.title', { name: backup.name })}</span>}
      width={960}
      maskClosable={false}
      footer={
        <Flex justify="space-between" gap={8}>
          {step === 'preview' || step === 'confirm' ? (
            <Button onClick={back} disabled={busy}>
              {t('action.back')}
            </Button>
          ) : (
            <span />
          )}
          <Flex gap={8}>
            <Button onClick={close} type={step === 'run' ? 'primary' : 'default'}>
              {step === 'run' ? t('action.close') : t('action.cancel')}
            </Button>
            {next}
          </Flex>
        </Flex>
      }
    >
      {narrow ? (
        <Typography.Paragraph strong style={styles.around}>
          {t('progress.step', { step: STEPS.indexOf(step) + 1, steps: STEPS.length })}:{' '}
          {t(`restore.step.${step}`)}
        </Typography.Paragraph>
      ) : (
        <Steps
          size="small"
          current={STEPS.indexOf(step)}
          responsive={false}
          style={styles.around}
          items={STEPS.map((step) => ({ title: t(`restore.step.${step}`) }))}
        />
      )}
      <div
        ref={top}
        tabIndex={-1}
        style={styles.roomForStep}
        aria-label={t(`restore.step.${step}`)}
        role="group"
      >
        {error && (
          <div style={styles.below}>
            <ErrorNotice
              error={error}
              title={t(step === 'confirm' ? 'restore.notStarted' : 'restore.noPreview')}
            />
          </div>
        )}
        {from !== undefined && step !== 'run' && (
          <Alert
            type="warning"
            showIcon
            style={styles.below}
            message={<b>{t('restore.foreign', { from, into: instance })}</b>}
            description={t('restore.foreignText', { into: instance })}
          />
        )}
        {step === 'choose' && (
          <RestoreChoose
            backup={backup}
            collections={collections}
            checked={checked}
            onChange={setChecked}
            onOpened={(opened, key) => {
              setDetail(opened);
              setChecked(new Set(opened.collections.map((collection) => collection.name)));
              setKeys(key);
            }}
          />
        )}
        {step === 'preview' && preview && (
          <RestorePreview
            preview={preview}
            backup={backup}
            allowed={allowed}
            onAllow={(kind, allow) =>
              setAllowed((before) => new Set([...before, kind].filter((each) => allow || each !== kind)))
            }
            files={withFiles ? files : undefined}
            onFiles={setFiles}
            kept={kept}
            onKeep={(keep) => void look({ without: noCode, keep })}
            busy={busy}
            consent={
              <>
                {asksForPlain && <PlainNotice allowed={allowPlain} onAllow={setAllowPlain} />}
                <CodeNotice
                  preview={preview}
                  allowed={allowCode}
                  onAllow={setAllowCode}
                  without={noCode}
                  onWithout={(without) => void look({ without, keep: kept })}
                  busy={busy}
                />
              </>
            }
          />
        )}
        {step === 'confirm' && preview && (
          <RestoreConfirm
            preview={preview}
            backup={backup}
            name={confirmation}
            typed={typed}
            onTyped={setTyped}
            onEnter={() => {
              if (confirmed && !busy) void restore();
            }}
          />
        )}
        {step === 'run' && current && <RestoreRun job={current} />}
      </div>
    </Modal>
  );
}
