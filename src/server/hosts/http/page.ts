import type { Context } from 'koa';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { extname, join, resolve } from 'node:path';
import { BackupError } from '../../errors/errors';

/** Built files have plain names: whatever needs an escape, or leads elsewhere, is none of them. */
const NAME = /^(?:\/\w[\w-]*(?:\.[\w-]+)*)+$/;

/** The built page and its files, which are open to everybody. False: this is none of them. */
export function servePage(folder: string): (ctx: Context) => Promise<boolean> {
  const root = resolve(folder);
  return async (ctx) => {
    const { path, method } = ctx;
    if (method !== 'GET' && method !== 'HEAD') return false;
    if (path !== '/' && !NAME.test(path)) return false;
    const file = join(root, path === '/' ? 'index.html' : path);
    const size = await sizeOf(file);
    if (size === undefined) {
      if (path !== '/') return false;
      throw new BackupError('ACTION_UNKNOWN', 'The page is not built. Run "npm run build".');
    }
    // Names of built files carry a digest of their content.
    const fixed = path.startsWith('/assets/');
    ctx.set('Cache-Control', fixed ? 'public, max-age=31536000, immutable' : 'no-cache');
    ctx.type = extname(file);
    if (method === 'GET') ctx.body = createReadStream(file);
    else ctx.status = 200;
    ctx.length = size;
    return true;
  };
}

const sizeOf = (file: string): Promise<number | undefined> =>
  stat(file).then(
    (info) => (info.isFile() ? info.size : undefined),
    () => undefined,
  );
