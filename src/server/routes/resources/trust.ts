import * as answers from '../../api/answers';
import { action, data, type Action } from '../call';
import { adoptStrays, listStrays, renewInstance } from '../../actions/backups/copied';
import * as input from '../../api/input';
import { addTrusted, describeTrust, removeTrusted } from '../../actions/trust/trust';

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
    run: async ({ ark, input: body }) => data(await addTrusted(ark.host, body, new Date())),
  }),

  strays: action({
    methods: ['GET'],
    permission: 'view',
    summary: 'Backups that bear the signature of this instance and that it did not make: its data was copied',
    answer: answers.Strays,
    run: async ({ ark }) => data(await listStrays(ark.host, ark.catalog)),
  }),

  adopt: action({
    methods: ['POST'],
    permission: 'settings',
    summary: 'This is the original: those backups count as its own from now on',
    input: input.EmptyBody,
    answer: answers.Strays,
    run: async ({ ark }) => data(await adoptStrays(ark.host, ark.catalog)),
  }),

  renew: action({
    methods: ['POST'],
    permission: 'settings',
    summary:
      'This is the copy: it gets a number and a key of its own, and all that was made before is not its own',
    input: input.EmptyBody,
    answer: answers.Renewed,
    run: async ({ ark }) => data(await renewInstance(ark.host, new Date())),
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
