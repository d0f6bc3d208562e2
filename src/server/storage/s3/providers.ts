import type { Provider } from '../fields';
import type { Addressing } from './address';

interface S3Provider extends Provider {
  readonly presets: { readonly endpoint: string; readonly region: string; readonly addressing: Addressing };
}

const s3 = (
  id: string,
  title: string,
  endpoint: string,
  region: string,
  addressing: Addressing,
): S3Provider => ({ id, title, presets: { endpoint, region, addressing } });

export const S3_PROVIDERS: readonly S3Provider[] = [
  s3('aws', 'Amazon S3', '', '', 'virtual'),
  s3('r2', 'Cloudflare R2', 'https://<account>.r2.cloudflarestorage.com', 'auto', 'path'),
  s3('oss', 'Alibaba Cloud OSS', 'https://s3.oss-<region>.aliyuncs.com', '', 'virtual'),
  s3('cos', 'Tencent Cloud COS', 'https://cos.<region>.myqcloud.com', '', 'virtual'),
  s3('minio', 'MinIO', 'https://<host>:9000', 'us-east-1', 'path'),
  s3('b2', 'Backblaze B2', 'https://s3.<region>.backblazeb2.com', '', 'path'),
  s3('garage', 'Garage', 'https://<host>:3900', 'garage', 'path'),
  s3('ceph', 'Ceph', 'https://<host>', 'us-east-1', 'path'),
  s3('custom', 'S3', '', '', 'auto'),
];

/** What was not entered is as the service needs it. */
export function withDefaults<
  R extends {
    provider?: string | undefined;
    region?: string | undefined;
    addressing?: Addressing | undefined;
  },
>(record: R) {
  const { region, addressing } =
    S3_PROVIDERS.find((provider) => provider.id === (record.provider ?? 'custom'))?.presets ?? {};
  return {
    ...record,
    region: record.region ?? (region === '' ? undefined : region),
    addressing: record.addressing ?? addressing,
  };
}
