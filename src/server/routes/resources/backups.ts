import { blemishesOf, codeOf } from '../../dumper/archive/contents';
import type { z } from 'zod';
import type { Keys, Recipients } from '../../dumper/container/cipher';

import type { Selection } from '../../dumper/app/groups';
import { refused } from '../../errors/errors';
import * as answers from '../../api/answers';
import type * as api from '../../api/api';
import { action, data, type Action } from '../call';
import type { Ark } from '../../actions/ark';
import type { StoredItem } from '../../actions/backups/storedItem';
import { itemOf } from '../../actions/backups/readItem';
import { createBackup } from '../../actions/backups/createBackup';
import { download } from '../download';
import { storageSource } from '../../dumper/container/storageSource';
import { locate, openStored } from '../../actions/backups/findBackup';
import * as input from '../../api/input';
import { backupItems } from '../../actions/backups/ownBackups';
import { previewBackup } from '../../actions/restore/previewBackup';
import { rememberProof } from '../../actions/backups/proofs';
import { rehearseBackup } from '../../actions/restore/rehearse';
import { restoreBackup } from '../../actions/restore/restoreBackup';
import { giveTicket } from '../tickets';
import { lookAtRows } from '../../actions/look/lookAtRows';
import { openCounted } from '../../actions/look/openCounted';
import { recordLook } from '../../actions/look/recordLook';
import { rowHistory } from '../../actions/look/rowHistory';
import { conditionOf, HISTORY_MS, LOOK_BUDGET } from '../../actions/look/lookBudget';
import { upload, uploadFolder } from '../../actions/backups/upload';
import { verifyBackup } from '../../actions/backups/verifyBackup';

type Chosen = Pick<z.output<typeof input.RestoreBody>, 'groups' | 'collections' | 'all' | 'keepDefinitions'>;

const selectionOf = ({ groups, collections, all, keepDefinitions }: Chosen): Selection => ({
  ...(groups && { groups }),
  ...(collections && { collections }),
  ...(all !== undefined && { all }),
  ...(keepDefinitions && { keepDefinitions }),
});
const keysOf = ({ passphrase, identities, allowPlain }: z.output<typeof input.KeysBody>): Keys => ({
  passphrase,
  identities,
  allowPlain,
});

function recipientsOf({ passphrase, recipients }: z.output<typeof input.CreateBody>): Recipients | undefined {
  if (recipients) return { recipients };
  return passphrase === undefined ? undefined : { passphrase };
}

async function backupItem({ host }: Ark, stored: StoredItem): Promise<api.BackupItem> {
  const [item] = await backupItems(host, [stored]);
  if (!item) throw new Error('one comes back for each');
  return item;
}

