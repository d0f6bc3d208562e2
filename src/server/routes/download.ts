import type { Range, Storage, StoredObject } from '../storage/storage';
import type { FileAnswer, Request } from './call';

type Wanted = 'all' | 'none' | Range;

/** A file of a storage, whole or one range of it (RFC 9110, section 14). Several ranges at once get the whole. */
export function download(
  storage: Storage,
  object: StoredObject,
  request: Pick<Request, 'method' | 'header' | 'signal'>,
): FileAnswer {
  const { key, size, modifiedAt } = object;
  const tag = `"${size.toString(36)}-${modifiedAt.getTime().toString(36)}"`;
  const lastModified = modifiedAt.toUTCString();
  const headers = {
    'Accept-Ranges': 'bytes',
    'Cache-Control': 'private, no-cache',
    ETag: tag,
    'Last-Modified': lastModified,
  };
  const has = request.header('if-none-match');
  if (has !== undefined && (has.trim() === '*' || has.split(',').some((entry) => entry.trim() === tag))) {
    return { kind: 'file', status: 304, headers };
  }
  const condition = request.header('if-range');
  const unchanged = condition === undefined || condition === tag || condition === lastModified;
  const wanted = unchanged ? parseRange(request.header('range'), size) : 'all';
  if (wanted === 'none') {
    return { kind: 'file', status: 416, headers: { ...headers, 'Content-Range': `bytes */${size}` } };
  }
  const range = wanted === 'all' ? { start: 0, end: size } : wanted;
  return {
    kind: 'file',
    status: wanted === 'all' ? 200 : 206,
    headers: {
      ...headers,
      'Content-Type': 'application/octet-stream',
      'Content-Length': String(range.end - range.start),
      'Content-Disposition': disposition(key),
      ...(wanted !== 'all' && { 'Content-Range': `bytes ${range.start}-${range.end - 1}/${size}` }),
    },
    ...(request.method !== 'HEAD' && { body: storage.get(key, range, request.signal) }),
  };
}

/** A header that cannot be read is as good as none; `none`: it asks for bytes that are not there. */
function parseRange(header: string | undefined, size: number): Wanted {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '');
  if (!match) return 'all';
  const [first, last] = [match[1] ?? '', match[2] ?? ''];
  if (first === '' && last === '') return 'all';
  if (first === '')
    return Number(last) === 0 || size === 0 ? 'none' : { start: Math.max(0, size - Number(last)), end: size };
  const start = Number(first);
  if (last !== '' && Number(last) < start) return 'all';
  if (start >= size) return 'none';
  return { start, end: last === '' ? size : Math.min(size, Number(last) + 1) };
}

/** RFC 6266: the plain name for old readers, the true one in UTF-8. */
function disposition(name: string): string {
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  const encoded = encodeURIComponent(name).replace(
    /['()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
