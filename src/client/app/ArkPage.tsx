import { App, ConfigProvider, Flex, Tabs, type TabsProps } from 'antd';
import enUS from 'antd/locale/en_US';
import frFR from 'antd/locale/fr_FR';
import jaJP from 'antd/locale/ja_JP';
import nlNL from 'antd/locale/nl_NL';
import zhCN from 'antd/locale/zh_CN';
import dayjs from 'dayjs';
import 'dayjs/locale/fr';
import 'dayjs/locale/ja';
import 'dayjs/locale/nl';
import 'dayjs/locale/zh-cn';
import { useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { UNAUTHORIZED, type ArkApi, type NotBackedUp, type Permission } from '../api/api';
import { ArkContext, useArk } from '../api/ark';
import { BackupsPage } from '../backups/BackupsPage';
import { DataPage } from '../data/DataPage';
import { ErrorNotice } from '../parts/ErrorNotice';
import { createI18n, I18nContext, useI18n, type Language } from '../parts/i18n';
import { JobsPage } from '../jobs/JobsPage';
import { OfflineBanner } from './OfflineBanner';
import { SafetyBanners } from '../safety/SafetyBanners';
import { SchedulesPage } from '../schedules/SchedulesPage';
import { StatusStrip } from './StatusStrip';
import { StoragesPage } from '../storages/StoragesPage';
import { styles } from '../parts/styles';
import { antdTheme, type ThemeName } from '../parts/theme';
import { UndoBanner } from '../restore/UndoBanner';
import { useArkData, type ArkData } from '../api/useArkData';
import { useJobNews } from '../jobs/useJobNews';
import { useNarrow } from '../parts/useNarrow';
import { useSafety } from '../safety/useSafety';

const ANTD = { 'en-US': enUS, 'zh-CN': zhCN, 'fr-FR': frFR, 'ja-JP': jaJP, 'nl-NL': nlNL };
/** Tabs that do not fit are swiped to: antd's menu of them is a button, which has no place in a list of tabs. */
const SWIPED = '.ark-tabs > .ant-tabs-nav > .ant-tabs-nav-operations { display: none !important }';
const DAYJS = { 'en-US': 'en', 'zh-CN': 'zh-cn', 'fr-FR': 'fr', 'ja-JP': 'ja', 'nl-NL': 'nl' };

export interface ArkPageProps {
  readonly api: ArkApi;
  readonly language: Language;
  readonly theme: ThemeName;
  /** Nothing moves; inside an app that is the app's own affair. */
  readonly still?: boolean;
  /** Above everything, such as the console's own bar. */
  readonly header?: ReactNode;
  /** Instead of everything, when the server does not know us. */
  readonly signIn?: ReactNode;
}

/** Backup & restore, the whole page: in the console and inside NocoBase. */
export function ArkPage({ language, theme, still = false, ...rest }: ArkPageProps) {
  const i18n = useMemo(() => createI18n(language), [language]);
  const antd = useMemo(() => antdTheme(theme, still), [theme, still]);
  useEffect(() => {
    dayjs.locale(DAYJS[language]);
  }, [language]);
  return (
    <ConfigProvider locale={ANTD[language]} theme={antd}>
      <App message={{ maxCount: 3 }}>
        <I18nContext.Provider value={i18n}>
          <Content theme={theme} {...rest} />
        </I18nContext.Provider>
      </App>
    </ConfigProvider>
  );
}

function Content({ api, theme, header, signIn }: Omit<ArkPageProps, 'language' | 'still'>) {
  const element = useRef<HTMLDivElement>(null);
  const narrow = useNarrow(element);
  const data = useArkData(api);
  const instance = data.system?.instance ?? '';
  const allowed = data.system?.may;
  const asking = data.loading;
  const stranger = data.error?.code === UNAUTHORIZED;
  const ark = useMemo(
    () => ({
      api,
      theme,
      instance,
      stranger,
      narrow,
      may: (permission: Permission) => allowed?.includes(permission) ?? (asking ? undefined : true),
    }),
    [allowed, asking, api, theme, instance, stranger, narrow],
  );
  return (
    <ArkContext.Provider value={ark}>
      <div ref={element}>
        {header}
        <main style={narrow ? styles.pageNarrow : styles.page}>
          {stranger && signIn !== undefined ? signIn : <Page data={data} />}
        </main>
        <OfflineBanner shown={!data.connected && !stranger} />
      </div>
    </ArkContext.Provider>
  );
}

function Page({ data }: { readonly data: ArkData }) {
  const { api, narrow } = useArk();
  const { t, format } = useI18n();
  const [tab, setTab] = useState('backups');
  const [wanted, setWanted] = useState<NotBackedUp | 'usual'>();
  const watched = useSafety(api, data.stamp, data.reload);
  useJobNews(data.jobs, data.jobsKnown);
  const running = data.jobs.filter((job) => job.state === 'running');
  // Said once: the strip names what is wrong with the database.
  const failed =
    data.connected && data.error?.code !== data.system?.database.error?.code ? data.error : undefined;
  const items: TabsProps['items'] = [
    {
      key: 'backups',
      label: t('tab.backups'),
      children: <BackupsPage data={data} wanted={wanted} onTab={setTab} onWanted={setWanted} />,
    },
    { key: 'storages', label: t('storages.tab'), children: <StoragesPage data={data} /> },
    {
      key: 'schedules',
      label: t('tab.schedules'),
      children: <SchedulesPage data={data} watched={watched} />,
    },
    {
      key: 'jobs',
      label: data.jobs.length > 0 ? `${t('tab.jobs')} (${format.number(data.jobs.length)})` : t('tab.jobs'),
      children: <JobsPage jobs={data.jobs} loading={data.loading} />,
    },
    {
      key: 'data',
      label: t('tab.data'),
      children: <DataPage data={data} onBackups={() => setTab('backups')} />,
    },
  ];
  return (
    <Flex vertical gap={12}>
      <SafetyBanners safety={watched.safety} />
      <StatusStrip
        system={data.system}
        safety={watched.safety}
        running={running}
        onBackUp={(missing) => {
          setTab('backups');
          setWanted(missing);
        }}
        onChanged={data.reload}
      />
      {failed && <ErrorNotice error={failed} onRetry={data.reload} />}
      <UndoBanner undos={data.undos} busy={data.busy} onStarted={data.tell} onChanged={data.reload} />
      <style>{SWIPED}</style>
      <Tabs
        className="ark-tabs"
        items={items}
        activeKey={tab}
        onChange={setTab}
        tabBarGutter={narrow ? 20 : 32}
      />
    </Flex>
  );
}
