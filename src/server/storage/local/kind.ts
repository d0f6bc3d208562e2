import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { fault, needed, shown } from '../fields';
import type { StorageKind } from '../kind';
import { allowedFolder } from '../realFolder';
import { localStorage } from './local';

const settings = z.strictObject({
  kind: z.literal('local'),
  folder: shown(
    needed()
      .refine((value) => isAbsolute(value), fault('field-absolute'))
      .refine((value) => resolve(value) !== resolve('/'), fault('field-root')),
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
  machine: () => undefined,
  server: () => '',
  open: (name, record, { roots }) => Promise.resolve(localStorage(record.folder, name, roots)),
};
