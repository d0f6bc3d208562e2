import { GlobalOutlined, LogoutOutlined, MoonOutlined, SunOutlined } from '@ant-design/icons';
import { Button, Flex, Select, Tooltip, Typography } from 'antd';
import { useArk } from '../api/ark';
import { LANGUAGES, useI18n, type Language } from '../parts/i18n';
import { signOut } from './signing';
import type { ThemeName } from '../parts/theme';
import { styles, useTinted } from '../parts/styles';

interface Props {
  readonly language: Language;
  readonly onLanguage: (language: Language) => void;
  readonly theme: ThemeName;
  readonly onTheme: (theme: ThemeName) => void;
}

export function ConsoleHeader({ language, onLanguage, theme, onTheme }: Props) {
  const { narrow, stranger } = useArk();
  const { t } = useI18n();
  const tinted = useTinted();
  const dark = theme === 'dark';
  return (
    <header style={tinted.header}>
      <Flex
        justify="space-between"
        align="center"
        gap={8}
        style={narrow ? styles.pageTopNarrow : styles.pageTop}
      >
        <Flex align="center" gap={10} style={styles.shrinking}>
          <img src="./ark.svg" alt="" width={28} height={28} />
          <Typography.Title level={1} style={styles.appName}>
            Ark
          </Typography.Title>
          {!narrow && <Typography.Text type="secondary">{t('console.subtitle')}</Typography.Text>}
        </Flex>
        <Flex gap={4} align="center">
          <Select<Language>
            value={language}
            variant="borderless"
            prefix={<GlobalOutlined aria-hidden />}
            aria-label={t('console.language')}
            onChange={onLanguage}
            popupMatchSelectWidth={false}
            style={styles.choice}
            options={(Object.keys(LANGUAGES) as Language[]).map((value) => ({
              value,
              label: LANGUAGES[value].name,
            }))}
          />
          <Tooltip title={dark ? t('console.light') : t('console.dark')}>
            <Button
              type="text"
              icon={dark ? <SunOutlined aria-hidden /> : <MoonOutlined aria-hidden />}
              aria-label={dark ? t('console.light') : t('console.dark')}
              onClick={() => onTheme(dark ? 'light' : 'dark')}
            />
          </Tooltip>
          {!stranger && (
            <Tooltip title={t('console.signOut')}>
              <Button
                type="text"
                icon={<LogoutOutlined aria-hidden />}
                aria-label={t('console.signOut')}
                // However it went: what is shown afterwards is what the server says.
                onClick={() => void signOut().then(() => window.location.reload())}
              />
            </Tooltip>
          )}
        </Flex>
      </Flex>
    </header>
  );
}
