import { openStored } from '../../actions/backups/findBackup';
import { recordLook } from '../../actions/look/recordLook';
import { findPrepared, type PreparedRestore } from '../../actions/prepared/entry';
import { dropPrepared, listPrepared } from '../../actions/prepared/listPrepared';
import { preparedInTurn } from '../../actions/prepared/preparedInTurn';
import { swapPrepared } from '../../actions/prepared/swapPrepared';
import type { Archive } from '../../dumper/archive/archive';
import type { Keys } from '../../dumper/container/cipher';
import type { Host } from '../../host';
import * as answers from '../../api/answers';
import * as input from '../../api/input';
import { action, data, type Action } from '../call';

const opened = (host: Host, { backup, storage }: PreparedRestore, keys: Keys): Promise<Archive> =>
  openStored(host, backup, storage, keys);

export const arkPrepared = {
  list: action({
    methods: ['GET'],
    permission: 'view',
    summary: 'Restores that are staged and wait for their swap, newest first',
    answer: answers.PreparedItem.array(),
    async run({ ark }) {
      return data(await listPrepared(ark.host));
    },
  }),

  preview: action({
    methods: ['POST'],
    permission: 'restore',
    summary:
      'What the swap of a prepared restore would take away, change and bring, exactly, and without showing any row; nothing is changed. Answers when all is read',
    query: input.JobQuery,
    input: input.PreparedKeysBody,
    answer: answers.PreparedComparison,
    async run({ ark, query, input: keys, signal }) {
      const prepared = await findPrepared(ark.host, query.filterByTk);
      const archive = await opened(ark.host, prepared, keys);
      return data(await preparedInTurn(ark, archive, prepared, 0, signal));
    },
  }),

  compare: action({
    methods: ['POST'],
    permission: 'look',
    summary: 'The same with examples of rows, secrets masked',
    query: input.PreparedQuery,
    input: input.PreparedKeysBody,
    answer: answers.PreparedComparison,
    async run({ ark, query, input: keys, signal }) {
      const prepared = await findPrepared(ark.host, query.filterByTk);
      const archive = await opened(ark.host, prepared, keys);
      const comparison = await preparedInTurn(ark, archive, prepared, query.examples, signal);
      const looked = comparison.collections.map(({ name }) => name);
      await recordLook(ark.host, prepared.backup, looked);
      return data(comparison);
    },
  }),

  swap: action({
    methods: ['POST'],
    permission: 'restore',
    summary: 'Start the swap of a prepared restore: all of it or nothing',
    query: input.JobQuery,
    input: input.SwapBody,
    answer: answers.Started,
    async run({ ark, query, input: { acceptLost, allowPlain, ...keys } }) {
      const prepared = await findPrepared(ark.host, query.filterByTk);
      const archive = await opened(ark.host, prepared, { ...keys, allowPlain });
      const { dataFolder } = ark;
      const job = await ark.running.start({ writes: true }, (watch) =>
        swapPrepared(ark.host, archive, prepared, { acceptLost, allowPlain, dataFolder, ...watch }),
      );
      return data({ job });
    },
  }),

  destroy: action({
    methods: ['POST'],
    permission: 'restore',
    summary: 'Delete what was prepared; nothing that is live is touched',
    query: input.JobQuery,
    input: input.EmptyBody,
    answer: answers.Nothing,
    async run({ ark, query }) {
      await dropPrepared(ark.host, query.filterByTk);
      return data({});
    },
  }),
} satisfies Readonly<Record<string, Action>>;
