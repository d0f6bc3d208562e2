import { classifier } from '../../dumper/groups';
import * as answers from '../answers';
import type * as api from '../api';
import { action, data, type Action } from '../call';

export const arkCollections: Readonly<Record<string, Action>> = {
  list: action({
    methods: ['GET'],
    permission: 'view',
    summary: 'The live collections, with their groups, guessed rows and sizes',
    answer: answers.LiveCollection.array(),
    async run({ ark }) {
      const { database, app } = ark.host;
      const { facts, schema, size } = await database.describe(app);
      const classify = classifier(facts.app);
      return data(
        schema.relations.flatMap(({ name, kind }): api.LiveCollection[] => {
          const about = classify(name);
          if (about === 'own') return [];
          const { rows, bytes } = size(name);
          return [
            {
              name,
              kind,
              group: about.group,
              ...(about.title !== undefined && { title: about.title }),
              ...(about.origin !== undefined && { origin: about.origin }),
              ...(rows >= 0 && { rows: Math.round(rows) }),
              bytes,
            },
          ];
        }),
      );
    },
  }),
};
