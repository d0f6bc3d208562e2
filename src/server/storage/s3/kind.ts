import * as z from 'zod';
import { openDoor } from '../../outgoing';
import { address, choice, fault, needed, path, providerOf, shown, volumeMb, wholeNumber } from '../fields';
import { originOf, type StorageKind } from '../kind';
import { addressOf, ADDRESSING } from './address';
import { examineS3 } from './examine';
import { S3_PROVIDERS, withDefaults } from './providers';
import { unfinishedIn } from './uploads';

const MIB = 1024 * 1024;

const settings = z.strictObject({
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

export const s3: StorageKind<S3Record> = {
  settings,
  providers: S3_PROVIDERS,
  schemes: ['s3:', 's3+http:'],
  example: 's3://KEY:SECRET@endpoint/bucket/path?region=…',
  fromUrl: ({ url, user, password, parts }) => ({
    endpoint: `${url.protocol === 's3:' ? 'https' : 'http'}://${url.host}`,
    bucket: parts[0],
    path: parts.slice(1).join('/'),
    accessKeyId: user,
    secretAccessKey: password,
  }),
  check(record) {
    addressOf(record);
    return record;
  },
  place(record) {
    const { address: at, prefix } = addressOf(withDefaults(record));
    return `${at}${prefix === '' ? '' : `/${prefix.slice(0, -1)}`}`;
  },
  server({ endpoint, bucket }) {
    const origin = originOf(endpoint);
    return typeof bucket === 'string' ? origin.replace(`://${bucket}.`, '://') : origin;
  },
  volumeMb: (record) => record.volumeMb,
  async open(name, record, { spool, reach, patience, idleMs }) {
    const { s3Storage } = await import('./s3');
    return s3Storage(name, {
      unfinished: unfinishedIn(spool),
      ...withDefaults(record),
      door: openDoor(reach, { keepAlive: true }),
      patience,
      idleMs,
      ...(record.partMb !== undefined && { partBytes: record.partMb * MIB }),
    });
  },
  examine: examineS3,
};
