import { RollbackOutlined } from '@ant-design/icons';
import { App, Button, Flex, type MenuProps } from 'antd';
import type { Permission } from '../api/api';
import { useArk } from '../api/ark';
import { May } from '../api/May';
import { useI18n } from '../parts/i18n';
import { MoreMenu } from '../parts/MoreMenu';
import { styles, useTinted } from '../parts/styles';
import { useFailure } from '../parts/useFailure';

/** What a line of an undo offers besides, where it stands at the top. */
export interface AtTheTop {
  /** So many can be undone, this one among them. */
  readonly all: number;
  readonly onAll: () => void;
  readonly onPutAway: () => void;
}

interface Props {
  readonly job: string;
  readonly testId: string;
  readonly text: string;
  readonly facts: readonly string[];
  /** Undefined: it cannot be undone. */
  readonly apply:
    { readonly label: string; readonly permission: Permission; readonly onClick: () => void } | undefined;
  readonly busy: boolean;
  /** Asks first, with these words. */
  readonly remove: {
    readonly title: string;
    readonly text: string;
    readonly failed: string;
    readonly run: () => Promise<void>;
  };
  readonly onChanged: () => void;
  /** One line, whatever it says; undefined: as long as it is, in a list of them. */
  readonly top: AtTheTop | undefined;
}

/** Something that can be undone: what, for how long, and what it takes. */
export function UndoShape({ job, testId, text, facts, apply, busy, remove, onChanged, top }: Props) {
  const { narrow, may } = useArk();
  const { t, format } = useI18n();
  const { modal } = App.useApp();
  const tinted = useTinted();
  const fail = useFailure();
  const ask = () => {
    modal.confirm({
      title: remove.title,
      content: remove.text,
      okText: t('undo.remove'),
      okButtonProps: { danger: true },
      cancelText: t('action.cancel'),
      onOk: async () => {
        try {
          await remove.run();
          onChanged();
        } catch (error) {
          fail(error, remove.failed);
        }
      },
    });
  };
  const items: MenuProps['items'] = [
    ...(may('delete') ? [{ key: 'remove', label: t('undo.remove'), danger: true, disabled: busy }] : []),
    ...(top && top.all > 1 ? [{ key: 'all', label: t('undo.all', { count: format.number(top.all) }) }] : []),
    ...(top ? [{ key: 'away', label: t('undo.putAway') }] : []),
  ];
  const act = (action: 'remove' | 'all' | 'away') => {
    if (action === 'remove') ask();
    else if (action === 'all') top?.onAll();
    else top?.onPutAway();
  };
  const said = top && narrow ? [] : facts;
  return (
    <Flex data-testid={testId} align="center" gap={8} style={{ ...styles.undoLine, ...tinted.undoLine }}>
      <RollbackOutlined aria-hidden style={tinted.info} />
      <div
        style={top ? { ...styles.cut, ...styles.growing } : { ...styles.growingShrinking, ...styles.wrap }}
        title={top && [text, ...facts].join(' · ')}
      >
        <span style={styles.strong}>{text}</span>
        {said.length > 0 && <span style={tinted.quietSmall}> · {said.join(' · ')}</span>}
      </div>
      {apply && (
        <May permission={apply.permission}>
          <Button size="small" onClick={apply.onClick} disabled={busy}>
            {apply.label}
          </Button>
        </May>
      )}
      <MoreMenu id={`ark-undo-${testId}-${job}`} name={text} items={items} onAction={act} />
    </Flex>
  );
}
