import { createHash, createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * An S3 server in this process that is stricter than the real ones: every request is signed, every upload says its
 * length and has no chunks or trailing checksums, parts are equal, conditions are kept.
 */
export interface S3Server {
  readonly port: number;
  readonly endpoint: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Every request, as METHOD key?query. */
  readonly log: string[];
  /** Bytes of objects sent out. */
  sent: number;
  objects(): string[];
  uploads(): string[];
  /** An object of zeros that takes no memory. */
  putSparse(key: string, size: number): void;
  put(key: string, body: Buffer): void;
  /** An object whose bytes stay in a file. */
  putFile(key: string, file: string): void;
  options: S3ServerOptions;
  close(): Promise<void>;
}

export interface S3ServerOptions {
  region?: string;
  /** The ways of addressing it takes. */
  styles?: readonly ('path' | 'virtual' | 'domain')[];
  pageSize?: number;
  smallestPart?: number;
  /** Anybody may read. */
  public?: boolean;
  /** Minutes that its clock is ahead. */
  clockAhead?: number;
  /** The largest body it takes. */
  limit?: number;
  /** Objects lose their last bytes. */
  loses?: number;
  /** Knows no conditions on writes. */
  unconditional?: boolean;
  /** Lists one page, says that there is more and not how to go on. */
  cutsListings?: boolean;
  /** Knows only the old way of listing. */
  onlyOldLists?: boolean;
  /** Changes a byte of what it stores, and is none the wiser. */
  alters?: 'before its digest' | 'after its digest';
  /** Its ETags are no digests. */
  ownEtags?: boolean;
  /** Forgets what is said of objects. */
  stripsMeta?: boolean;
  /** Lists, and says nothing to whoever reads. */
  silentReads?: boolean;
  /** Says nothing of how long an object is. */
  noLength?: boolean;
  /** Its tokens of listings: always new, or one of two. */
  endless?: 'new tokens' | 'round in circles' | 'empty pages';
}

interface Stored {
  readonly size: number;
  readonly body: Buffer | undefined;
  readonly file?: string;
  readonly at: Date;
  readonly meta: Readonly<Record<string, string>>;
  readonly etag: string;
}

interface UploadState {
  readonly key: string;
  readonly at: Date;
  readonly meta: Readonly<Record<string, string>>;
  readonly parts: Map<number, { body: Buffer | number; etag: string }>;
}

class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly more = '',
    readonly headers: Record<string, string> = {},
  ) {
    super(message);
  }
}

const BUCKET = 'ark-bucket';
const escape = (text: string): string =>
  text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

