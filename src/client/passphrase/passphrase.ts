export interface Passphrase {
  readonly on: boolean;
  readonly first: string;
  readonly second: string;
}

export const NO_PASSPHRASE: Passphrase = { on: false, first: '', second: '' };
/** What the server asks for too (dumper/container/passphrase.ts). */
export const SHORT = 12;

/** Why it cannot be used yet. */
export function passphraseFault({ on, first, second }: Passphrase): 'empty' | 'short' | 'differ' | undefined {
  if (!on) return undefined;
  if (first === '') return 'empty';
  if (Array.from(first).length < SHORT) return 'short';
  return first === second ? undefined : 'differ';
}
