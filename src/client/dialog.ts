/** A tall dialog scrolls inside, so that its buttons are always in sight. */
export const SCROLLING = {
  body: { maxHeight: 'calc(100vh - 190px)', overflowY: 'auto', margin: '0 -24px', padding: '0 24px' },
  footer: { marginTop: 16 },
} as const;
