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
        items={items.map((one) => ({
          key: `${one.kind} ${one.collection ?? ''} ${one.name}`,
          label: (
            <Flex gap={6} wrap align="center">
              <span style={{ color: token.colorTextSecondary }}>{t(`code.kind.${one.kind}`)}</span>
              <b style={styles.wrap}>{visible(one.name)}</b>
              {one.collection !== undefined && one.collection !== one.name && (
                <span style={styles.wrap}>{visible(one.collection)}</span>
              )}
              {one.definer && <Tag color="red">SECURITY DEFINER</Tag>}
              {one.language !== undefined && <Tag>{visible(one.language)}</Tag>}
              {one.state && (
                <Tag style={{ fontWeight: one.state === 'same' ? 400 : 600 }}>
                  {t(`code.state.${one.state}`)}
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
              {visible(one.text)}
            </pre>
          ),
        }))}
      />
    </div>
  );
}
