import * as answers from '../../api/answers';
import { action, data, type Action } from '../call';
import { liveCollections } from '../../actions/restore/liveCollections';

export const arkCollections: Readonly<Record<string, Action>> = {
  list: action({
    methods: ['GET'],
    permission: 'view',
    summary: 'The live collections, with their groups, guessed rows and sizes',
    answer: answers.LiveCollection.array(),
    run: async ({ ark }) => data(await liveCollections(ark.host)),
  }),
};
