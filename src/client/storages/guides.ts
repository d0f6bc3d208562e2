import { besidePage } from '../parts/beside';

/** Services with a guide of their own, `docs/guides`, and those of them that are also in Chinese. */
const GUIDES = new Set(['aws', 'r2', 'minio', 'nutstore']);
const IN_CHINESE = new Set(['nutstore']);

/** Where the steps for a service are, with pictures; undefined where nobody has written them. */
export function guideOf(provider: string, language: string): string | undefined {
  if (!GUIDES.has(provider)) return undefined;
  const chinese = language.startsWith('zh') && IN_CHINESE.has(provider);
  return besidePage(`guides/${provider}${chinese ? '.zh-CN' : ''}.html`);
}
