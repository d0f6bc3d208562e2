import type { Signature } from './signature';

/** Who made an archive, as was proven; never what it says of itself. */
export type Maker =
  | { readonly kind: 'own'; readonly fingerprint: string }
  /** `name` is the one that it was given here when it was trusted. */
  | { readonly kind: 'trusted'; readonly fingerprint: string; readonly name: string }
  /** Signed by an instance that nobody here has said to trust. */
  | { readonly kind: 'stranger'; readonly fingerprint: string }
  /** No signature: format 1, an `.nbdump`, or something that cannot be read. */
  | { readonly kind: 'unknown' };

/** Whose signatures are known, by fingerprint. */
export interface KnownMakers {
  /** This instance, by the key that it has now and by those that it had. */
  readonly own: ReadonlySet<string>;
  /** With the names that they were given here. */
  readonly trusted: ReadonlyMap<string, string>;
}

export function makerBy(
  signature: Pick<Signature, 'fingerprint'> | undefined,
  { own, trusted }: KnownMakers,
): Maker {
  if (!signature) return { kind: 'unknown' };
  const { fingerprint } = signature;
  if (own.has(fingerprint)) return { kind: 'own', fingerprint };
  const name = trusted.get(fingerprint);
  return name === undefined ? { kind: 'stranger', fingerprint } : { kind: 'trusted', fingerprint, name };
}
