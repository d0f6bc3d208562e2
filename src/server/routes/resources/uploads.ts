import { backupItem } from '../../actions/backups/ownBackups';
import { appendPiece, PIECE } from '../../actions/uploads/appendPiece';
import { beginUpload } from '../../actions/uploads/beginUpload';
import { dropUpload } from '../../actions/uploads/dropUpload';
import { finishUpload } from '../../actions/uploads/finishUpload';
import { endsAt, unfinishedUploads, type Unfinished } from '../../actions/uploads/unfinished';
import { uploadFolder } from '../../actions/uploads/upload';
import * as answers from '../../api/answers';
import type * as api from '../../api/api';
import * as input from '../../api/input';
import { action, data, type Action } from '../call';

const itemOf = (upload: Unfinished): api.UploadItem => ({
  id: upload.id,
  name: upload.name,
  file: upload.file,
  storage: upload.storage,
  size: upload.size,
  offset: upload.offset,
  piece: PIECE,
  beganAt: upload.beganAt,
  until: endsAt(upload).toISOString(),
});

export const arkUploads = {
  list: action({
    methods: ['GET'],
    permission: 'restore',
    summary: 'Uploads in pieces that whoever asks has begun and not finished, the latest first',
    answer: answers.UploadItem.array(),
    async run({ ark }) {
      const uploads = await unfinishedUploads(uploadFolder(ark.dataFolder), new Date());
      return data(uploads.filter(({ owner }) => owner === ark.host.userId).map(itemOf));
    },
  }),

  create: action({
    methods: ['POST'],
    permission: 'restore',
    summary:
      'Begin an upload in pieces: what cannot be a backup, does not fit, or has a name that is taken is refused before anything is sent. The same file again goes on where it was',
    input: input.BeginBody,
    answer: answers.UploadItem,
    async run({ ark, input: { upload: id, file, storage: where, ...announced } }) {
      const storage = await ark.host.storages.find(where);
      const upload = await beginUpload(
        {
          ...announced,
          id,
          file: file ?? announced.name,
          storage,
          owner: ark.host.userId,
          limit: ark.uploadLimit,
          folder: uploadFolder(ark.dataFolder),
        },
        new Date(),
      );
      return data(itemOf(upload));
    },
  }),

  append: action({
    methods: ['POST'],
    permission: 'restore',
    summary:
      'Add a piece; the body is its bytes. One for another place than the next is refused with UPLOAD_OFFSET, whose details tell the offset to go on from; one that does not arrive as it was sent does not count',
    query: input.PieceQuery,
    input: 'file',
    answer: answers.UploadItem,
    async run({ ark, query, body, header, signal }) {
      const length = header('content-length');
      const piece = {
        id: query.filterByTk,
        owner: ark.host.userId,
        offset: query.offset,
        length: length === undefined ? undefined : Number(length),
        crc: Number.parseInt(query.crc, 16),
        body,
        signal,
      };
      return data(itemOf(await appendPiece(uploadFolder(ark.dataFolder), piece, () => new Date())));
    },
  }),

  finish: action({
    methods: ['POST'],
    permission: 'restore',
    summary:
      'Make a backup of an upload whose last piece is here, as arkBackups:upload does; asked again, it answers the same backup',
    query: input.FinishQuery,
    input: input.EmptyBody,
    answer: answers.BackupItem,
    async run({ ark, query }) {
      const { storage, object } = await finishUpload(uploadFolder(ark.dataFolder), ark.host.storages, {
        id: query.filterByTk,
        owner: ark.host.userId,
        name: query.name,
      });
      return data(await backupItem(ark.host, await ark.catalog.item(storage, object)));
    },
  }),

  destroy: action({
    methods: ['POST'],
    permission: 'restore',
    summary: 'Throw an unfinished upload away',
    query: input.UnfinishedQuery,
    input: input.EmptyBody,
    answer: answers.Nothing,
    async run({ ark, query }) {
      await dropUpload(uploadFolder(ark.dataFolder), query.filterByTk, ark.host.userId);
      return data({});
    },
  }),
} satisfies Readonly<Record<string, Action>>;
