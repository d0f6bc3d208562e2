import { dropTakeBack, listTakeBacks, previewUndoRows, undoRows } from '../../actions/takeBack/undoRows';
import * as answers from '../../api/answers';
import * as input from '../../api/input';
import { action, data, type Action } from '../call';

export const arkTakeBacks: Readonly<Record<string, Action>> = {
  list: action({
    methods: ['GET'],
    permission: 'view',
    summary: 'Rows that were taken back and can be put back as they were, newest first',
    answer: answers.TakeBackItem.array(),
    async run({ ark }) {
      return data(await listTakeBacks(ark.host));
    },
  }),

  preview: action({
    methods: ['GET'],
    permission: 'takeBack',
    summary: 'What an undo of a taking back would change; nothing is changed',
    query: input.JobQuery,
    answer: answers.TakeBackUndoPreview,
    async run({ ark, query }) {
      return data(await previewUndoRows(ark.host, query.filterByTk));
    },
  }),

  undo: action({
    methods: ['POST'],
    permission: 'takeBack',
    summary: 'Put rows back as they were before they were taken back',
    query: input.JobQuery,
    input: input.TakeBackUndoBody,
    answer: answers.Started,
    async run({ ark, query, input: body }) {
      const job = await ark.running.start({ writes: true }, (watch) =>
        undoRows(ark.host, query.filterByTk, {
          overwrite: body.overwrite,
          expected: body.expected,
          ...watch,
        }),
      );
      return data({ job });
    },
  }),

  destroy: action({
    methods: ['POST'],
    permission: 'delete',
    summary: 'Forget how rows were before they were taken back',
    query: input.JobQuery,
    input: input.EmptyBody,
    answer: answers.Nothing,
    async run({ ark, query }) {
      await dropTakeBack(ark.host, query.filterByTk);
      return data({});
    },
  }),
};
