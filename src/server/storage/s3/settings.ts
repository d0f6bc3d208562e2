import * as z from 'zod';
import { address, choice, fault, needed, path, providerOf, shown, volumeMb, wholeNumber } from '../fields';
import { ADDRESSING } from './address';
import { S3_PROVIDERS } from './providers';

export const settings = z.strictObject({
  kind: z.literal('s3'),
  provider: providerOf(S3_PROVIDERS),
  endpoint: shown(address(z.string(fault('field-unfit')).trim()).optional(), {
    wide: true,
    address: true,
    example: 'https://s3.example.com',
  }),
  region: shown(
    z
      .string(fault('field-unfit'))
      .trim()
      .regex(/^[a-z0-9-]*$/i, fault('field-region'))
      .optional(),
    { neededWithout: 'endpoint', example: 'eu-central-1' },
  ),
  bucket: shown(needed().regex(/^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/i, fault('field-bucket')), {
    example: 'my-backups',
  }),
  accessKeyId: shown(needed().regex(/^\S+$/, fault('field-spaces')), {
    signIn: true,
    example: 'AKIA…',
  }),
  secretAccessKey: shown(needed(), { secret: true, signIn: true }),
  path,
  addressing: choice(ADDRESSING),
  partMb: wholeNumber(5, 512, { example: '16' }),
  volumeMb,
});

export type S3Record = z.infer<typeof settings>;
