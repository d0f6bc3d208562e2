import { Plugin, useAPIClient } from '@nocobase/client';
import { name } from '../../../package.json';
import { pickLanguage, createI18n } from '../parts/i18n';
import { InNocoBase } from './InNocoBase';

function SettingsPage() {
  return <InNocoBase client={useAPIClient()} />;
}

/** Settings → Backup & restore (Ark), on NocoBase's classic page. */
export default class ArkClient extends Plugin {
  override async load(): Promise<void> {
    this.app.pluginSettingsManager.add('ark', {
      title: createI18n(pickLanguage([navigator.language])).t('nocobase.title'),
      icon: 'CloudServerOutlined',
      Component: SettingsPage,
      aclSnippet: `pm.${name}`,
    });
    await Promise.resolve();
  }
}
