import { belongsTo, done, hasMany, id, list, manyToMany, number, text, type Stage } from './situationStage';

/** One of those that NocoBase's own backup plugin is tested in. */
export interface Situation {
  readonly make: (stage: Stage) => Promise<unknown>;
  /** Since the backup. */
  readonly change: (stage: Stage) => Promise<unknown>;
  /** What the API is asked: it answers as before. */
  readonly ask: (n: Stage['n']) => readonly string[];
  /** What goes on after the restore. */
  readonly after?: (stage: Stage) => Promise<unknown>;
}

const changeAll = (stage: Stage, name: string, values: object) =>
  done(stage.admin.post(`${stage.n(name)}:update?filter={"id.$ne":0}`, values));

const RESERVED = ['order', 'group', 'table', 'user', 'column', 'where', 'default', 'references'];
const values = (names: readonly string[], value: string) =>
  Object.fromEntries(names.map((name) => [name, `${value} ${name}`]));
const DATES = {
  day: '2024-02-29',
  local: '2024-02-29 23:59:59',
  moment: '2024-02-29T23:59:59.123Z',
  clock: '23:59:59',
  unix: '2024-02-29T23:59:59.000Z',
};
const PLACES = {
  point: [116.4, 39.9],
  line: [
    [1, 2],
    [3, 4],
  ],
  circle: [1.5, -2.5, 10],
  polygon: [
    [0, 0],
    [0, 1],
    [1, 1],
  ],
};
const serial = (prefix: string) => ({
  name: 'serial',
  type: 'sequence',
  interface: 'sequence',
  patterns: [
    { type: 'string', options: { value: prefix } },
    { type: 'integer', options: { key: 1, digits: 4, start: 1, base: 10 } },
  ],
});

