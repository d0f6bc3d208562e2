import { Collapse, Flex, Tag } from 'antd';
import type { CodeItem } from '../api/api';
import { visible } from './codeText';
import { useI18n } from '../parts/i18n';
import { styles, useTinted } from '../parts/styles';

interface Props {
  readonly items: readonly CodeItem[];
  /** Where it is not the only thing to see, a long list scrolls. */
  readonly scrolls?: boolean;
}

/** Everything that can run, each with its text. */
export function CodeList({ items, scrolls = false }: Props) {
  const { t } = useI18n();
  const tinted = useTinted();
  return (
    <div style={scrolls ? styles.scrolling : undefined} tabIndex={scrolls ? 0 : undefined}>
      <Collapse
        size="small"
        items={items.map((item) => ({
          key: `${item.kind} ${item.collection ?? ''} ${item.name}`,
          label: (
            <Flex gap={6} wrap align="center">
              <span style={tinted.quiet}>{t(`code.kind.${item.kind}`)}</span>
              <b style={styles.wrap}>{visible(item.name)}</b>
              {item.collection !== undefined && item.collection !== item.name && (
                <span style={styles.wrap}>{visible(item.collection)}</span>
              )}
              {item.definer && <Tag color="red">SECURITY DEFINER</Tag>}
              {item.language !== undefined && <Tag>{visible(item.language)}</Tag>}
              {item.state && (
                <Tag style={item.state === 'same' ? undefined : styles.strong}>
                  {t(`code.state.${item.state}`)}
                </Tag>
              )}
            </Flex>
          ),
          children: (
            <pre lang="en" dir="ltr" style={styles.program}>
              {visible(item.text)}
            </pre>
          ),
        }))}
      />
    </div>
  );
}
