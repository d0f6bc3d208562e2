import { settings, type S3Record } from './settings';
import { originOf, type StorageKind } from '../kind';
import { addressOf } from './address';
import { S3_PROVIDERS, withDefaults } from './providers';
import { unfinishedIn } from './uploads';

const MIB = 1024 * 1024;

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
  machine(record) {
    const { endpoint, address: at } = addressOf(withDefaults(record));
    return new URL(endpoint ?? `https://${at}`).hostname;
  },
  server({ endpoint, bucket }) {
    const origin = originOf(endpoint);
    return typeof bucket === 'string' ? origin.replace(`://${bucket}.`, '://') : origin;
  },
  volumeMb: (record) => record.volumeMb,
  async open(name, record, { spool, reach, patience, idleMs }) {
    const [{ s3Storage }, { openDoor }] = await Promise.all([import('./s3'), import('../../outgoing')]);
    return s3Storage(name, {
      unfinished: unfinishedIn(spool),
      ...withDefaults(record),
      door: openDoor(reach, { keepAlive: true }),
      patience,
      idleMs,
      ...(record.partMb !== undefined && { partBytes: record.partMb * MIB }),
    });
  },
  examine: async (...asked) => (await import('./examine')).examineS3(...asked),
};
