import { Button, Card, Form, Input, Typography } from 'antd';
import { useEffect, useId, useState } from 'react';
import { useI18n } from './i18n';

const TRIED = 'ark.token.tried';

/** Without the right token the server answers nothing; it prints one when it starts. */
export function SignIn() {
  const { t } = useI18n();
  const field = useId();
  // We are only back here, after a token was given, if it was not the right one.
  const [wrong] = useState(() => sessionStorage.getItem(TRIED) !== null);
  useEffect(() => sessionStorage.removeItem(TRIED), []);
  return (
    <Card style={{ maxWidth: 480, margin: '48px auto' }}>
      <Typography.Title level={2} style={{ fontSize: 20, marginTop: 0 }}>
        {t('signIn.title')}
      </Typography.Title>
      <Typography.Paragraph>{t('signIn.text')}</Typography.Paragraph>
      {/* The server turns the token in the address into a cookie and sends the browser back here. */}
      <form method="get" action="./" onSubmit={() => sessionStorage.setItem(TRIED, 'yes')}>
        <Form.Item
          label={t('signIn.token')}
          htmlFor={field}
          layout="vertical"
          validateStatus={wrong ? 'error' : ''}
          help={wrong ? t('signIn.wrong') : undefined}
        >
          <Input.Password id={field} name="token" autoComplete="off" autoFocus />
        </Form.Item>
        <Button type="primary" htmlType="submit">
          {t('signIn.open')}
        </Button>
      </form>
    </Card>
  );
}
