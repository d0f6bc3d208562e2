import * as z from 'zod';
import { address, fault, needed, optional, path, shown, volumeMb, wholeNumber } from '../fields';

const FINGERPRINT = /^SHA256:[A-Za-z0-9+/]{43}$/;

export const PORT = 22;

export const settings = z.strictObject({
  kind: z.literal('sftp'),
  host: shown(
    address(needed().regex(/^(?:[\p{L}\p{N}._<>-]+|\[?[0-9a-f:.]*:[0-9a-f:.]*\]?)$/iu, fault('field-host'))),
    { address: true, example: 'backup.example.com' },
  ),
  port: wholeNumber(1, 65_535, { advanced: false, example: String(PORT) }),
  user: shown(needed(), { signIn: true }),
  password: shown(z.string(fault('field-unfit')).optional(), { secret: true, signIn: true }),
  privateKey: optional({ secret: true, signIn: true, lines: true, wide: true }),
  passphrase: shown(z.string(fault('field-unfit')).optional(), {
    secret: true,
    signIn: true,
    advanced: true,
  }),
  path,
  hostKey: shown(
    z
      .string(fault('field-unfit'))
      .trim()
      // A "+" of a URL.
      .overwrite((value) => value.replace(/ /g, '+').replace(/=+$/, ''))
      .regex(FINGERPRINT, fault('field-fingerprint'))
      .optional(),
    { wide: true },
  ),
  volumeMb,
});

export type SftpRecord = z.infer<typeof settings>;
