import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { join } from 'node:path';
import type { Application } from '@nocobase/server';
import type { Ark } from '../../src/server/actions/ark';
import type { UploadItem } from '../../src/server/api/api';
import { mountArk } from '../../src/server/hosts/nocobase/routes';
import type { Gate } from '../../src/server/hosts/nocobase/gate';
import { localStorage } from '../../src/server/storage/local/local';
import { newDataFolder } from '../helpers/ark';

type Handler = (ctx: unknown) => Promise<void>;
interface Answered {
  readonly data?: UploadItem | UploadItem[];
  readonly errors?: { code: string }[];
}

let data: Awaited<ReturnType<typeof newDataFolder>>;
beforeAll(async () => (data = await newDataFolder()));
afterAll(() => data.remove());

/** The actions on uploads, as NocoBase mounts them. */
function mounted(): Record<string, Handler> {
  const storage = localStorage(join(data.folder, 'backups'));
  const ark = {
    host: { storages: { find: () => Promise.resolve(storage), list: () => Promise.resolve([storage]) } },
    dataFolder: data.folder,
    uploadLimit: 1e9,
  } as unknown as Ark;
  let actions: Record<string, Handler> = {};
  const app = {
    use: () => undefined,
    acl: { registerSnippet: () => undefined },
    resourceManager: {
      define(resource: { name: string; actions: Record<string, Handler> }) {
        if (resource.name === 'arkUploads') ({ actions } = resource);
      },
    },
    log: { error: (message: string) => expect(message).toBe('') },
  };
  mountArk(app as unknown as Application, 'ark', ark, {} as Gate);
  return actions;
}

const bytes = Buffer.concat([
  Buffer.from('PK\x03\x04', 'latin1'),
  randomBytes(100_000),
  Buffer.from('PK\x05\x06', 'latin1'),
  Buffer.alloc(18),
]);
const ANNOUNCED = {
  name: 'x',
  size: bytes.length,
  begin: bytes.subarray(0, 512).toString('base64'),
  end: bytes.subarray(-65_557).toString('base64'),
};

it('an upload is of the user who began it, not of another with the same name', async () => {
  const actions = mounted();
  const ask = async (user: object, action: string, query: object = {}, body?: object): Promise<Answered> => {
    const ctx = {
      method: action === 'list' ? 'GET' : 'POST',
      state: { currentUser: user },
      permission: { can: {}, resourceName: 'arkUploads', actionName: action },
      query,
      request: { body },
      req: { headers: {} },
      res: new EventEmitter(),
      is: () => false,
      body: undefined as Answered | undefined,
    };
    await actions[action]!(ctx);
    return ctx.body!;
  };
  const [ada, other] = [
    { id: 1, nickname: 'Ada' },
    { id: 2, nickname: 'Ada' },
  ];
  const { id } = (await ask(ada, 'create', {}, ANNOUNCED)).data as UploadItem;
  expect((await ask(ada, 'list')).data).toMatchObject([{ id, offset: 0 }]);
  expect((await ask(other, 'list')).data).toEqual([]);
  for (const action of ['finish', 'destroy'])
    expect((await ask(other, action, { filterByTk: id }, {})).errors?.[0]?.code).toBe('UPLOAD_UNKNOWN');
  expect((await ask(other, 'create', {}, { ...ANNOUNCED, upload: id })).errors?.[0]?.code).toBe(
    'UPLOAD_UNKNOWN',
  );
  expect(await ask(ada, 'destroy', { filterByTk: id }, {})).toEqual({ data: {} });
});
