import { Button, Checkbox, Flex, Form, Input, Modal, Segmented, Select, Spin, Typography } from 'antd';
import { useEffect, useId, useRef, useState } from 'react';
import { asApiError, type ApiError, type StorageItem, type StorageKind, type StorageTest } from '../api/api';
import { useArk } from '../api/ark';
import { TALL, useDialog } from '../parts/dialog';
import { ErrorNotice } from '../parts/ErrorNotice';
import { useI18n } from '../parts/i18n';
import { guideOf } from './guides';
import { StorageFields } from './StorageFields';
import { faultText } from '../parts/detailText';
import { faultSaid, faultsOf, suspects, type Faults } from './storageFaults';
import { CUSTOM, inputOf, newDraft, withProposal, withProvider, type Draft } from './storageForm';
import { StorageTestResult } from './StorageTestResult';
import { kindText, providerText } from './storageText';
import { styles, useTinted } from '../parts/styles';

interface Props {
  /** The one to change; without it, a new one. */
  readonly item?: StorageItem | undefined;
  /** What is in the form at first. */
  readonly start: Draft;
  readonly storages: readonly StorageItem[];
  readonly kinds: readonly StorageKind[];
  readonly onSaved: (item: StorageItem) => void;
  readonly onClose: () => void;
}

type Busy = 'test' | 'save';
interface Refused {
  readonly title: 'check.notMade' | 'storage.saveFailed';
  readonly error: ApiError;
}

/** A quick answer needs no sign of waiting; antd's stays in the button's name when it goes as soon as it came. */
const SOON = { delay: 300 };
const NONE: ReadonlySet<never> = new Set();

