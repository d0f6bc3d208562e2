import * as z from 'zod';
import {
  address,
  choice,
  fault,
  needed,
  optional,
  path,
  providerOf,
  shown,
  volumeMb,
  wholeNumber,
} from '../fields';
import { WEBDAV_PROVIDERS } from './providers';
import { AUTHS } from './url';

export const settings = z.strictObject({
  kind: z.literal('webdav'),
  provider: providerOf(WEBDAV_PROVIDERS),
  url: shown(address(needed()), {
    wide: true,
    address: true,
    example: 'https://cloud.example.com/dav/',
  }),
  user: optional({ signIn: true }),
  password: shown(z.string(fault('field-unfit')).optional(), { secret: true, signIn: true }),
  path,
  auth: choice(AUTHS),
  volumeMb,
  gapMs: wholeNumber(0, 600_000),
});

export type WebdavRecord = z.infer<typeof settings>;
