import { theme, type ThemeConfig } from 'antd';
import type { GroupName } from '../api/api';

export type ThemeName = 'light' | 'dark';

/** antd's look, with texts and marks that have contrast enough to be read (WCAG AA), moving only for who wants it. */
export function antdTheme(name: ThemeName, still: boolean): ThemeConfig {
  const dark = name === 'dark';
  return {
    algorithm: dark ? theme.darkAlgorithm : theme.defaultAlgorithm,
    token: {
      ...(still && { motion: false }),
      colorPrimary: dark ? '#5b8cff' : '#1d4ed8',
      ...(!dark && { colorPrimaryHover: '#1e40af', colorPrimaryActive: '#1e3a8a' }),
      // The algorithm's own is lighter, and white words on it are hard to read.
      ...(!dark && { colorErrorHover: '#a51a15', colorErrorActive: '#861410' }),
      colorLink: dark ? '#8fb3ff' : '#1d4ed8',
      colorLinkHover: dark ? '#b0caff' : '#1e40af',
      colorLinkActive: dark ? '#7aa5ff' : '#1e3a8a',
      colorError: dark ? '#ff7f7b' : '#c8211b',
      colorWarning: dark ? '#e0a32e' : '#a85b00',
      colorSuccess: dark ? '#58b368' : '#1f7a33',
      colorTextSecondary: dark ? 'rgba(255,255,255,0.72)' : 'rgba(0,0,0,0.68)',
      colorTextTertiary: dark ? 'rgba(255,255,255,0.65)' : 'rgba(0,0,0,0.62)',
      colorTextDescription: dark ? 'rgba(255,255,255,0.65)' : 'rgba(0,0,0,0.62)',
      colorTextPlaceholder: dark ? 'rgba(255,255,255,0.6)' : 'rgba(0,0,0,0.6)',
      colorTextDisabled: dark ? 'rgba(255,255,255,0.5)' : 'rgba(0,0,0,0.5)',
      colorInfo: dark ? '#7aa5ff' : '#1d4ed8',
      ...(!dark && {
        colorWarningBg: '#fff7e6',
        colorWarningBorder: '#f5c976',
        colorErrorBg: '#fff1f0',
        colorErrorBorder: '#f3b3af',
        colorInfoBg: '#eef3ff',
        colorInfoBorder: '#b6c8fb',
      }),
      borderRadius: 6,
      // Tables are measured for it, also inside an app whose own theme is larger.
      fontSize: 14,
    },
    components: {
      Button: {
        primaryShadow: 'none',
        defaultShadow: 'none',
        dangerShadow: 'none',
        // Dark words on light blue; the algorithm's own blue is too dark for either.
        ...(dark && {
          primaryColor: '#07142f',
          colorPrimary: '#7aa5ff',
          colorPrimaryHover: '#94b8ff',
          colorPrimaryActive: '#689af9',
          dangerColor: '#2b0605',
        }),
      },
      Table: {
        cellPaddingBlockMD: 8,
        bodySortBg: 'transparent',
        // Coloured words of a line stay readable when it is ticked.
        rowSelectedBg: dark ? '#1d1d1d' : '#fafafa',
        rowSelectedHoverBg: dark ? '#1d1d1d' : '#fafafa',
        headerSortActiveBg: dark ? '#1d1d1d' : '#fafafa',
      },
      Tabs: { horizontalMargin: '0 0 12px 0' },
    },
  };
}

interface Mark {
  readonly color: string;
  readonly background: string;
}

const LIGHT: Record<GroupName, Mark> = {
  required: { color: '#1e3a8a', background: '#e3ebff' },
  user: { color: '#5b21b6', background: '#efe8ff' },
  custom: { color: '#14532d', background: '#def5e5' },
  'third-party': { color: '#155e75', background: '#dcf3f8' },
  unknown: { color: '#3f3f46', background: '#ececef' },
  log: { color: '#7c3a04', background: '#fdf0dc' },
  ignored: { color: '#3f3f46', background: '#ececef' },
};

const DARK: Record<GroupName, Mark> = {
  required: { color: '#b9ceff', background: '#1b2a52' },
  user: { color: '#d6c4ff', background: '#33235c' },
  custom: { color: '#a6e3b8', background: '#163a24' },
  'third-party': { color: '#a3e1ef', background: '#123a45' },
  unknown: { color: '#d4d4d8', background: '#35353b' },
  log: { color: '#f5cf95', background: '#46300f' },
  ignored: { color: '#d4d4d8', background: '#35353b' },
};

export const groupMark = (group: GroupName, name: ThemeName): Mark => (name === 'dark' ? DARK : LIGHT)[group];

/** The backup groups in the order in which people read them. */
export const GROUPS: readonly GroupName[] = [
  'required',
  'user',
  'custom',
  'third-party',
  'unknown',
  'log',
  'ignored',
];
/** What a backup can hold. */
export const PICKABLE: readonly GroupName[] = GROUPS.filter((group) => group !== 'ignored');
export const PRESELECTED: readonly GroupName[] = PICKABLE.filter((group) => group !== 'log');
