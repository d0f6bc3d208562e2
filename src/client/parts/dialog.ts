import { useCallback, useState } from 'react';

/** A tall dialog scrolls inside, so that its buttons are always in sight. */
export const TALL = {
  style: { top: 24 },
  styles: {
    body: { maxHeight: 'calc(100vh - 190px)', overflowY: 'auto', margin: '0 -24px', padding: '0 24px' },
    footer: { marginTop: 16 },
  },
} as const;

/** The same where titles and buttons take two lines each. */
export const TALL_NARROW = {
  ...TALL,
  styles: { ...TALL.styles, body: { ...TALL.styles.body, maxHeight: 'calc(100vh - 270px)' } },
} as const;

/** A dialog that is open from the beginning; `onClose` is told when it has gone from sight. */
export function useDialog(onClose: () => void) {
  const [open, setOpen] = useState(true);
  const close = useCallback(() => setOpen(false), []);
  return { close, shown: { open, onCancel: close, afterClose: onClose } };
}

/** The same of a drawer. */
export function useDrawer(onClose: () => void) {
  const { close, shown } = useDialog(onClose);
  const afterOpenChange = (open: boolean) => {
    if (!open) shown.afterClose();
  };
  return { close, shown: { open: shown.open, onClose: close, afterOpenChange } };
}

/** Where the keyboard goes on, once a dialog is gone. */
export const focusOn = (id: string): void => document.getElementById(id)?.focus();
