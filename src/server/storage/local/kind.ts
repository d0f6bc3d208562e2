import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { needed, shown } from '../fields';
import type { StorageKind } from '../kind';
import { allowedFolder } from '../realFolder';
import { localStorage } from './local';

const settings = z.strictObject({
  kind: z.literal('local'),
  folder: shown(
    needed('the folder is missing')
      .refine((value) => isAbsolute(value), { error: 'the whole path is needed, from the root' })
      .refine((value) => resolve(value) !== resolve('/'), {
        error: 'this is the root of the disk. Choose a folder',
      }),
    { wide: true, absolute: true, example: '/mnt/backups' },
  ),
});

export const local: StorageKind<z.infer<typeof settings>> = {
  settings,
  providers: [],
  schemes: ['file:'],
  example: 'file:///folder',
  fromUrl: ({ url }) => ({ folder: fileURLToPath(url) }),
  check: (record) => record,
  allow: (record, roots) => allowedFolder(record.folder, roots),
  place: (record) => record.folder,
  server: () => '',
  open: (name, record, { roots }) => Promise.resolve(localStorage(record.folder, name, roots)),
};
