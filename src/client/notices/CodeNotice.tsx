import { Alert, Checkbox, Flex } from 'antd';
import type { Preview } from '../api/api';
import { CodeList } from './CodeList';
import { codeSums, visible } from './codeText';
import { LongList } from './LongList';
import { useI18n } from '../parts/i18n';
import { styles } from '../parts/styles';

interface Props {
  readonly preview: Preview;
  readonly allowed: boolean;
  readonly onAllow: (allow: boolean) => void;
  readonly without: boolean;
  readonly onWithout: (without: boolean) => void;
  readonly busy: boolean;
}

/** What a restore brings that can run: shown always, and asked for where nobody here is known to have made it. */
export function CodeNotice({ preview, allowed, onAllow, without, onWithout, busy }: Props) {
  const i18n = useI18n();
  const { t } = i18n;
  const { code, leftOut, asksForCode } = preview;
  if (code.length === 0 && leftOut.length === 0 && !without) return null;
  const fresh = code.filter((item) => item.state !== 'same');
  return (
    <Alert
      type={asksForCode ? 'error' : 'info'}
      showIcon
      style={styles.top}
      message={
        <Flex vertical gap={6}>
          <b>
            {without
              ? t('code.leftOut')
              : t(fresh.length > 0 ? 'code.brings' : 'code.same', { sums: codeSums(i18n, code) })}
          </b>
          {asksForCode && <span>{t('code.asks')}</span>}
          {leftOut.length > 0 && (
            <LongList>
              {leftOut.map((item) => (
                <li key={`${item.kind} ${item.collection ?? ''} ${item.name}`}>
                  {t('code.one', {
                    kind: t(`code.kind.${item.kind}`),
                    name: visible([item.collection, item.name].filter(Boolean).join(' · ')),
                  })}
                  {item.needs !== undefined && ` (${t('code.needs', { column: visible(item.needs) })})`}
                </li>
              ))}
            </LongList>
          )}
          {code.length > 0 && <CodeList items={code} scrolls />}
          {asksForCode && (
            <Checkbox checked={allowed} onChange={(event) => onAllow(event.target.checked)}>
              <b>{t('code.allow')}</b>
            </Checkbox>
          )}
          {(without || fresh.length > 0) && (
            <Checkbox checked={without} disabled={busy} onChange={(event) => onWithout(event.target.checked)}>
              {t('code.leaveOut')}
            </Checkbox>
          )}
        </Flex>
      }
    />
  );
}
