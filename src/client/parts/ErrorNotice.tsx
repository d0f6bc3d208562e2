import { Alert, Button, Typography } from 'antd';
import type { ReactNode } from 'react';
import type { Failure } from '../api/api';
import { errorText } from './errorText';
import { useI18n } from './i18n';
import { styles } from './styles';

interface Props {
  readonly error: Failure;
  readonly title?: string;
  readonly onRetry?: (() => void) | undefined;
  readonly extra?: ReactNode;
}

/** What went wrong in words, what the server said of it, and the code for whoever looks it up. */
export function ErrorNotice({ error, title, onRetry, extra }: Props) {
  const i18n = useI18n();
  const { text, detail, lang } = errorText(i18n, error);
  return (
    <Alert
      type="error"
      showIcon
      role="alert"
      message={title ?? text}
      description={
        <>
          {title !== undefined && <div>{text}</div>}
          {detail !== undefined && (
            <Typography.Paragraph type="secondary" style={styles.above4} lang={lang}>
              {detail}
            </Typography.Paragraph>
          )}
          <Typography.Text type="secondary" style={styles.smaller}>
            {i18n.t('error.code')} <Typography.Text code>{error.code}</Typography.Text>
          </Typography.Text>
          {extra}
        </>
      }
      action={
        onRetry && (
          <Button size="small" onClick={onRetry}>
            {i18n.t('action.retry')}
          </Button>
        )
      }
    />
  );
}