export async function s3Server(options: S3ServerOptions = {}): Promise<S3Server> {
  const accessKeyId = `AK${randomBytes(8).toString('hex').toUpperCase()}`;
  const secretAccessKey = randomBytes(20).toString('hex');
  const objects = new Map<string, Stored>();
  const uploads = new Map<string, UploadState>();
  const server = createServer();
  const log: string[] = [];

  const made: S3Server = {
    port: 0,
    endpoint: '',
    bucket: BUCKET,
    accessKeyId,
    secretAccessKey,
    log,
    sent: 0,
    options,
    objects: () => [...objects.keys()].sort(),
    uploads: () => [...uploads.values()].map((upload) => upload.key),
    putSparse: (key, size) =>
      void objects.set(key, { size, body: undefined, at: new Date(), meta: {}, etag: 'x' }),
    put: (key, body) =>
      void objects.set(key, { size: body.length, body, at: new Date(), meta: {}, etag: 'x' }),
    putFile: (key, file) =>
      void objects.set(key, {
        size: statSync(file).size,
        body: undefined,
        file,
        at: new Date(),
        meta: {},
        etag: 'x',
      }),
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };

  const now = () => new Date(Date.now() + (made.options.clockAhead ?? 0) * 60_000);

  function checkSignature(request: IncomingMessage, url: URL, bodyHash: string): void {
    const header = request.headers.authorization;
    if (header === undefined) {
      const reads = ['GET', 'HEAD'].includes(request.method!) && url.search === '';
      if (made.options.public && reads) return;
      throw new Refusal(403, 'AccessDenied', 'Access Denied.');
    }
    const match =
      /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
        header,
      );
    if (!match)
      throw new Refusal(400, 'AuthorizationHeaderMalformed', 'The authorization header is malformed');
    const [, id, date, region, names, signature] = match as unknown as string[];
    if (id !== accessKeyId)
      throw new Refusal(403, 'InvalidAccessKeyId', 'The access key does not exist in our records');
    const wanted = made.options.region ?? 'us-east-1';
    if (region !== wanted) {
      throw new Refusal(
        400,
        'AuthorizationHeaderMalformed',
        `The region '${region!}' is wrong; expecting '${wanted}'`,
        `<Region>${wanted}</Region>`,
      );
    }
    const time = String(request.headers['x-amz-date']);
    const sent = Date.parse(time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
    if (Math.abs(sent - now().getTime()) > 15 * 60_000) {
      throw new Refusal(
        403,
        'RequestTimeTooSkewed',
        'The difference between the request time and the current time is too large',
      );
    }
    const said = String(request.headers['x-amz-content-sha256']);
    if (said !== 'UNSIGNED-PAYLOAD' && said !== bodyHash) {
      throw new Refusal(400, 'XAmzContentSHA256Mismatch', 'The hash of the body is another one');
    }
    const query = [...url.searchParams]
      .map(([k, v]) => `${encode(k)}=${encode(v)}`)
      .sort()
      .join('&');
    const headers = names!.split(';');
    for (const must of ['host', 'x-amz-date'])
      if (!headers.includes(must)) throw new Refusal(403, 'AccessDenied', `${must} is not signed`);
    const canonical = [
      request.method,
      url.pathname,
      query,
      ...headers.map((name) => `${name}:${String(request.headers[name]).trim().replace(/ +/g, ' ')}`),
      '',
      names,
      said,
    ].join('\n');
    const scope = `${date!}/${region}/s3/aws4_request`;
    const text = ['AWS4-HMAC-SHA256', time, scope, createHash('sha256').update(canonical).digest('hex')].join(
      '\n',
    );
    const key = hmac(hmac(hmac(hmac(`AWS4${secretAccessKey}`, date!), region), 's3'), 'aws4_request');
    if (hmac(key, text).toString('hex') !== signature) {
      throw new Refusal(403, 'SignatureDoesNotMatch', 'The request signature we calculated does not match');
    }
  }

  /** The bucket and key of a request, in the ways of addressing that are taken. */
  function addressed(request: IncomingMessage, url: URL): { bucket: string; key: string } {
    const styles = made.options.styles ?? ['path', 'virtual', 'domain'];
    const host = (request.headers.host ?? '').replace(/:\d+$/, '');
    const path = decodeURIComponent(url.pathname.slice(1));
    const inHost = /^(.+)\.s3\.localhost$/.exec(host)?.[1];
    if (inHost !== undefined) {
      if (!styles.includes('virtual')) throw new Refusal(403, 'VirtualHostDomainForbidden', 'Use path style');
      return { bucket: inHost, key: path };
    }
    if (host === 'files.localhost') {
      if (!styles.includes('domain')) throw new Refusal(404, 'NoSuchBucket', 'No such domain');
      return { bucket: BUCKET, key: path };
    }
    if (!styles.includes('path'))
      throw new Refusal(
        403,
        'SecondLevelDomainForbidden',
        'The bucket must be addressed using virtual hosts',
      );
    const slash = path.indexOf('/');
    return slash < 0
      ? { bucket: path, key: '' }
      : { bucket: path.slice(0, slash), key: path.slice(slash + 1) };
  }

  async function take(
    request: IncomingMessage,
  ): Promise<{ body: Buffer | number; hash: string; md5: string }> {
    const { headers, method } = request;
    const writes = method === 'PUT' || method === 'POST';
    if (headers['transfer-encoding'] !== undefined)
      throw new Refusal(411, 'MissingContentLength', 'You must provide the Content-Length header');
    if (writes && headers['content-length'] === undefined && method === 'PUT')
      throw new Refusal(411, 'MissingContentLength', 'You must provide the Content-Length header');
    for (const name of Object.keys(headers)) {
      if (name.startsWith('x-amz-checksum') || name.startsWith('x-amz-sdk') || name === 'x-amz-trailer') {
        throw new Refusal(
          501,
          'NotImplemented',
          `A header you provided implies functionality that is not implemented: ${name}`,
        );
      }
    }
    if (
      /aws-chunked/.test(headers['content-encoding'] ?? '') ||
      /^STREAMING/.test(String(headers['x-amz-content-sha256']))
    ) {
      throw new Refusal(501, 'NotImplemented', 'aws-chunked is not implemented');
    }
    const length = Number(headers['content-length'] ?? 0);
    if (made.options.limit !== undefined && length > made.options.limit)
      throw new Refusal(
        413,
        'EntityTooLarge',
        'Your proposed upload exceeds the maximum allowed object size',
      );
    const hash = createHash('sha256');
    const md5 = createHash('md5');
    const pieces: Buffer[] = [];
    let zeros = true;
    let size = 0;
    for await (const piece of request as AsyncIterable<Buffer>) {
      hash.update(piece);
      md5.update(piece);
      size += piece.length;
      zeros &&= piece.every((one) => one === 0);
      if (!zeros || length < 1 << 20) pieces.push(piece);
    }
    if (size !== length) throw new Refusal(400, 'IncompleteBody', 'The request body terminated unexpectedly');
    const body = zeros && length >= 1 << 20 ? length : Buffer.concat(pieces);
    if (typeof body !== 'number' && body.length !== length) throw new Error('the double lost bytes');
    const digest = md5.digest();
    if (headers['content-md5'] !== undefined && headers['content-md5'] !== digest.toString('base64'))
      throw new Refusal(400, 'BadDigest', 'The Content-MD5 you specified did not match what was received');
    return { body, hash: hash.digest('hex'), md5: digest.toString('hex') };
  }

  const metaOf = (request: IncomingMessage): Record<string, string> =>
    Object.fromEntries(
      Object.entries(request.headers).flatMap(([name, value]) =>
        name.startsWith('x-amz-meta-') ? [[name, String(value)]] : [],
      ),
    );
  const altered = (body: Buffer): Buffer => {
    const other = Buffer.from(body);
    const at = other.length >> 1;
    if (other.length > 0) other[at] = (other[at] ?? 0) ^ 1;
    return other;
  };
  const digestOf = (body: Buffer | number): Buffer =>
    createHash('md5')
      .update(typeof body === 'number' ? Buffer.alloc(body) : body)
      .digest();
  const save = (key: string, sent: (Buffer | number)[], meta: Stored['meta'], inParts: boolean) => {
    const { alters, ownEtags, stripsMeta } = made.options;
    const changed = (one: Buffer | number) => (alters && typeof one !== 'number' ? altered(one) : one);
    const bodies = sent.map(changed);
    const digests = (alters === 'before its digest' ? bodies : sent).map(digestOf);
    const whole = inParts ? createHash('md5').update(Buffer.concat(digests)).digest() : digests[0]!;
    const etag = ownEtags
      ? randomBytes(8).toString('hex')
      : `${whole.toString('hex')}${inParts ? `-${digests.length}` : ''}`;
    const size =
      bodies.reduce<number>((sum, body) => sum + (typeof body === 'number' ? body : body.length), 0) -
      (made.options.loses ?? 0);
    const sparse = bodies.length > 0 && bodies.every((body) => typeof body === 'number');
    const body = sparse
      ? undefined
      : Buffer.concat(bodies.map((body) => (typeof body === 'number' ? Buffer.alloc(body) : body))).subarray(
          0,
          Math.max(0, size),
        );
    objects.set(key, {
      size: Math.max(0, size),
      body,
      at: now(),
      meta: stripsMeta ? {} : meta,
      etag,
    });
  };
  const xml = (response: ServerResponse, body: string) => {
    const text = `<?xml version="1.0" encoding="UTF-8"?>\n${body}`;
    response.writeHead(200, { 'Content-Type': 'application/xml', 'Content-Length': Buffer.byteLength(text) });
    response.end(text);
  };
  const precondition = (request: IncomingMessage, key: string) => {
    const condition = request.headers['if-none-match'];
    if (condition === undefined) return;
    if (made.options.unconditional)
      throw new Refusal(
        501,
        'NotImplemented',
        'A header you provided implies functionality that is not implemented: If-None-Match',
      );
    if (objects.has(key))
      throw new Refusal(
        412,
        'PreconditionFailed',
        'At least one of the pre-conditions you specified did not hold',
      );
  };

  async function send(request: IncomingMessage, response: ServerResponse, one: Stored): Promise<void> {
    const headers: Record<string, string | number> = {
      ETag: `"${one.etag}"`,
      'Last-Modified': one.at.toUTCString(),
      'Accept-Ranges': 'bytes',
      'Content-Type': 'application/octet-stream',
      ...one.meta,
    };
    let [start, end] = [0, one.size];
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
    if (range) {
      start = Number(range[1]);
      end = range[2] === '' ? one.size : Math.min(one.size, Number(range[2]) + 1);
      if (start >= one.size) throw new Refusal(416, 'InvalidRange', 'The requested range is not satisfiable');
      headers['Content-Range'] = `bytes ${start}-${end - 1}/${one.size}`;
    }
    const length =
      request.method === 'HEAD' && made.options.noLength ? {} : { 'Content-Length': end - start };
    response.writeHead(range ? 206 : 200, { ...headers, ...length });
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    if (one.file !== undefined) {
      for await (const piece of createReadStream(one.file, {
        start,
        end: end - 1,
      }) as AsyncIterable<Buffer>) {
        if (response.destroyed) return;
        made.sent += piece.length;
        if (!response.write(piece)) await once(response, 'drain');
      }
      response.end();
      return;
    }
    for (let at = start; at < end && !response.destroyed;) {
      const next = Math.min(end, at + (1 << 20));
      const piece = one.body ? one.body.subarray(at, next) : Buffer.alloc(next - at);
      made.sent += piece.length;
      at = next;
      if (!response.write(piece)) {
        await new Promise((go) => {
          response.once('drain', go);
          response.once('close', go);
        });
      }
    }
    response.end();
  }

  function list(url: URL, response: ServerResponse): void {
    const { searchParams: query } = url;
    const prefix = query.get('prefix') ?? '';
    const delimiter = query.get('delimiter') ?? '';
    const modern = query.get('list-type') === '2';
    if (modern && made.options.onlyOldLists)
      throw new Refusal(501, 'NotImplemented', 'list-type=2 is not implemented');
    const after = modern
      ? Buffer.from(query.get('continuation-token') ?? '', 'base64url').toString()
      : (query.get('marker') ?? '');
    const most = Math.min(Number(query.get('max-keys') ?? 1000), made.options.pageSize ?? 1000);
    const all = [...objects].filter(([key]) => key.startsWith(prefix)).sort(([a], [b]) => (a < b ? -1 : 1));
    const direct = all.filter(([key]) => delimiter === '' || !key.slice(prefix.length).includes(delimiter));
    const rest = direct.filter(([key]) => key > after);
    const page = rest.slice(0, most);
    const more = rest.length > page.length;
    const last = page.at(-1)?.[0] ?? '';
    const cut = made.options.cutsListings === true && more;
    const { endless } = made.options;
    if (endless) {
      const token =
        endless === 'round in circles' ? (after === 'a' ? 'b' : 'a') : randomBytes(8).toString('hex');
      const name = `${prefix}${randomBytes(8).toString('hex')}.ark`;
      xml(
        response,
        `<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>${Buffer.from(token).toString('base64url')}</NextContinuationToken>${endless === 'empty pages' ? '' : `<Contents><Key>${name}</Key><LastModified>${now().toISOString()}</LastModified><Size>1</Size></Contents>`}</ListBucketResult>`,
      );
      return;
    }
    xml(
      response,
      `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>${BUCKET}</Name><Prefix>${escape(prefix)}</Prefix>` +
        `<MaxKeys>${most}</MaxKeys><IsTruncated>${more || (made.options.cutsListings === true && direct.length > most)}</IsTruncated>` +
        (more && !cut
          ? modern
            ? `<NextContinuationToken>${Buffer.from(last).toString('base64url')}</NextContinuationToken>`
            : `<NextMarker>${escape(last)}</NextMarker>`
          : '') +
        (made.options.cutsListings && after !== '' ? direct.slice(0, most) : page)
          .map(
            ([key, one]) =>
              `<Contents><Key>${escape(key)}</Key><LastModified>${one.at.toISOString()}</LastModified><ETag>&quot;${one.etag}&quot;</ETag><Size>${one.size}</Size></Contents>`,
          )
          .join('') +
        '</ListBucketResult>',
    );
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url!, 'http://s3.localhost');
    const { bucket, key } = addressed(request, url);
    const query = url.searchParams;
    log.push(`${request.method!} ${key}${url.search}`);
    // A refusal comes before the body does.
    const { body, hash, md5 } = await take(request);
    checkSignature(request, url, hash);
    if (bucket !== BUCKET) throw new Refusal(404, 'NoSuchBucket', 'The specified bucket does not exist');
    const { method } = request;
    if (key === '') {
      if (method === 'GET' && query.has('uploads')) {
        const open = [...uploads].filter(([, one]) => one.key.startsWith(query.get('prefix') ?? ''));
        xml(
          response,
          `<ListMultipartUploadsResult>${open.map(([id, one]) => `<Upload><Key>${escape(one.key)}</Key><UploadId>${id}</UploadId><Initiated>${one.at.toISOString()}</Initiated></Upload>`).join('')}</ListMultipartUploadsResult>`,
        );
        return;
      }
      if (method === 'GET') {
        list(url, response);
        return;
      }
      throw new Refusal(405, 'MethodNotAllowed', 'The method is not allowed');
    }
    const upload = uploads.get(query.get('uploadId') ?? '');
    if (query.has('uploadId') && !upload)
      throw new Refusal(404, 'NoSuchUpload', 'The specified upload does not exist');
    if (method === 'POST' && query.has('uploads')) {
      const id = randomBytes(8).toString('hex');
      uploads.set(id, { key, at: now(), meta: metaOf(request), parts: new Map() });
      xml(
        response,
        `<InitiateMultipartUploadResult><Bucket>${BUCKET}</Bucket><Key>${escape(key)}</Key><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`,
      );
      return;
    }
    if (upload && method === 'PUT') {
      const etag = `"${md5}"`;
      upload.parts.set(Number(query.get('partNumber')), { body, etag });
      response.writeHead(200, { ETag: etag, 'Content-Length': 0 });
      response.end();
      return;
    }
    if (upload && method === 'POST') {
      const wanted = [...String(body).matchAll(/<Part>(.*?)<\/Part>/gs)].map(([, part]) => ({
        number: Number(/<PartNumber>(\d+)</.exec(part!)?.[1]),
        etag: (/<ETag>(.*?)</.exec(part!)?.[1] ?? '').replace(/&quot;/g, '"'),
      }));
      const parts = wanted.map(({ number, etag }, i) => {
        const part = upload.parts.get(number);
        if (!part || part.etag !== etag)
          throw new Refusal(400, 'InvalidPart', 'One or more of the specified parts could not be found');
        if (number !== i + 1)
          throw new Refusal(400, 'InvalidPartOrder', 'The list of parts was not in ascending order');
        return part.body;
      });
      const sizes = parts.map((part) => (typeof part === 'number' ? part : part.length));
      if (sizes.slice(0, -1).some((one) => one !== sizes[0] || one < (made.options.smallestPart ?? 0))) {
        throw new Refusal(400, 'EntityTooSmall', 'All parts but the last have to be equal and not too small');
      }
      precondition(request, key);
      save(key, parts, upload.meta, true);
      uploads.delete(query.get('uploadId')!);
      xml(
        response,
        `<CompleteMultipartUploadResult><Key>${escape(key)}</Key><ETag>"x-${parts.length}"</ETag></CompleteMultipartUploadResult>`,
      );
      return;
    }
    if (upload && method === 'DELETE') {
      uploads.delete(query.get('uploadId')!);
      response.writeHead(204);
      response.end();
      return;
    }
    if (method === 'PUT') {
      precondition(request, key);
      save(key, [body], metaOf(request), false);
      response.writeHead(200, { ETag: `"${md5}"`, 'Content-Length': 0 });
      response.end();
      return;
    }
    if (method === 'DELETE') {
      objects.delete(key);
      response.writeHead(204);
      response.end();
      return;
    }
    if (made.options.silentReads) return;
    const object = objects.get(key);
    if (!object) throw new Refusal(404, 'NoSuchKey', 'The specified key does not exist.');
    await send(request, response, object);
  }

  server.on('request', (request, response) => {
    response.setHeader('Date', now().toUTCString());
    answer(request, response).catch((error: unknown) => {
      if (response.headersSent || (request.destroyed && request.errored)) {
        response.destroy();
        return;
      }
      const refusal = error instanceof Refusal ? error : new Refusal(500, 'InternalError', String(error));
      const text = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${refusal.code}</Code><Message>${escape(refusal.message)}</Message>${refusal.more}<RequestId>REQ123</RequestId></Error>`;
      request.resume();
      response.writeHead(refusal.status, {
        'Content-Type': 'application/xml',
        'x-amz-request-id': 'REQ123',
        Date: now().toUTCString(),
        ...refusal.headers,
        ...(request.method !== 'HEAD' && { 'Content-Length': Buffer.byteLength(text) }),
      });
      response.end(request.method === 'HEAD' ? undefined : text);
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return Object.assign(made, { port, endpoint: `http://127.0.0.1:${port}` });
}
