import { App } from 'antd';
import { useCallback } from 'react';
import { asApiError } from '../api/api';
import { ErrorNotice } from './ErrorNotice';
import { I18nContext, useI18n } from './i18n';

/** Shows a failure of something that has no place of its own on the page. */
export function useFailure(): (error: unknown, title: string) => void {
  const { modal } = App.useApp();
  const i18n = useI18n();
  return useCallback(
    (error, title) => {
      modal.error({
        title,
        icon: null,
        width: 520,
        okText: i18n.t('action.close'),
        content: (
          <I18nContext.Provider value={i18n}>
            <ErrorNotice error={asApiError(error)} />
          </I18nContext.Provider>
        ),
      });
    },
    [modal, i18n],
  );
}
