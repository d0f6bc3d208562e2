import { Button, Flex, Modal, Skeleton } from 'antd';
import { useCallback } from 'react';
import { createPortal } from 'react-dom';
import { useArk } from '../api/ark';
import { TALL, useDialog } from '../parts/dialog';
import { ErrorNotice } from '../parts/ErrorNotice';
import { useI18n } from '../parts/i18n';
import { useLoaded } from '../parts/useLoaded';
import { Sheet } from './Sheet';

/** Nothing but the sheet goes on paper, black on white whatever the screen shows. */
const PRINTED = `
.ark-printed { display: none }
@media print {
  html, body { background: #fff !important; color-scheme: light }
  body > * { display: none !important }
  body > .ark-printed { display: block !important; color: #000 }
  .ark-printed pre, .ark-printed li { break-inside: avoid }
}`;

/** What is needed when the server is gone, to be read, printed or kept as a file. */
export function RescueSheetDialog({ onClose }: { readonly onClose: () => void }) {
  const { api } = useArk();
  const { t } = useI18n();
  const { close, shown } = useDialog(onClose);
  const read = useCallback(() => api.getRescueSheet(), [api]);
  const { data: sheet, error, retry } = useLoaded(read);
  const download = () => {
    if (!sheet) return;
    const url = URL.createObjectURL(new Blob([sheet.markdown], { type: 'text/markdown' }));
    Object.assign(document.createElement('a'), { href: url, download: 'rescue-sheet.md' }).click();
    URL.revokeObjectURL(url);
  };
  return (
    <Modal
      {...shown}
      {...TALL}
      title={t('sheet.title')}
      width={820}
      footer={
        <Flex justify="flex-end" gap={8} wrap>
          <Button disabled={!sheet} onClick={download}>
            {t('action.download')}
          </Button>
          <Button type="primary" disabled={!sheet} onClick={() => window.print()}>
            {t('sheet.print')}
          </Button>
          <Button onClick={close}>{t('action.close')}</Button>
        </Flex>
      }
    >
      <style>{PRINTED}</style>
      {error && <ErrorNotice error={error} onRetry={retry} />}
      {!sheet && !error && <Skeleton active title={false} paragraph={{ rows: 10 }} />}
      {sheet && (
        <div tabIndex={0} role="region" aria-label={t('sheet.title')}>
          <Sheet sheet={sheet} />
        </div>
      )}
      {sheet &&
        createPortal(
          <div className="ark-printed">
            <h1>{t('sheet.title')}</h1>
            <Sheet sheet={sheet} />
          </div>,
          document.body,
        )}
    </Modal>
  );
}
