import { Plugin } from '@nocobase/client-v2';
import { useFlowContext } from '@nocobase/flow-engine';
import { name } from '../../../package.json';
import { pickLanguage, createI18n } from '../parts/i18n';
import { InNocoBase } from './InNocoBase';

function SettingsPage() {
  return <InNocoBase client={useFlowContext().api} />;
}

/** Settings → Backup & restore (Ark), on NocoBase's modern page. */
export default class ArkModernClient extends Plugin {
  override async load(): Promise<void> {
    const title = createI18n(pickLanguage([navigator.language])).t('nocobase.title');
    this.pluginSettingsManager.addMenuItem({ key: 'ark', title, icon: 'CloudServerOutlined' });
    this.pluginSettingsManager.addPageTabItem({
      menuKey: 'ark',
      key: 'index',
      title,
      aclSnippet: `pm.${name}`,
      componentLoader: () => Promise.resolve({ default: SettingsPage }),
    });
    await Promise.resolve();
  }
}
