import { Plugin, useAPIClient } from '@nocobase/client';
import { name } from '../../../package.json';
import { ENGLISH } from '../parts/i18n';
import { InNocoBase } from './InNocoBase';

/** NocoBase has the words for it in the app's language from `dist/locale`, by the English ones. */
const TITLE = ENGLISH['nocobase.title'] ?? name;

function SettingsPage() {
  return <InNocoBase client={useAPIClient()} />;
}

/** Settings → Backup & restore (Ark), on NocoBase's classic page. */
export default class ArkClient extends Plugin {
  override async load(): Promise<void> {
    this.app.pluginSettingsManager.add('ark', {
      title: this.t(TITLE),
      icon: 'CloudServerOutlined',
      Component: SettingsPage,
      aclSnippet: `pm.${name}`,
    });
    await Promise.resolve();
  }
}
