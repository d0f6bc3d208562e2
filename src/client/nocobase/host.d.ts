/** What Ark uses of NocoBase's two pages, which are there when they load it. */
declare module '@nocobase/client' {
  import type { ComponentType } from 'react';

  export class Plugin {
    readonly app: {
      readonly pluginSettingsManager: {
        add(
          key: string,
          options: { title: string; icon: string; Component: ComponentType; aclSnippet: string },
        ): void;
      };
    };
    /** Words of this plugin's own in the language of the app. */
    t(text: string): string;
    load(): Promise<void>;
  }
  export function useAPIClient(): import('./InNocoBase').ApiClient;
}

declare module '@nocobase/client-v2' {
  import type { ComponentType } from 'react';

  export class Plugin {
    readonly pluginSettingsManager: {
      addMenuItem(item: { key: string; title: string; icon: string }): void;
      addPageTabItem(item: {
        menuKey: string;
        key: string;
        title: string;
        aclSnippet: string;
        componentLoader: () => Promise<{ default: ComponentType }>;
      }): void;
    };
    /** Words of this plugin's own in the language of the app. */
    t(text: string): string;
    load(): Promise<void>;
  }
}

declare module '@nocobase/flow-engine' {
  export function useFlowContext(): { readonly api: import('./InNocoBase').ApiClient };
}
