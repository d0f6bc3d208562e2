import * as z from 'zod';
import { wallClock } from '../../jobs/scheduler';
import { describeChannels, saveChannels, testChannels } from '../../actions/alarms/alarms';
import * as answers from '../../api/answers';
import { action, data, type Action } from '../call';
import * as input from '../../api/input';

export const arkAlarms: Readonly<Record<string, Action>> = {
  get: action({
    methods: ['GET'],
    permission: 'settings',
    summary: 'Who is told of failures, without addresses and passwords, and how telling went',
    answer: answers.AlarmSettings,
    run: async ({ ark: { host } }) => data(await describeChannels(host)),
  }),

  // Not `update`: NocoBase wants an update to name what it updates.
  save: action({
    methods: ['POST'],
    permission: 'settings',
    summary: 'Replace who is told; a masked secret stays as it was',
    // A mask stands where an address has to be, so it is checked once the masks are replaced.
    input: z.looseObject({}),
    answer: answers.AlarmSettings,
    async run({ ark: { host }, input: body }) {
      await saveChannels(host, body, wallClock.now());
      return data(await describeChannels(host));
    },
  }),

  test: action({
    methods: ['POST'],
    permission: 'settings',
    summary: 'Tell everybody that this is a test, and answer how each way went',
    input: input.EmptyBody,
    answer: answers.Deliveries,
    run: async ({ ark: { host } }) => data({ deliveries: await testChannels(host, wallClock.now()) }),
  }),
};
