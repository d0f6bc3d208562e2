import { HourglassOutlined } from '@ant-design/icons';
import { Button, Flex } from 'antd';
import { useEffect, useState } from 'react';
import type { PreparedItem } from '../api/api';
import { useArk } from '../api/ark';
import { May } from '../api/May';
import type { ArkData } from '../api/useArkData';
import { visible } from '../notices/codeText';
import { useI18n } from '../parts/i18n';
import { recall, remember } from '../parts/remembered';
import { styles, useTinted } from '../parts/styles';
import { PreparedDialog } from './PreparedDialog';
import { deletionId, useDeletion } from './useDeletion';

/** Whether a line was there at the last visit: its room is kept, so that nothing moves when it comes. */
const SHOWN = 'ark.preparedShown';

/** What waits for its swap, a line each, for everybody who sees the page. */
export function PreparedLines({ data }: { readonly data: ArkData }) {
  const { t } = useI18n();
  const { prepared, undosKnown } = data;
  // What is swapped in or deleted goes from the list before anybody has seen how it went.
  const [opened, setOpened] = useState<PreparedItem>();
  const isShown = prepared.length > 0;
  useEffect(() => {
    if (undosKnown) remember(SHOWN, isShown ? 'yes' : 'no');
  }, [isShown, undosKnown]);
  return (
    <>
      {isShown ? (
        <section aria-label={t('prepared.section')}>
          <Flex vertical gap={8}>
            {prepared.map((item) => (
              <Line
                key={item.job}
                item={item}
                busy={data.busy}
                onOpen={() => setOpened(item)}
                onChanged={data.reload}
              />
            ))}
          </Flex>
        </section>
      ) : (
        !undosKnown && recall(SHOWN) === 'yes' && <div style={styles.undoLine} />
      )}
      {opened && (
        <PreparedDialog
          job={opened.job}
          backup={opened.backup ?? ''}
          // What the restore would have asked for is not known any more.
          asksForName
          running={data}
          onChanged={data.reload}
          onClose={() => setOpened(undefined)}
        />
      )}
    </>
  );
}

interface Props {
  readonly item: PreparedItem;
  readonly busy: boolean;
  readonly onOpen: () => void;
  readonly onChanged: () => void;
}

function Line({ item, busy, onOpen, onChanged }: Props) {
  const { narrow, may } = useArk();
  const { t, n, format } = useI18n();
  const tinted = useTinted();
  const askDeletion = useDeletion('line', item.job, { onChanged });
  const time = format.dateTime(item.expiresAt);
  const text =
    item.backup === undefined
      ? t('prepared.lineOther', { time })
      : t('prepared.line', { name: visible(item.backup), time });
  const rows = item.collections.reduce((sum, collection) => sum + collection.rows, 0);
  const facts = [
    ...(item.readable ? [n('count.collections', item.collections.length), n('count.rows', rows)] : []),
    t('undo.size', { size: format.bytes(item.bytes) }),
    ...(item.by === undefined ? [] : [t('prepared.by', { name: visible(item.by) })]),
  ];
  return (
    <Flex
      data-testid="prepared-line"
      align="center"
      gap={8}
      style={{ ...styles.undoLine, ...tinted.undoLine }}
    >
      <HourglassOutlined aria-hidden style={tinted.info} />
      <div style={{ ...styles.cut, ...styles.growing }} title={[text, ...facts].join(' · ')}>
        <span style={styles.strong}>{text}</span>
        {!narrow && <span style={tinted.quietSmall}> · {facts.join(' · ')}</span>}
      </div>
      {item.readable && (may('restore') === true || may('look') === true) && (
        <Button size="small" onClick={onOpen} disabled={busy}>
          {t(may('restore') ? 'prepared.lookAndSwap' : 'prepared.look')}
        </Button>
      )}
      <May permission="restore">
        <Button
          id={deletionId('line', item.job)}
          size="small"
          type="text"
          danger
          disabled={busy}
          onClick={askDeletion}
          aria-label={t('prepared.removeName', { text })}
        >
          {t('prepared.removeShort')}
        </Button>
      </May>
    </Flex>
  );
}
