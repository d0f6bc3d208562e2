import { besidePage } from '../parts/beside';

/** Services with a guide of their own, `docs/guides`, and those of them that are also in Chinese. */
const GUIDES: Readonly<Record<string, string>> = {
  aws: 's3',
  r2: 'r2',
  minio: 'minio',
  nutstore: 'nutstore',
};
const IN_CHINESE = new Set(['nutstore']);

/** Where the steps for a service are, with pictures; undefined where nobody has written them. */
export function guideOf(provider: string, language: string): string | undefined {
  const guide = GUIDES[provider];
  if (guide === undefined) return undefined;
  const chinese = language.startsWith('zh') && IN_CHINESE.has(guide);
  return besidePage(`guides/${guide}${chinese ? '.zh-CN' : ''}.html`);
}
