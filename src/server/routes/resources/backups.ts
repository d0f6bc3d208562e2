import { blemishesOf, codeOf } from '../../dumper/archive/contents';
import type { z } from 'zod';
import type { Keys, Recipients } from '../../dumper/container/cipher';

import type { Selection } from '../../dumper/app/groups';
import * as answers from '../../api/answers';
import type * as api from '../../api/api';
import { action, data, type Action } from '../call';
import { itemOf } from '../../actions/backups/readItem';
import { deleteBackup } from '../../actions/backups/deleteBackup';
import { containing } from '../../actions/backups/containing';
import { copyBackup } from '../../actions/backups/copyBackup';
import { createBackup } from '../../actions/backups/createBackup';
import { download } from '../download';
import { storageSource } from '../../dumper/container/storageSource';
import { locate, openStored } from '../../actions/backups/findBackup';
import * as input from '../../api/input';
import { markBackup } from '../../actions/backups/marks';
import { backupItem, backupItems } from '../../actions/backups/ownBackups';
import { instancesIn } from '../../actions/system/instances';
import { previewBackup } from '../../actions/restore/previewBackup';
import { rememberProof } from '../../actions/backups/proofs';
import { rehearseBackup } from '../../actions/restore/rehearse';
import { previewInto, restoreInto } from '../../actions/restore/restoreInto';
import { restoreBackup } from '../../actions/restore/restoreBackup';
import { prepareRestore } from '../../actions/prepared/prepareRestore';
import { previewTakeBack } from '../../actions/takeBack/previewTakeBack';
import { takeBack } from '../../actions/takeBack/takeBack';
import type { TakeBackAsked } from '../../dumper/takeBack/plan';
import { giveTicket } from '../tickets';
import { compareInTurn } from '../../actions/compare/compareInTurn';
import { lookAtRows } from '../../actions/look/lookAtRows';
import { openCounted } from '../../actions/look/openCounted';
import { recordLook } from '../../actions/look/recordLook';
import { rowHistory } from '../../actions/look/rowHistory';
import { conditionOf, HISTORY_MS, LOOK_BUDGET } from '../../actions/look/lookBudget';
import { upload, uploadFolder } from '../../actions/uploads/upload';
import { verifyBackup } from '../../actions/backups/verifyBackup';

const CONTAINING_MS = 10_000;

type Chosen = Partial<
  Pick<
    z.output<typeof input.RestoreBody>,
    'groups' | 'collections' | 'all' | 'keepDefinitions' | 'exclude' | 'noRows'
  >
>;

const selectionOf = ({ groups, collections, all, keepDefinitions, exclude, noRows }: Chosen): Selection => ({
  ...(groups && { groups }),
  ...(collections && { collections }),
  ...(all !== undefined && { all }),
  ...(keepDefinitions && { keepDefinitions }),
  ...(exclude && { exclude }),
  ...(noRows && { noRows }),
});
const keysOf = ({ passphrase, identities, allowPlain }: z.output<typeof input.KeysBody>): Keys => ({
  passphrase,
  identities,
  allowPlain,
});

const askedOf = ({
  collection,
  keys,
  where,
  parents,
  children,
  allowChanges,
}: z.output<typeof input.TakeBackPreviewBody>): TakeBackAsked => ({
  collection,
  keys,
  where,
  parents,
  children,
  allowChanges,
});

