import { App, Card, ConfigProvider, Flex, Tabs, Typography, type TabsProps } from 'antd';
import type { Locale } from 'antd/es/locale';
import { useMemo, useRef, useState, type ReactNode } from 'react';
import { UNAUTHORIZED, type ArkApi, type NotBackedUp, type Permission } from '../api/api';
import { ArkContext, useArk } from '../api/ark';
import { AppsPage } from '../apps/AppsPage';
import { countApps } from '../apps/appText';
import { BackupsPage } from '../backups/BackupsPage';
import { DataPage } from '../data/DataPage';
import { I18nContext, useI18n, type I18n } from '../parts/i18n';
import { JobsPage } from '../jobs/JobsPage';
import { OfflineBanner } from './OfflineBanner';
import { SchedulesPage } from '../schedules/SchedulesPage';
import { instanceIcon, instanceTint } from '../parts/instanceColor';
import { SetupDialog } from '../setup/SetupDialog';
import { RescueSheetDialog } from '../sheet/RescueSheetDialog';
import { StatusDetails } from './StatusDetails';
import { StatusLine } from './StatusLine';
import { StoragesPage } from '../storages/StoragesPage';
import { styles } from '../parts/styles';
import { antdTheme, type ThemeName } from '../parts/theme';
import { tabTitle } from './tabTitle';
import { troublesOf } from '../safety/troubles';
import { PreparedLines } from '../prepared/PreparedLines';
import { UndoLine } from '../restore/Undos';
import { useArkData, type ArkData } from '../api/useArkData';
import { useJobNews } from '../jobs/useJobNews';
import { useNarrow } from '../parts/useNarrow';
import { useTab } from './useTab';
import { useSafety } from '../safety/useSafety';

/** Tabs that do not fit are swiped to: antd's menu of them is a button, which has no place in a list of tabs. */
const SWIPED = '.ark-tabs > .ant-tabs-nav > .ant-tabs-nav-operations { display: none !important }';

export interface ArkPageProps {
  readonly api: ArkApi;
  readonly i18n: I18n;
  /** antd's own words; inside an app those of the app. */
  readonly locale?: Locale;
  readonly theme: ThemeName;
  /** Nothing moves; inside an app that is the app's own affair. */
  readonly still?: boolean;
  /** Above everything, such as the console's own bar; it takes up how things stand, once that is to be shown. */
  readonly header?: (line: ReactNode) => ReactNode;
  /** Instead of everything, when the server does not know us. */
  readonly signIn?: ReactNode;
}

/** Backup & restore, the whole page: in the console and inside NocoBase. */
export function ArkPage({ i18n, locale, theme, still = false, ...rest }: ArkPageProps) {
  const antd = useMemo(() => antdTheme(theme, still), [theme, still]);
  return (
    <ConfigProvider {...(locale && { locale })} theme={antd}>
      <App message={{ maxCount: 3 }}>
        <I18nContext.Provider value={i18n}>
          <Content theme={theme} {...rest} />
        </I18nContext.Provider>
      </App>
    </ConfigProvider>
  );
}

function Content({ api, theme, header, signIn }: Omit<ArkPageProps, 'i18n' | 'locale' | 'still'>) {
  const element = useRef<HTMLDivElement>(null);
  const narrow = useNarrow(element);
  const data = useArkData(api);
  const instance = data.system?.instance ?? '';
  const tint = instanceTint(instance, data.system?.color);
  const allowed = data.system?.may;
  const asking = data.loading;
  const stranger = data.error?.code === UNAUTHORIZED;
  const ark = useMemo(
    () => ({
      api,
      theme,
      instance,
      tint,
      stranger,
      narrow,
      may: (permission: Permission) => allowed?.includes(permission) ?? (asking ? undefined : true),
    }),
    [allowed, asking, api, theme, instance, tint, stranger, narrow],
  );
  return (
    <ArkContext.Provider value={ark}>
      <div ref={element}>
        {stranger && signIn !== undefined ? (
          <>
            {header?.(undefined)}
            <main style={narrow ? styles.pageNarrow : styles.page}>{signIn}</main>
          </>
        ) : (
          <Page data={data} header={header} />
        )}
        <OfflineBanner shown={!data.connected && !stranger} />
      </div>
    </ArkContext.Provider>
  );
}

