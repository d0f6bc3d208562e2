import { Alert, Modal } from 'antd';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import {
  asApiError,
  type ApiError,
  type BackupDetail,
  type BackupItem,
  type BackupKeys,
  type JobItem,
  type Preview,
  type RestoreInput,
  type Started,
} from '../api/api';
import { useArk } from '../api/ark';
import type { Running } from '../api/useArkData';
import { narrowed, NO_PARTS } from '../groups/parts';
import { CodeNotice } from '../notices/CodeNotice';
import { ErrorNotice } from '../parts/ErrorNotice';
import { TALL, useDialog } from '../parts/dialog';
import { useI18n } from '../parts/i18n';
import { confirmationOf, isConfirmed } from './confirmation';
import { otherMaker } from '../trust/makerText';
import { PreparedDialog } from '../prepared/PreparedDialog';
import { PlainNotice } from '../passphrase/PlainNotice';
import { RestoreButtons, type Step } from './RestoreButtons';
import { RestoreChoose } from './RestoreChoose';
import { RestoreConfirm } from './RestoreConfirm';
import { isUnanswered, type ConsentKind } from './consents';
import { RestorePreview } from './RestorePreview';
import { RestoreRun } from './RestoreRun';
import { RestoreSteps } from './RestoreSteps';
import { lossesOf } from './previewRows';
import { restoreSelection } from './restoreSelection';
import { styles } from '../parts/styles';

interface Props {
  readonly backup: BackupItem;
  /** To follow the job that this dialog starts. */
  readonly running: Running;
  /** What was prepared was deleted. */
  readonly onChanged: () => void;
  readonly onClose: () => void;
}

/** Choose, see what will change, confirm, follow. Nothing changes before the last step. */
export function RestoreDialog({ backup, running, onChanged, onClose }: Props) {
  const { jobs, tell } = running;
  const { api, instance } = useArk();
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
  const [parts, setParts] = useState(NO_PARTS);
  const [into, setInto] = useState<string>();
  const [preparing, setPreparing] = useState<JobItem>();
  const top = useRef<HTMLDivElement>(null);

  // The next step is read from its beginning.
  useEffect(() => {
    if (step === 'choose') return;
    top.current?.focus({ preventScroll: true });
    top.current?.parentElement?.scrollTo({ top: 0 });
  }, [step]);

  const collections = detail?.collections;
  const selected = useCallback(
    (keep: boolean): RestoreInput => {
      const all = collections ?? [];
      const chosen = all.filter(({ name }) => checked.has(name));
      return {
        ...restoreSelection(all, checked, keep),
        ...narrowed(parts, all, chosen),
        ...keys,
        ...(into !== undefined && { into: into.trim() }),
      };
    },
    [checked, collections, into, keys, parts],
  );
  const input = useMemo(() => selected(kept), [kept, selected]);
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
      setPreview(await api.previewRestore(backup, { ...selected(keep), ...(without && { noCode: true }) }));
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
  const wanted = {
    ...input,
    ...(allowed.has('breaks') && { allowBreaks: true }),
    ...(allowed.has('changes') && { allowChanges: true }),
    ...(allowCode && { allowCode }),
    ...(allowPlain && { allowPlain }),
    ...(noCode && { noCode }),
    ...(withFiles && !files && { files }),
  };
  const begin = async (asked: () => Promise<Started>, show: (job: JobItem) => void) => {
    setBusy(true);
    setError(undefined);
    try {
      const started = await asked();
      show(started.job);
      tell(started.job);
    } catch (cause) {
      setError(asApiError(cause));
    } finally {
      setBusy(false);
    }
  };
  const restore = () => {
    const acceptLost = preview && { acceptLost: lossesOf(preview.collections) };
    return begin(
      () => api.restoreBackup(backup, { ...wanted, ...acceptLost }),
      (started) => {
        setJob(started);
        setStep('run');
      },
    );
  };
  const prepare = () => begin(() => api.prepareRestore(backup, wanted), setPreparing);
  const back = () => {
    setError(undefined);
    setStep(step === 'confirm' ? 'preview' : 'choose');
  };

  if (preparing)
    return (
      <PreparedDialog
        job={preparing.id}
        preparing={preparing}
        backup={backup.name}
        keys={{ ...keys, ...(allowPlain && { allowPlain }) }}
        asksForName={preview?.asksForName ?? true}
        running={running}
        onChanged={onChanged}
        onBack={() => setPreparing(undefined)}
        onClose={onClose}
      />
    );
  return (
    <Modal
      {...shown}
      {...TALL}
      title={<span style={styles.wrap}>{t('restore.title', { name: backup.name })}</span>}
      width={960}
      maskClosable={false}
      footer={
        <RestoreButtons
          step={step}
          busy={busy}
          isChosen={checked.size > 0 && into?.trim() !== ''}
          isBeside={into !== undefined}
          isAnswered={!unanswered && (!asksForPlain || allowPlain) && (!asksForCode || allowCode)}
          isConfirmed={confirmed}
          isOutdated={current?.error?.code === 'MORE_WOULD_BE_LOST'}
          onBack={back}
          onClose={close}
          onLook={() => void look(step === 'choose' ? {} : { without: noCode, keep: kept })}
          onPrepare={() => void prepare()}
          onContinue={() => setStep('confirm')}
          onRestore={() => void restore()}
        />
      }
    >
      <RestoreSteps step={step} />
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
              title={t(preview && step !== 'choose' ? 'restore.notStarted' : 'restore.noPreview')}
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
            parts={parts}
            onParts={setParts}
            into={into}
            onInto={setInto}
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
            into={into}
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
            into={into}
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