function recipientsOf({ passphrase, recipients }: z.output<typeof input.CreateBody>): Recipients | undefined {
  if (recipients) return { recipients };
  return passphrase === undefined ? undefined : { passphrase };
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

  instances: action({
    methods: ['GET'],
    permission: 'view',
    summary:
      'What the storages have of each instance: its last good backup, how well that is proven, the next one, and what is wrong; meta.failed tells of storages that could not be asked',
    answer: answers.InstanceItem.array(),
    async run({ ark }) {
      const { items, failed } = await ark.catalog.list(ark.host);
      return data(await instancesIn(ark.host, items, new Date()), { failed } satisfies api.BackupListMeta);
    },
  }),

  containing: action({
    methods: ['GET'],
    permission: 'view',
    summary:
      'Which backups have a collection. It answers within half a minute: what it had no time for is `later`, and is gone on with when asked again',
    query: input.ContainingQuery,
    answer: answers.Containing,
    async run({ ark: { host, catalog }, query: { collection, storage }, signal }) {
      return data(await containing(host, catalog, { collection, storage, ms: CONTAINING_MS }, signal));
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
        ...(await backupItem(ark.host, itemOf(storage, object, archive))),
        rows: manifest.collections.reduce((sum, collection) => sum + collection.rows, 0),
        collections: manifest.collections.map((collection) => ({
          name: collection.name,
          kind: collection.structure.kind,
          group: collection.group,
          ...(collection.title !== undefined && { title: collection.title }),
          ...(collection.origin !== undefined && { origin: collection.origin }),
          ...(collection.structureOnly ? { structureOnly: true } : { rows: collection.rows }),
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

  compare: action({
    methods: ['GET', 'POST'],
    permission: 'look',
    summary:
      'The rows of a backup beside those of the live database, or of another backup: only here, changed, only in the backup, with examples, secrets masked. Answers when all is read. A key in a POST opens encrypted ones',
    query: input.CompareQuery,
    input: input.KeysBody,
    answer: answers.Comparison,
    async run({ ark, query, input: body, signal }) {
      const { filterByTk: name, against, examples } = query;
      const storage = body.storage ?? query.storage;
      const selection = selectionOf(query);
      const asked = { name, storage, against, keys: keysOf(body), selection, examples };
      return data(await compareInTurn(ark, asked, signal));
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
          note: body.note,
          ...(encryptFor && { encryptFor }),
          ...watch,
        }),
      );
      return data({ job });
    },
  }),

  previewTakeBack: action({
    methods: ['POST'],
    permission: 'takeBack',
    summary: 'What taking single rows of a backup back would do, secrets masked; nothing is changed',
    query: input.BackupQuery,
    input: input.TakeBackPreviewBody,
    answer: answers.TakeBackPreview,
    async run({ ark: { host }, query, input: body, signal }) {
      const where = body.storage ?? query.storage;
      const archive = await openStored(host, query.filterByTk, where, keysOf(body));
      return data(await previewTakeBack(host, archive, askedOf(body), signal));
    },
  }),

  takeBack: action({
    methods: ['POST'],
    permission: 'takeBack',
    summary: 'Start taking single rows of a backup back: all of them or none',
    query: input.BackupQuery,
    input: input.TakeBackBody,
    answer: answers.Started,
    async run({ ark, query, input: body }) {
      const where = body.storage ?? query.storage;
      const archive = await openStored(ark.host, query.filterByTk, where, keysOf(body));
      const job = await ark.running.start({ writes: true }, (watch) =>
        takeBack(ark.host, archive, query.filterByTk, {
          asked: askedOf(body),
          overwrite: body.overwrite,
          expected: body.expected,
          allowPlain: body.allowPlain,
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
      return data(await backupItem(ark.host, await ark.catalog.item(storage, object)));
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
      const preview =
        body.into === undefined
          ? await previewBackup(ark.host, archive, selectionOf(body), {
              name: query.filterByTk,
              noCode: body.noCode,
            })
          : await previewInto(ark.host, archive, selectionOf(body), body.into);
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
      const { into, allowChanges, allowPlain } = body;
      const selection = selectionOf(body);
      if (into !== undefined) {
        const request = { selection, into, allowChanges, allowPlain };
        return data({
          job: await ark.running.start({ writes: true }, (watch) =>
            restoreInto(ark.host, archive, query.filterByTk, { ...request, ...watch }),
          ),
        });
      }
      const job = await ark.running.start({ writes: true }, (watch) =>
        restoreBackup(ark.host, archive, query.filterByTk, {
          selection,
          allowBreaks: body.allowBreaks ?? false,
          allowChanges,
          acceptLost: body.acceptLost,
          allowCode: body.allowCode,
          noCode: body.noCode,
          allowPlain,
          files: body.files,
          ...watch,
        }),
      );
      return data({ job });
    },
  }),

  prepare: action({
    methods: ['POST'],
    permission: 'restore',
    summary:
      'Start the long half of a restore: all of it is staged and checked, and waits for `arkPrepared:swap`; nothing live is touched',
    query: input.BackupQuery,
    input: input.PrepareBody,
    answer: answers.Started,
    async run({ ark, query, input: body }) {
      const { storage, object } = await locate(ark.host, query.filterByTk, body.storage ?? query.storage);
      const archive = await openStored(ark.host, object.key, storage.name, keysOf(body));
      const place = { backup: object.key, storage: storage.name };
      const job = await ark.running.start({ writes: true }, (watch) =>
        prepareRestore(ark.host, archive, place, {
          selection: selectionOf(body),
          allowBreaks: body.allowBreaks ?? false,
          allowChanges: body.allowChanges,
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

  copy: action({
    methods: ['POST'],
    permission: 'backup',
    summary: 'Start to copy a backup into another storage, under its own name; what arrived is opened',
    query: input.BackupQuery,
    input: input.CopyBody,
    answer: answers.Started,
    async run({ ark, query, input: { to } }) {
      const stored = await locate(ark.host, query.filterByTk, query.storage);
      const target = await ark.host.storages.find(to);
      const job = await ark.running.start({ writes: false }, (watch) =>
        copyBackup(ark.host, ark.catalog, stored, target, watch),
      );
      return data({ job });
    },
  }),

  mark: action({
    methods: ['POST'],
    permission: 'delete',
    summary:
      'Pin a backup, which nothing deletes until it is unpinned, or write a note on it; copies of it bear both',
    query: input.BackupQuery,
    input: input.MarkBody,
    answer: answers.BackupItem,
    async run({ ark, query, input: body }) {
      const { storage, object } = await locate(ark.host, query.filterByTk, query.storage);
      const item = await ark.catalog.item(storage, object);
      await markBackup(ark.host, item, body, new Date());
      return data(await backupItem(ark.host, item));
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
      await deleteBackup(ark.host, ark.catalog, { storage, object }, ark.running.list());
      return data({});
    },
  }),
} satisfies Readonly<Record<string, Action>>;
