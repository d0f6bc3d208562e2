import type { Signature } from './signature';

/** Who made an archive, as was proven; never what it says of itself. */
export type Maker =
  /** Without a fingerprint: it has no signature, and this instance's own book has the digest of its manifest. */
  | { readonly kind: 'own'; readonly fingerprint?: string | undefined }
  /** `name` is the one that it was given here when it was trusted. */
  | { readonly kind: 'trusted'; readonly fingerprint: string; readonly name: string }
  /** Signed by an instance that nobody here has said to trust. */
  | { readonly kind: 'stranger'; readonly fingerprint: string }
  /** No signature: format 1, an `.nbdump`, or something that cannot be read. */
  | { readonly kind: 'unknown' };

/** Whose archives are known: by the fingerprint of who signed, or by the digest of the manifest itself. */
export interface KnownMakers {
  /** This instance, by the key that it has now and by those that it had. */
  readonly own: ReadonlySet<string>;
  /** With the names that they were given here. */
  readonly trusted: ReadonlyMap<string, string>;
  /** Digests of manifests that this instance noted when it wrote them. A name or a size could be imitated. */
  readonly written: ReadonlySet<string>;
}

export function makerBy(
  {
    signature,
    manifestSha256 = '',
  }: {
    readonly signature?: Pick<Signature, 'fingerprint'> | undefined;
    readonly manifestSha256?: string | undefined;
  },
  { own, trusted, written }: KnownMakers,
): Maker {
  if (!signature) return { kind: written.has(manifestSha256) ? 'own' : 'unknown' };
  const { fingerprint } = signature;
  if (own.has(fingerprint)) return { kind: 'own', fingerprint };
  const name = trusted.get(fingerprint);
  return name === undefined ? { kind: 'stranger', fingerprint } : { kind: 'trusted', fingerprint, name };
}