function Page({ data, header }: { readonly data: ArkData; readonly header: ArkPageProps['header'] }) {
  const { api, narrow, instance, tint } = useArk();
  const i18n = useI18n();
  const { t, format } = i18n;
  const [tab, setTab] = useState('backups');
  const [wanted, setWanted] = useState<NotBackedUp | 'usual'>();
  const [opened, setOpened] = useState(false);
  const [settingUp, setSettingUp] = useState(false);
  const [sheet, setSheet] = useState(false);
  const watched = useSafety(api, data.stamp, data.reload);
  useJobNews(data.jobs, data.jobsKnown);
  const running = data.jobs.filter((job) => job.state === 'running');
  const { safety } = watched;
  const troubles = troublesOf(i18n, {
    system: data.system,
    safety,
    unreachable: data.unreachable,
    // That the server cannot be heard is said over the page.
    failed: data.connected ? data.error : undefined,
  });
  const state = {
    instance,
    away: !data.connected,
    danger: troubles.some(({ level }) => level === 'error'),
    running,
  };
  // Inside an app the tab is the app's.
  useTab(header ? tabTitle(i18n, state) : undefined, instanceIcon(tint));
  const backUp = (missing: NotBackedUp) => {
    setTab('backups');
    setWanted(missing);
  };
  const apps = useMemo(() => countApps(data.backups ?? []), [data.backups]);
  const items: NonNullable<TabsProps['items']> = [
    {
      key: 'backups',
      label: t('tab.backups'),
      children: (
        <BackupsPage data={data} wanted={wanted} onWanted={setWanted} onSetup={() => setSettingUp(true)} />
      ),
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
  if (apps > 1)
    items.push({
      key: 'apps',
      label: `${t('apps.tab')} (${format.number(apps)})`,
      children: <AppsPage stamp={data.stamp} />,
    });
  const line = (
    <StatusLine
      safety={safety}
      troubles={troubles}
      running={running}
      opened={opened}
      onOpen={() => setOpened(!opened)}
      onBackUp={backUp}
    />
  );
  return (
    <>
      {header?.(line)}
      <main style={narrow ? styles.pageNarrow : styles.page}>
        <Flex vertical gap={8}>
          {!header && (
            <Card
              size="small"
              style={{ ...styles.markedBeside, borderInlineStartColor: tint }}
              styles={{ body: styles.cardBody }}
            >
              <Flex vertical={narrow} gap={narrow ? 0 : 16} align={narrow ? 'stretch' : 'center'}>
                <Typography.Text strong ellipsis={{ tooltip: instance }} style={styles.statusName}>
                  {instance}
                </Typography.Text>
                {line}
              </Flex>
            </Card>
          )}
          {opened && (
            <StatusDetails
              system={data.system}
              safety={safety}
              troubles={troubles}
              running={running}
              onBackUp={backUp}
              onStorages={() => setTab('storages')}
              onChanged={data.reload}
              onSetup={() => setSettingUp(true)}
              onSheet={() => setSheet(true)}
            />
          )}
          {settingUp && (
            <SetupDialog
              data={data}
              watched={watched}
              onSheet={() => setSheet(true)}
              onClose={() => setSettingUp(false)}
            />
          )}
          {sheet && <RescueSheetDialog onClose={() => setSheet(false)} />}
          <PreparedLines data={data} />
          <UndoLine data={data} onAll={() => setTab('data')} />
          <style>{SWIPED}</style>
          <Tabs
            className="ark-tabs"
            items={items}
            activeKey={tab}
            onChange={setTab}
            tabBarGutter={narrow ? 20 : 32}
          />
        </Flex>
      </main>
    </>
  );
}
