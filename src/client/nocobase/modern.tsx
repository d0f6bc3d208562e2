import { Plugin } from '@nocobase/client-v2';
import { useFlowContext } from '@nocobase/flow-engine';
import { name } from '../../../package.json';
import { ENGLISH } from '../parts/i18n';
import { InNocoBase } from './InNocoBase';

/** NocoBase has the words for it in the app's language from `dist/locale`, by the English ones. */
const TITLE = ENGLISH['nocobase.title'] ?? name;

function SettingsPage() {
  return <InNocoBase client={useFlowContext().api} />;
}

/** Settings → Backup & restore (Ark), on NocoBase's modern page. */
export default class ArkModernClient extends Plugin {
  override async load(): Promise<void> {
    const title = this.t(TITLE);
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
