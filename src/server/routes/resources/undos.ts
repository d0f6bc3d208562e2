import type { Undo } from '../../dumper/dialect';
import * as answers from '../../api/answers';
import { action, data, type Action } from '../call';
import * as input from '../../api/input';
import { applyUndo, dropUndo, findUndo, listUndos, previewUndo } from '../../actions/restore/undos';

const itemOf = (undo: Undo) => ({
  ...undo,
  at: undo.at.toISOString(),
  expiresAt: undo.expiresAt.toISOString(),
});

export const arkUndos: Readonly<Record<string, Action>> = {
  list: action({
    methods: ['GET'],
    permission: 'view',
    summary: 'What can be undone, newest first',
    answer: answers.UndoItem.array(),
    async run({ ark }) {
      const undos = await listUndos(ark.host);
      return data(undos.map(itemOf));
    },
  }),

  preview: action({
    methods: ['GET'],
    permission: 'restore',
    summary: 'What an undo would change; nothing is changed',
    query: input.JobQuery,
    answer: answers.UndoPreview,
    async run({ ark, query }) {
      const preview = await previewUndo(ark.host, await findUndo(ark.host, query.filterByTk));
      return data({ ...preview, later: preview.later.map(itemOf) });
    },
  }),

  apply: action({
    methods: ['POST'],
    permission: 'restore',
    summary: 'Put back what a restore replaced',
    query: input.JobQuery,
    input: input.UndoBody,
    answer: answers.Started,
    async run({ ark, query, input: body }) {
      const undo = await findUndo(ark.host, query.filterByTk);
      const job = await ark.running.start({ writes: true }, (watch) =>
        applyUndo(ark.host, undo, {
          allowBreaks: body.allowBreaks ?? false,
          acceptLost: body.acceptLost,
          ...watch,
        }),
      );
      return data({ job });
    },
  }),

  destroy: action({
    methods: ['POST'],
    permission: 'delete',
    summary: 'Free the space of an undo; it cannot be undone any more',
    query: input.JobQuery,
    input: input.EmptyBody,
    answer: answers.Nothing,
    async run({ ark, query }) {
      const undo = await findUndo(ark.host, query.filterByTk);
      await dropUndo(ark.host, undo.job);
      return data({});
    },
  }),
};
