import type { Application } from '@nocobase/server';
import { classifier, groupOf } from '../../src/server/dumper/app/groups';
import { Collection } from '../../src/server/dumper/archive/manifest';
import { liveCollections } from '../../src/server/hosts/nocobase/collections';

/** Everything that an option of a collection has been seen to be, and what nobody has seen yet. */
const ODD = [null, undefined, '', 0, 1, true, false, [], ['a'], {}, { t: 'Users' }, () => 'x', Symbol('x')];

const appWith = (options: Record<string, unknown>, origin?: unknown): Application =>
  ({
    db: {
      collections: new Map([
        ['things', { name: 'things', origin, options, model: { getTableName: () => 'things' } }],
      ]),
    },
  }) as unknown as Application;

describe('what a collection of the app says of itself', () => {
  const About = Collection.pick({ name: true, group: true, origin: true, title: true, collection: true });

  it.each(['title', 'origin', 'dumpRules', 'viewName'])('may be anything in %s', (option) => {
    for (const value of ODD) {
      const options = option === 'origin' ? {} : { [option]: value };
      const live = liveCollections(appWith(options, option === 'origin' ? value : undefined));
      const about = classifier({ tablePrefix: '', underscored: false, custom: new Map(), live })('things');
      // What a manifest would say of it must be readable again.
      expect(About.parse({ name: 'things', ...(about as object) })).toMatchObject({ collection: 'things' });
    }
  });

  it.each(ODD)('a part of its rules may be %p', (value) => {
    for (const part of ['group', 'required', 'skipped']) {
      const [said] = liveCollections(appWith({ dumpRules: { [part]: value } })).values();
      expect(groupOf(said?.rules)).toBe(
        value === true && part !== 'group' ? (part === 'required' ? 'required' : 'ignored') : 'unknown',
      );
    }
  });

  it('is believed where it is what it should be', () => {
    const said = { title: 'Things', dumpRules: { group: 'log' }, viewName: 'thingsView' };
    expect([...liveCollections(appWith(said, 'plugin-things'))]).toEqual([
      [
        'thingsView',
        { collection: 'things', rules: { group: 'log' }, origin: 'plugin-things', title: 'Things' },
      ],
    ]);
  });
});
