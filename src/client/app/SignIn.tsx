import { Button, Card, Form, Input, Typography } from 'antd';
import { useId, useState } from 'react';
import { UNAUTHORIZED } from '../api/api';
import { useI18n } from '../parts/i18n';
import { styles } from '../parts/styles';
import { signIn } from './signing';

/** Without a session the server answers nothing; the token that it was started with begins one. */
export function SignIn() {
  const { t } = useI18n();
  const field = useId();
  const [token, setToken] = useState('');
  const [trying, setTrying] = useState(false);
  const [failure, setFailure] = useState<string>();
  const open = async () => {
    setTrying(true);
    const failed = await signIn(token);
    if (failed === undefined) window.location.reload();
    setFailure(failed);
    setTrying(false);
  };
  return (
    <Card style={styles.form}>
      <Typography.Title level={2} style={styles.cardTitle}>
        {t('signIn.title')}
      </Typography.Title>
      <Typography.Paragraph>{t('signIn.text')}</Typography.Paragraph>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void open();
        }}
      >
        <Form.Item
          label={t('signIn.token')}
          htmlFor={field}
          layout="vertical"
          validateStatus={failure === undefined ? '' : 'error'}
          help={
            failure === undefined
              ? undefined
              : failure === UNAUTHORIZED
                ? t('signIn.wrong')
                : t('signIn.failed')
          }
        >
          <Input.Password
            id={field}
            value={token}
            onChange={(event) => setToken(event.target.value)}
            autoComplete="off"
            autoFocus
          />
        </Form.Item>
        <Button type="primary" htmlType="submit" loading={trying} disabled={token === ''}>
          {t('signIn.open')}
        </Button>
      </form>
    </Card>
  );
}
