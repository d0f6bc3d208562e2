import * as answers from '../answers';
import { action, data, type Action } from '../call';
import * as input from '../input';
import { addTrusted, describeTrust, removeTrusted } from '../trust';

export const arkTrust: Readonly<Record<string, Action>> = {
  list: action({
    methods: ['GET'],
    permission: 'view',
    summary: 'The fingerprint of this instance, and the instances whose archives it trusts',
    answer: answers.TrustList,
    run: async ({ ark }) => data(await describeTrust(ark.host)),
  }),

  add: action({
    methods: ['POST'],
    permission: 'settings',
    summary: 'Trust an instance by its fingerprint; one that is trusted already gets the new name',
    input: input.TrustBody,
    answer: answers.TrustedInstance,
    run: async ({ ark, input: given }) => data(await addTrusted(ark.host, given, new Date())),
  }),

  remove: action({
    methods: ['POST'],
    permission: 'settings',
    summary: 'Trust an instance no longer',
    query: input.TrustQuery,
    input: input.EmptyBody,
    answer: answers.Nothing,
    async run({ ark, query }) {
      await removeTrusted(ark.host, query.filterByTk);
      return data({});
    },
  }),
};
