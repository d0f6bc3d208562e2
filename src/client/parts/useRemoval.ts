import { App } from 'antd';
import { useCallback, type ReactNode } from 'react';
import { focusOn } from './dialog';
import { useI18n } from './i18n';
import { useFailure } from './useFailure';

interface Removal {
  readonly title: string;
  readonly content: ReactNode;
  readonly okText: string;
  readonly remove: () => Promise<void>;
  readonly done: string;
  readonly failed: string;
  /** The button to which the focus returns, and the one to which it goes when that is no more. */
  readonly focus: { readonly back: string; readonly next: string };
}

/** How long a line takes to go from the page. */
const GONE_MS = 400;

/** Asks before something goes, and tells how it went. */
export function useRemoval(reload: () => void): (removal: Removal) => void {
  const { t } = useI18n();
  const { modal, message } = App.useApp();
  const fail = useFailure();
  return useCallback(
    ({ title, content, okText, remove, done, failed, focus }) => {
      modal.confirm({
        title,
        content,
        okText,
        okButtonProps: { danger: true },
        cancelText: t('action.cancel'),
        afterClose: () => focusOn(focus.back),
        onOk: async () => {
          try {
            await remove();
            void message.success(done);
            reload();
            setTimeout(() => focusOn(focus.next), GONE_MS);
          } catch (cause) {
            fail(cause, failed);
          }
        },
      });
    },
    [fail, message, modal, reload, t],
  );
}