export const arkBackups = {
  list: action({
    methods: ['GET'],
    permission: 'view',
    summary: 'The backups, newest first; meta.failed tells of storages that could not be asked',
    query: input.StorageQuery,
    answer: answers.BackupItem.array(),
    async run({ ark, query }) {
      const { items, failed } = await ark.catalog.list(ark.host, query.storage);
      return data(await backupItems(ark.host, items), { failed } satisfies api.BackupListMeta);
    },
  }),

  get: action({
    methods: ['GET', 'POST'],
    permission: 'view',
    summary: 'One backup and what is in it; an encrypted one wants its key in a POST',
    query: input.BackupQuery,
    input: input.KeysBody,
    answer: answers.BackupDetail,
    async run({ ark, query, input: body }) {
      const { storage, object } = await locate(ark.host, query.filterByTk, body.storage ?? query.storage);
      const archive = await openStored(ark.host, object.key, storage.name, keysOf(body));
      const { manifest } = archive;
      return data({
        ...(await backupItem(ark, itemOf(storage, object, archive))),
        rows: manifest.collections.reduce((sum, collection) => sum + collection.rows, 0),
        collections: manifest.collections.map((collection) => ({
          name: collection.name,
          kind: collection.structure.kind,
          group: collection.group,
          ...(collection.title !== undefined && { title: collection.title }),
          ...(collection.origin !== undefined && { origin: collection.origin }),
          rows: collection.rows,
        })),
        notIncluded: manifest.notIncluded,
        blemishes: blemishesOf(manifest),
        code: await codeOf(manifest),
        database: {
          dialect: manifest.database.dialect,
          version: manifest.database.version,
          ...(manifest.database.schema !== undefined && { schema: manifest.database.schema }),
        },
        ...(manifest.app && {
          app: {
            name: manifest.app.name,
            ...(manifest.app.version !== undefined && { version: manifest.app.version }),
            plugins: manifest.app.plugins.length,
          },
        }),
      } satisfies api.BackupDetail);
    },
  }),

  rows: action({
    methods: ['GET', 'POST'],
    permission: 'look',
    summary:
      'Rows of a collection of a backup, secrets masked; a search ends after a while and says where to go on. An encrypted one wants its key in a POST',
    query: input.RowsQuery,
    input: input.KeysBody,
    answer: answers.LookPage,
    async run({ ark: { host }, query, input: body, signal }) {
      const { storage, object } = await locate(host, query.filterByTk, body.storage ?? query.storage);
      const source = await storageSource(storage, object.key, signal);
      const opened = await openCounted(source, keysOf(body), object.key);
      const asked = {
        where: (query.where ?? []).map(conditionOf),
        search: query.search === '' ? undefined : query.search,
        from: query.offset,
        limit: query.limit,
      };
      const page = await lookAtRows(opened, query.collection, asked, LOOK_BUDGET, { signal });
      await recordLook(host, object.key, page.collection);
      return data(page);
    },
  }),

  history: action({
    methods: ['GET', 'POST'],
    permission: 'look',
    summary:
      'One record through all backups, by its primary key: when it appeared, what changed, when it was gone. A key in a POST opens encrypted ones',
    query: input.HistoryQuery,
    input: input.KeysBody,
    answer: answers.RowHistory,
    async run({ ark: { host, catalog }, query, input: body, signal }) {
      const { collection, key, limit, to } = query;
      const storage = body.storage ?? query.storage;
      const asked = { collection, key, storage, keys: keysOf(body), limit, to, ms: HISTORY_MS };
      return data(await rowHistory(host, catalog, asked, { signal }));
    },
  }),

  create: action({
    methods: ['POST'],
    permission: 'backup',
    summary: 'Start a backup; without a selection of everything but logs',
    input: input.CreateBody,
    answer: answers.Started,
    async run({ ark, input: body }) {
      const encryptFor = recipientsOf(body);
      const job = await ark.running.start({ writes: true }, (watch) =>
        createBackup(ark.host, {
          selection: selectionOf(body),
          to: { storages: body.storages, storage: body.storage, name: body.name },
          files: body.files ?? false,
          ...(encryptFor && { encryptFor }),
          ...watch,
        }),
      );
      return data({ job });
    },
  }),

  upload: action({
    methods: ['POST'],
    permission: 'restore',
    summary: 'Keep an archive from elsewhere; the body is the file. One that cannot be opened is refused',
    query: input.UploadQuery,
    input: 'file',
    answer: answers.BackupItem,
    async run({ ark, query, body, header, signal }) {
      const storage = await ark.host.storages.find(query.storage);
      const length = header('content-length');
      const object = await upload({
        name: query.name,
        storage,
        body,
        length: length === undefined ? undefined : Number(length),
        limit: ark.uploadLimit,
        folder: uploadFolder(ark.dataFolder),
        signal,
      });
      return data(await backupItem(ark, await ark.catalog.item(storage, object)));
    },
  }),

  download: action({
    methods: ['GET'],
    permission: 'download',
    summary: 'The file of a backup; answers single ranges and HEAD',
    query: input.BackupQuery,
    answer: 'file',
    async run({ ark, query, ...request }) {
      const { storage, object } = await locate(ark.host, query.filterByTk, query.storage);
      return download(storage, object, request);
    },
  }),

  ticket: action({
    methods: ['POST'],
    permission: 'download',
    summary:
      'A ticket for one download by a link, which cannot carry headers; in NocoBase arkBackups:download takes it beside both names',
    query: input.BackupQuery,
    input: input.EmptyBody,
    answer: answers.Ticket,
    async run({ ark, query }) {
      const { storage, object } = await locate(ark.host, query.filterByTk, query.storage);
      const place = { name: object.key, storage: storage.name };
      return data({ ...place, ticket: giveTicket(ark, place, new Date()) } satisfies api.Ticket);
    },
  }),

  preview: action({
    methods: ['POST'],
    permission: 'restore',
    summary: 'What a restore would change; nothing is changed',
    query: input.BackupQuery,
    input: input.PreviewBody,
    answer: answers.Preview,
    async run({ ark, query, input: body }) {
      const where = body.storage ?? query.storage;
      const archive = await openStored(ark.host, query.filterByTk, where, keysOf(body));
      const preview = await previewBackup(ark.host, archive, selectionOf(body), {
        name: query.filterByTk,
        noCode: body.noCode,
      });
      const titles = new Map(
        archive.manifest.collections.map((collection) => [collection.name, collection.title]),
      );
      return data({
        ...preview,
        collections: preview.collections.map((collection) => {
          const title = titles.get(collection.name);
          return title === undefined ? collection : { ...collection, title };
        }),
      });
    },
  }),

  restore: action({
    methods: ['POST'],
    permission: 'restore',
    summary: 'Start a restore; without a selection of everything in the backup',
    query: input.BackupQuery,
    input: input.RestoreBody,
    answer: answers.Started,
    async run({ ark, query, input: body }) {
      const where = body.storage ?? query.storage;
      const archive = await openStored(ark.host, query.filterByTk, where, keysOf(body));
      const job = await ark.running.start({ writes: true }, (watch) =>
        restoreBackup(ark.host, archive, query.filterByTk, {
          selection: selectionOf(body),
          allowBreaks: body.allowBreaks ?? false,
          allowChanges: body.allowChanges,
          acceptLost: body.acceptLost,
          allowCode: body.allowCode,
          noCode: body.noCode,
          allowPlain: body.allowPlain,
          files: body.files,
          ...watch,
        }),
      );
      return data({ job });
    },
  }),

  verify: action({
    methods: ['POST'],
    permission: 'view',
    summary: 'Start to read every byte of a backup and compare it with its digests',
    query: input.BackupQuery,
    input: input.KeysBody,
    answer: answers.Started,
    async run({ ark, query, input: body }) {
      const { host } = ark;
      const { storage, object } = await locate(host, query.filterByTk, body.storage ?? query.storage);
      const archive = await openStored(host, object.key, storage.name, keysOf(body));
      const job = await ark.running.start({ writes: false }, (watch) =>
        verifyBackup(host.jobs, archive, object.key, {
          ...watch,
          by: host.user,
          remember: () => rememberProof(host, archive, { verifiedAt: new Date().toISOString() }),
        }),
      );
      return data({ job });
    },
  }),

  rehearse: action({
    methods: ['POST'],
    permission: 'restore',
    summary: 'Start to prove that a backup can be restored: all of it is built aside, compared, and dropped',
    query: input.BackupQuery,
    input: input.RehearseBody,
    answer: answers.Started,
    async run({ ark, query, input: body }) {
      const { host } = ark;
      const where = body.storage ?? query.storage;
      const { storage, object } = await locate(host, query.filterByTk, where);
      const archive = await openStored(host, object.key, storage.name, keysOf(body));
      const job = await ark.running.start({ writes: true }, (watch) =>
        rehearseBackup(host, archive, object.key, {
          allowCode: body.allowCode,
          noCode: body.noCode,
          allowPlain: body.allowPlain,
          ...watch,
          remember: (shown) =>
            rememberProof(host, archive, { rehearsedAt: new Date().toISOString(), ...shown }),
        }),
      );
      return data({ job });
    },
  }),

  destroy: action({
    methods: ['POST'],
    permission: 'delete',
    summary: 'Delete a backup for good',
    query: input.BackupQuery,
    input: input.EmptyBody,
    answer: answers.Nothing,
    async run({ ark, query }) {
      const { storage, object } = await locate(ark.host, query.filterByTk, query.storage);
      const user = ark.running.list().find((job) => job.subject === object.key && job.state === 'running');
      if (user) {
        throw refused('job-uses', { key: object.key, kind: user.kind });
      }
      await storage.remove(object.key);
      return data({});
    },
  }),
} satisfies Readonly<Record<string, Action>>;