export const SITUATIONS: Readonly<Record<string, Situation>> = {
  'reserved words': {
    async make({ collection, row }) {
      await collection('select', [id, ...RESERVED.map(text)]);
      await row('select', values(RESERVED, 'then'));
    },
    change: (stage) => changeAll(stage, 'select', values(RESERVED, 'now')),
    ask: (n) => [list(n('select'))],
  },

  dates: {
    async make({ collection, row }) {
      await collection('dates', [
        id,
        { name: 'day', type: 'dateOnly', interface: 'date' },
        { name: 'local', type: 'datetimeNoTz', interface: 'datetimeNoTz' },
        { name: 'moment', type: 'date', interface: 'datetime' },
        { name: 'clock', type: 'time', interface: 'time' },
        { name: 'unix', type: 'unixTimestamp', interface: 'unixTimestamp' },
      ]);
      await row('dates', DATES);
      await row('dates', {});
    },
    change: (stage) => changeAll(stage, 'dates', { day: '1999-12-31', clock: '00:00:00' }),
    ask: (n) => [list(n('dates'))],
  },

  'uuid as key': {
    async make({ collection, row }) {
      await collection('uuids', [
        { name: 'id', type: 'uuid', interface: 'uuid', primaryKey: true, allowNull: false },
        text('name'),
      ]);
      await row('uuids', { name: 'one' });
      await row('uuids', { name: 'two' });
    },
    change: (stage) => done(stage.admin.post(`${stage.n('uuids')}:destroy?filter={"name":"one"}`)),
    ask: (n) => [list(n('uuids'), 'sort=name')],
  },

  'id sequences': {
    async make({ collection, row }) {
      await collection('ids', [id, text('name')]);
      for (const name of ['one', 'two', 'three']) await row('ids', { name });
    },
    async change({ row }) {
      for (const name of ['four', 'five']) await row('ids', { name });
    },
    ask: (n) => [list(n('ids'))],
    async after({ row }) {
      expect(await row('ids', { name: 'next' })).toMatchObject({ id: 4 });
    },
  },

  sequences: {
    async make({ collection, row }) {
      await collection('serials', [id, text('name'), serial('S-')]);
      for (const name of ['one', 'two', 'three']) await row('serials', { name });
    },
    async change({ row }) {
      expect(await row('serials', { name: 'four' })).toMatchObject({ serial: 'S-0004' });
    },
    ask: (n) => [list(n('serials')), `sequences:list?filter={"collection":"${n('serials')}"}`],
    async after({ row }) {
      expect(await row('serials', { name: 'next' })).toMatchObject({ serial: 'S-0004' });
    },
  },

  'a collection over a query': {
    make: ({ collection, n }) =>
      collection('queried', [number('one'), text('two')], {
        template: 'sql',
        sql: `SELECT 1 AS one, '${n('queried')}' AS two`,
        autoGenId: false,
        timestamps: false,
        filterTargetKey: 'one',
      }),
    change: (stage) => done(stage.admin.post(`collections:destroy?filterByTk=${stage.n('queried')}`)),
    ask: (n) => [list(n('queried'), '')],
  },

  'a collection over a view': {
    async make({ collection, db, n, row }) {
      await collection('viewed', [id, text('name')]);
      await row('viewed', { name: 'one' });
      await db.sql(`CREATE VIEW "${n('seen')}" AS SELECT id, upper(name) AS name FROM "${n('viewed')}"`);
      await collection('seen', [number('id'), text('name')], {
        template: 'view',
        view: true,
        viewName: n('seen'),
        databaseView: `public_${n('seen')}`,
        schema: 'public',
        autoGenId: false,
        timestamps: false,
        filterTargetKey: 'id',
      });
    },
    change: ({ db, n }) =>
      db.sql(`CREATE OR REPLACE VIEW "${n('seen')}" AS SELECT id, lower(name) AS name FROM "${n('viewed')}"`),
    ask: (n) => [list(n('seen'))],
  },

  'a view that is missing': {
    async make({ collection, db, n }) {
      await db.sql(`CREATE VIEW "${n('missing')}" AS SELECT 1 AS id`);
      await collection('missing', [number('id')], {
        template: 'view',
        view: true,
        viewName: n('missing'),
        databaseView: `public_${n('missing')}`,
        schema: 'public',
        autoGenId: false,
        timestamps: false,
        filterTargetKey: 'id',
      });
      await db.sql(`DROP VIEW "${n('missing')}"`);
    },
    change: () => Promise.resolve(),
    ask: (n) => [`collections:get?filterByTk=${n('missing')}`],
    async after({ admin, db, n }) {
      await db.sql(`CREATE VIEW "${n('missing')}" AS SELECT 7 AS id`);
      expect(await done(admin.get(list(n('missing'))))).toMatchObject([{ id: 7 }]);
    },
  },

  map: {
    async make({ collection, row }) {
      await collection('places', [
        id,
        { name: 'point', type: 'point', interface: 'point' },
        { name: 'line', type: 'lineString', interface: 'lineString' },
        { name: 'circle', type: 'circle', interface: 'circle' },
        { name: 'polygon', type: 'polygon', interface: 'polygon' },
      ]);
      await row('places', PLACES);
      await row('places', {});
    },
    change: (stage) => changeAll(stage, 'places', { point: [0, 0] }),
    ask: (n) => [list(n('places'))],
  },

  'camel case': {
    async make({ collection, n, row }) {
      await collection('camelCase', [
        id,
        text('someField'),
        belongsTo('theParent', n('camelCase'), 'theParentId'),
      ]);
      const { id: theParentId } = await row('camelCase', { someField: 'one' });
      await row('camelCase', { someField: 'two', theParentId });
    },
    change: (stage) => changeAll(stage, 'camelCase', { someField: 'now', theParentId: null }),
    ask: (n) => [list(n('camelCase'), 'sort=id&appends=theParent')],
  },

  'parents and children': {
    async make({ collection, n, row }) {
      await collection('parents', [id, text('name')]);
      await collection('kids', [
        id,
        text('name'),
        belongsTo('parent', n('parents'), 'parentId', { onDelete: 'CASCADE' }),
      ]);
      await row('parents', { name: 'one' });
      await row('parents', { name: 'two' });
      for (const parentId of [1, 1, 2]) await row('kids', { name: `of ${parentId}`, parentId });
    },
    async change(stage) {
      await done(stage.admin.post(`${stage.n('parents')}:destroy?filterByTk=1`));
      await changeAll(stage, 'kids', { name: 'now' });
    },
    ask: (n) => [list(n('parents')), list(n('kids'), 'sort=id&appends=parent')],
    async after({ row }) {
      expect(await row('kids', { name: 'next', parentId: 1 })).toMatchObject({ id: 4, parentId: 1 });
    },
  },

  sort: {
    async make({ collection, row }) {
      await collection('sorted', [id, text('name'), { name: 'sort', type: 'sort', interface: 'sort' }]);
      for (const name of ['one', 'two', 'three']) await row('sorted', { name });
    },
    change: ({ admin, n }) => done(admin.post(`${n('sorted')}:move?sourceId=1&targetId=3&sortField=sort`)),
    ask: (n) => [list(n('sorted'), 'sort=sort')],
    async after({ row }) {
      expect(await row('sorted', { name: 'next' })).toMatchObject({ sort: 4 });
    },
  },

  'many to many': {
    async make({ collection, n, row }) {
      await collection('tags', [id, text('name')]);
      await collection('posts', [
        id,
        text('name'),
        // One whose pairs have a collection, and one whose pairs are a table alone.
        manyToMany('tags', n('tags'), { through: n('postsTags'), foreignKey: 'postId', otherKey: 'tagId' }),
        manyToMany('more', n('tags'), { through: n('postsMore'), foreignKey: 'postId', otherKey: 'tagId' }),
      ]);
      for (const name of ['red', 'blue']) await row('tags', { name });
      await row('posts', { name: 'one', tags: [1, 2], more: [2] });
      await row('posts', { name: 'two', tags: [2] });
    },
    async change({ admin, n }) {
      await done(admin.post(`${n('posts')}/1/tags:set`, []));
      await done(admin.post(`${n('posts')}/2/more:add`, [1]));
    },
    ask: (n) => [list(n('posts'), 'sort=id&appends=tags,more')],
  },

  'a deleted field': {
    async make({ collection, row }) {
      await collection('shrunk', [id, text('name'), text('note')]);
      await row('shrunk', { name: 'one', note: 'kept' });
    },
    change: ({ admin, n }) => done(admin.post(`collections/${n('shrunk')}/fields:destroy?filterByTk=note`)),
    ask: (n) => [list(n('shrunk')), `collections/${n('shrunk')}/fields:list?sort=name&fields=name,type`],
    async after({ row }) {
      expect(await row('shrunk', { name: 'next', note: 'n' })).toMatchObject({ note: 'n' });
    },
  },

  'a destroyed collection': {
    async make({ collection, row }) {
      await collection('destroyed', [id, text('name')]);
      await row('destroyed', { name: 'one' });
    },
    change: ({ admin, n }) => done(admin.post(`collections:destroy?filterByTk=${n('destroyed')}`)),
    ask: (n) => [list(n('destroyed'))],
    async after({ row }) {
      expect(await row('destroyed', { name: 'next' })).toMatchObject({ id: 2 });
    },
  },

  tree: {
    async make({ collection, n, row }) {
      await collection(
        'nodes',
        [
          id,
          text('name'),
          number('parentId'),
          belongsTo('parent', n('nodes'), 'parentId', { treeParent: true, onDelete: 'CASCADE' }),
          hasMany('children', n('nodes'), 'parentId', { treeChildren: true, onDelete: 'CASCADE' }),
        ],
        { template: 'tree', tree: 'adjacencyList' },
      );
      await row('nodes', { name: 'root' });
      await row('nodes', { name: 'branch', parentId: 1 });
      await row('nodes', { name: 'leaf', parentId: 2 });
    },
    async change({ admin, n, row }) {
      await done(admin.post(`${n('nodes')}:destroy?filterByTk=3`));
      await row('nodes', { name: 'other root' });
    },
    ask: (n) => [list(n('nodes'), 'tree=true&sort=id'), list(n('nodes'), 'sort=id&appends=parent')],
    async after({ db, n, row }) {
      const { id: made } = await row('nodes', { name: 'next', parentId: 3 });
      const paths = await db.query<{ path: string; n: number }>(
        `SELECT path, (SELECT count(*)::int FROM "main_${n('nodes')}_path") AS n FROM "main_${n('nodes')}_path" WHERE "nodePk" = ${Number(made)}`,
      );
      expect(paths).toEqual([{ path: `/1/2/3/${Number(made)}`, n: 4 }]);
    },
  },

  'regions of China': {
    async make({ collection, n, row }) {
      await collection('addresses', [
        id,
        text('name'),
        {
          name: 'region',
          type: 'belongsToMany',
          interface: 'chinaRegion',
          target: 'chinaRegions',
          targetKey: 'code',
          sourceKey: 'id',
          sortBy: 'level',
          through: n('addressRegions'),
          foreignKey: 'addressId',
          otherKey: 'regionCode',
        },
      ]);
      await row('addresses', { name: 'one', region: ['11', '1101'] });
    },
    change: ({ admin, n }) => done(admin.post(`${n('addresses')}/1/region:set`, [])),
    ask: (n) => [list(n('addresses'), 'sort=id&appends=region')],
  },

  inheritance: {
    async make({ collection, n, row }) {
      await collection('people', [id, text('name')]);
      await collection('staff', [number('salary')], { inherits: [n('people')], autoGenId: false });
      await row('people', { name: 'Ann' });
      await row('staff', { name: 'Bob', salary: 5 });
    },
    change: (stage) => changeAll(stage, 'people', { name: 'now' }),
    ask: (n) => [list(n('people')), list(n('staff'))],
    async after({ row }) {
      expect(await row('staff', { name: 'next', salary: 1 })).toMatchObject({ id: 3 });
    },
  },
};
