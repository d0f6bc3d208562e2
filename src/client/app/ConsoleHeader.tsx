import { GlobalOutlined, LogoutOutlined, MoonOutlined, SunOutlined } from '@ant-design/icons';
import { Button, Flex, Select, Tooltip, Typography } from 'antd';
import type { ReactNode } from 'react';
import { useArk } from '../api/ark';
import { useI18n } from '../parts/i18n';
import { LANGUAGE_NAMES, LANGUAGES, type Language } from '../parts/languages';
import { instanceIcon } from '../parts/instanceColor';
import { signOut } from './signing';
import type { ThemeName } from '../parts/theme';
import { styles, useTinted } from '../parts/styles';

interface Props {
  readonly language: Language;
  readonly onLanguage: (language: Language) => void;
  readonly theme: ThemeName;
  readonly onTheme: (theme: ThemeName) => void;
  /** How things stand; beside the name, or below it where there is no room. */
  readonly children: ReactNode;
}

/** Whose console this is and how things stand, in one line. */
export function ConsoleHeader({ language, onLanguage, theme, onTheme, children }: Props) {
  const { narrow, stranger, instance, tint } = useArk();
  const { t } = useI18n();
  const tinted = useTinted();
  const dark = theme === 'dark';
  return (
    <header style={{ ...tinted.header, ...styles.marked, borderTopColor: tint }}>
      <div style={narrow ? styles.pageTopNarrow : styles.pageTop}>
        <Flex justify="space-between" align="center" gap={narrow ? 8 : 16} style={styles.topLine}>
          <Flex
            align="center"
            gap={10}
            style={narrow || !children ? styles.growingShrinking : styles.appTitle}
          >
            <img src={instanceIcon(tint)} alt="" width={28} height={28} />
            <Typography.Title level={1} style={styles.appName} ellipsis={{ tooltip: instance }}>
              {instance === '' ? 'Ark' : instance}
            </Typography.Title>
          </Flex>
          {!narrow && children}
          <Flex gap={4} align="center">
            <Select<Language>
              value={language}
              variant="borderless"
              prefix={<GlobalOutlined aria-hidden />}
              aria-label={t('console.language')}
              onChange={onLanguage}
              popupMatchSelectWidth={false}
              style={narrow ? styles.shortChoice : styles.choice}
              labelRender={({ label, value }) => (narrow ? String(value).slice(0, 2).toUpperCase() : label)}
              options={LANGUAGE_NAMES.map((value) => ({ value, label: LANGUAGES[value] }))}
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
        {narrow && children}
      </div>
    </header>
  );
}
