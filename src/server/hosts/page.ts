import type { Middleware } from 'koa';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { extname, join, resolve, sep } from 'node:path';
import { BackupError } from '../errors';

/** The files of the built page; any other address is the page itself, which knows its own ways. */
export function servePage(folder: string): Middleware {
  const root = resolve(folder);
  return async (ctx) => {
    if (ctx.method !== 'GET' && ctx.method !== 'HEAD') {
      ctx.set('Allow', 'GET, HEAD');
      throw new BackupError('METHOD_WRONG', `${ctx.path} takes GET, not ${ctx.method}.`);
    }
    const asked = fileOf(root, ctx.path);
    let file = asked;
    let size = asked === undefined ? undefined : await sizeOf(asked);
    // A missing script must not be answered with a page.
    if (size === undefined && extname(ctx.path) === '') {
      file = join(root, 'index.html');
      size = await sizeOf(file);
    }
    if (file === undefined || size === undefined) {
      const why =
        ctx.path === '/' ? 'The page is not built. Run "npm run build".' : `There is no ${ctx.path}.`;
      throw new BackupError('ACTION_UNKNOWN', why);
    }
    // Names of built files carry a digest of their content.
    const fixed = ctx.path.startsWith('/assets/');
    ctx.set('Cache-Control', fixed ? 'public, max-age=31536000, immutable' : 'no-cache');
    ctx.type = extname(file);
    ctx.length = size;
    if (ctx.method === 'GET') ctx.body = createReadStream(file);
    else ctx.status = 200;
    ctx.length = size;
  };
}

function fileOf(root: string, path: string): string | undefined {
  let name: string;
  try {
    name = decodeURIComponent(path);
  } catch {
    return undefined;
  }
  const file = resolve(root, `.${name}`);
  return name.includes('\0') || !file.startsWith(root + sep) ? undefined : file;
}

const sizeOf = (file: string): Promise<number | undefined> =>
  stat(file).then(
    (info) => (info.isFile() ? info.size : undefined),
    () => undefined,
  );
