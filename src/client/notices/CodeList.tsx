import { Collapse, Flex, Tag, theme } from 'antd';
import type { CodeItem } from '../api/api';
import { visible } from './codeText';
import { useI18n } from '../parts/i18n';
import { styles } from '../parts/styles';

/** Everything that can run, each with its text. */
export function CodeList({
  items,
  height,
}: {
  readonly items: readonly CodeItem[];
  readonly height?: number;
}) {
  const { t } = useI18n();
  const { token } = theme.useToken();
  return (
    <div style={{ maxHeight: height, overflow: 'auto' }} tabIndex={height === undefined ? undefined : 0}>
      <Collapse
        size="small"
        items={items.map((item) => ({
          key: `${item.kind} ${item.collection ?? ''} ${item.name}`,
          label: (
            <Flex gap={6} wrap align="center">
              <span style={{ color: token.colorTextSecondary }}>{t(`code.kind.${item.kind}`)}</span>
              <b style={styles.wrap}>{visible(item.name)}</b>
              {item.collection !== undefined && item.collection !== item.name && (
                <span style={styles.wrap}>{visible(item.collection)}</span>
              )}
              {item.definer && <Tag color="red">SECURITY DEFINER</Tag>}
              {item.language !== undefined && <Tag>{visible(item.language)}</Tag>}
              {item.state && (
                <Tag style={{ fontWeight: item.state === 'same' ? 400 : 600 }}>
                  {t(`code.state.${item.state}`)}
                </Tag>
              )}
            </Flex>
          ),
          children: (
            <pre
              lang="en"
              dir="ltr"
              style={{ margin: 0, whiteSpace: 'pre-wrap', overflowWrap: 'anywhere', fontSize: 12 }}
            >
              {visible(item.text)}
            </pre>
          ),
        }))}
      />
    </div>
  );
}