/** A new storage, or what can be changed of one: tested, and saved when it works. */
export function StorageDialog({ item, start, storages, kinds, onSaved, onClose }: Props) {
  const { api } = useArk();
  const i18n = useI18n();
  const { t } = i18n;
  const tinted = useTinted();
  const id = useId();
  const { close, shown } = useDialog(onClose);
  const [draft, setDraft] = useState(start);
  const [faults, setFaults] = useState<Faults>({});
  /** As they were found: the first one gets the focus. */
  const [told, setTold] = useState<Faults>({});
  const [test, setTest] = useState<StorageTest>();
  const [refused, setRefused] = useState<Refused>();
  const [busy, setBusy] = useState<Busy>();
  const end = useRef<HTMLDivElement>(null);
  const form = useRef<HTMLDivElement>(null);

  const { fields, providers } = draft.kind;
  const kept = new Set(
    item?.kind === draft.kind.name
      ? fields
          .filter((field) => field.secret && item.settings[field.name] !== undefined)
          .map((field) => field.name)
      : [],
  );
  const provider = providers.find((provider) => provider.id === draft.provider);
  const hint = i18n.find(`provider.hint.${draft.provider}`);
  const guide = guideOf(draft.provider, i18n.language);

  // What was found out is at the end of a long form.
  useEffect(() => {
    if (test ?? refused ?? busy === 'test') end.current?.scrollIntoView({ block: 'end' });
  }, [busy, refused, test]);

  useEffect(() => {
    const wrong = form.current?.querySelector<HTMLElement>('.ant-form-item-has-error input');
    if (Object.keys(told).length > 0) wrong?.focus();
  }, [told]);

  /** Counts up whenever what a test finds is wanted no more. */
  const turn = useRef(0);
  const forget = () => {
    turn.current += 1;
    setTest(undefined);
    setRefused(undefined);
    setBusy(undefined);
  };
  /** Whatever is changed, the last test was of something else. */
  const change = (next: typeof draft) => {
    forget();
    setDraft(next);
  };
  /** What a test has said stays true of it; one that is under way would save it as it was. */
  const rename = busy ? change : setDraft;
  const leave = () => {
    turn.current += 1;
    close();
  };
  const save = (checked: typeof draft, name: string) => {
    const input = inputOf(checked);
    return item
      ? api.updateStorage(item.name, input)
      : api.createStorage({ ...input, name, ...(checked.default && { default: true }) });
  };
  const attempt = async (checked: typeof draft, how: 'tested' | 'anyway') => {
    if (busy) return;
    const faults = faultsOf(checked, { taken: item ? [] : storages.map((storage) => storage.name), kept });
    setFaults(faults);
    setTold(faults);
    forget();
    if (Object.keys(faults).length > 0) return;
    const mine = turn.current;
    const name = checked.name.trim();
    let doing: Busy = how === 'tested' ? 'test' : 'save';
    setBusy(doing);
    try {
      if (doing === 'test') {
        const test = await api.testStorage(item?.name, { ...inputOf(checked), name });
        if (turn.current !== mine) return;
        setTest(test);
        // What would be better is a question, too.
        if (!test.ok || test.proposal) return;
        doing = 'save';
        setBusy(doing);
      }
      onSaved(await save(checked, name));
      close();
    } catch (cause) {
      if (turn.current !== mine) return;
      const error = asApiError(cause);
      const said = faultSaid(error, checked.kind);
      if (said) {
        setFaults(said);
        setTold(said);
      } else setRefused({ title: doing === 'test' ? 'check.notMade' : 'storage.saveFailed', error });
    } finally {
      if (turn.current === mine) setBusy(undefined);
    }
  };
  const notSaved = !busy && (test ? !test.trust : refused?.title === 'check.notMade');

  return (
    <Modal
      {...shown}
      onCancel={leave}
      {...TALL}
      title={item ? t('storage.editTitle', { name: item.name }) : t('storage.addTitle')}
      width={640}
      maskClosable={false}
      footer={
        <Flex justify="flex-end" gap={8} wrap>
          {notSaved && (
            <Button onClick={() => void attempt(draft, 'anyway')}>{t('storage.saveAnyway')}</Button>
          )}
          <Button onClick={leave}>{t('action.cancel')}</Button>
          <Button
            type="primary"
            loading={busy !== undefined && SOON}
            onClick={() => void attempt(draft, 'tested')}
          >
            {t('storage.save')}
          </Button>
        </Flex>
      }
    >
      <div ref={form}>
        <Form layout="vertical" component="div" style={styles.above}>
          <Segmented<string>
            block
            value={draft.kind.name}
            disabled={item !== undefined}
            aria-label={t('storage.kind')}
            onChange={(name) => {
              const kind = kinds.find((kind) => kind.name === name) ?? draft.kind;
              setFaults({});
              change({ ...newDraft(kind), name: draft.name, default: draft.default });
            }}
            options={kinds.map(({ name }) => ({ value: name, label: kindText(i18n, name) }))}
          />
          <Typography.Paragraph type="secondary" style={styles.smallAround}>
            {i18n.find(`storage.about.${draft.kind.name}`)}
          </Typography.Paragraph>
          {!item && (
            <Form.Item
              label={t('storage.name')}
              htmlFor={`${id}-name`}
              style={styles.below}
              validateStatus={faults.name ? 'error' : ''}
              help={faults.name && <span role="alert">{faultText(i18n, faults.name)}</span>}
              extra={
                <span id={`${id}-name-hint`} style={styles.small}>
                  {t('storage.help.name')}
                </span>
              }
            >
              <Input
                id={`${id}-name`}
                aria-describedby={`${id}-name-hint`}
                autoFocus
                autoComplete="off"
                spellCheck={false}
                maxLength={40}
                placeholder="off-site"
                value={draft.name}
                onChange={(event) => {
                  rename({ ...draft, name: event.target.value });
                  setFaults({ ...faults, name: undefined });
                }}
              />
            </Form.Item>
          )}
          {providers.length > 0 && (
            <Form.Item
              label={t('storage.provider')}
              htmlFor={`${id}-provider`}
              style={styles.below}
              extra={
                (hint !== undefined || guide !== undefined) && (
                  <span style={styles.small}>
                    {hint}{' '}
                    {guide !== undefined && (
                      <Typography.Link style={styles.small} href={guide} target="_blank" rel="noreferrer">
                        {t('storage.guide')}
                      </Typography.Link>
                    )}
                  </span>
                )
              }
            >
              <Select
                id={`${id}-provider`}
                value={draft.provider}
                onChange={(id) => change(withProvider(draft, id))}
                options={[...providers]
                  .sort((a, b) => Number(b.id === CUSTOM) - Number(a.id === CUSTOM))
                  .map((provider) => ({ value: provider.id, label: providerText(i18n, provider) }))}
              />
            </Form.Item>
          )}
          <StorageFields
            draft={draft}
            faults={faults}
            suspects={test ? suspects(test.checks, draft.kind) : NONE}
            kept={kept}
            appPassword={provider?.appPassword ? providerText(i18n, provider) : undefined}
            onChange={(field, value) => {
              change({ ...draft, values: { ...draft.values, [field]: value } });
              setFaults({ ...faults, [field]: undefined });
            }}
          />
          {!item && (
            <Checkbox
              checked={draft.default}
              onChange={(event) => rename({ ...draft, default: event.target.checked })}
            >
              {t('storage.asDefault')}
            </Checkbox>
          )}
          <div ref={end} role="status" style={styles.reached}>
            {busy === 'test' && (
              <Flex gap={12} align="center" style={tinted.quiet}>
                <Spin size="small" /> {t('check.running')}
              </Flex>
            )}
            {test && (
              <StorageTestResult
                test={test}
                tested={inputOf(draft)}
                busy={busy !== undefined}
                onUse={(proposal) => {
                  const next = withProposal(draft, proposal);
                  setDraft(next);
                  void attempt(next, 'tested');
                }}
              />
            )}
            {refused && <ErrorNotice error={refused.error} title={t(refused.title)} />}
            {notSaved && (
              <Typography.Paragraph type="secondary" style={styles.above8}>
                {t('storage.notSaved')}
              </Typography.Paragraph>
            )}
          </div>
        </Form>
      </div>
    </Modal>
  );
}
