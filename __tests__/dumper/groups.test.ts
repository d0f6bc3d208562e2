import { damaged } from '../../src/server/errors/errors';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { whole } from '../../src/server/bytes';
import { createArchive } from '../../src/server/dumper/archive/writeArchive';
import { openArchive } from '../../src/server/dumper/archive/readArchive';
import {
  ALL_GROUPS,
  classifier,
  DEFAULT_GROUPS,
  groupOf,
  GroupName,
  parseGroups,
  select,
  snakeCase,
  tableName,
  type AppFacts,
  type DumpRules,
} from '../../src/server/dumper/app/groups';
import type { Manifest } from '../../src/server/dumper/archive/manifest';
import systemCollections from '../../src/server/collections/nocobase.json';
import { createBackup } from '../../src/server/actions/backups/createBackup';
import { findArchive } from '../../src/server/actions/backups/findBackup';
import { previewBackup } from '../../src/server/actions/restore/previewBackup';
import type { Selection } from '../../src/server/dumper/app/groups';
import { newSigner } from '../../src/server/dumper/archive/signature';
import { hostOf, newDataFolder, restoreAll } from '../helpers/ark';
import { digest } from '../helpers/digest';
import { newDatabase, type TestDatabase } from '../helpers/postgres';

describe('the group of a collection by its own rules', () => {
  const cases: [rules: DumpRules, group: GroupName][] = [
    [undefined, 'unknown'],
    ['required', 'required'],
    ['user', 'user'],
    ['log', 'log'],
    ['third-party', 'third-party'],
    ['custom', 'custom'],
    ['unknown', 'unknown'],
    ['skipped', 'ignored'],
    ['ignored', 'ignored'],
    ['', 'unknown'],
    ['no such group', 'unknown'],
    ['Required', 'unknown'],
    ['__proto__', 'unknown'],
    [{}, 'unknown'],
    [{ group: 'user' }, 'user'],
    [{ group: 'log' }, 'log'],
    [{ group: 'skipped' }, 'ignored'],
    [{ group: 'no such group' }, 'unknown'],
    [{ required: true }, 'required'],
    [{ skipped: true }, 'ignored'],
    [{ required: true, group: 'user' }, 'required'],
    [{ required: false, group: 'user' }, 'user'],
    [{ skipped: true, group: 'user' }, 'ignored'],
    [{ skipped: false, group: 'custom' }, 'custom'],
    [{ required: true, skipped: true }, 'required'],
    [{ required: false, skipped: false }, 'unknown'],
  ];
  it.each(cases)('%j is %s', (rules, group) => {
    expect(groupOf(rules)).toBe(group);
  });

  it('every fact about a system collection is a group', () => {
    for (const [name, [group]] of Object.entries(systemCollections))
      expect([name, GroupName.safeParse(group).success]).toEqual([name, true]);
  });
});

describe('names of tables', () => {
  it.each([
    ['users', 'users'],
    ['applicationPlugins', 'application_plugins'],
    ['userDataSyncRecords', 'user_data_sync_records'],
    ['rolesUsers', 'roles_users'],
    ['t_0abc', 't_0abc'],
    ['aiMCPClients', 'ai_mcp_clients'],
    ['already_snake_case', 'already_snake_case'],
    ['UISchema', 'ui_schema'],
  ])('%s is %s in an app that underscores', (collection, table) => {
    expect(snakeCase(collection)).toBe(table);
    expect(tableName(collection, { tablePrefix: 'nb_', underscored: true })).toBe(`nb_${table}`);
    expect(tableName(collection, { tablePrefix: 'nb_', underscored: false })).toBe(`nb_${collection}`);
  });

  it('no two system collections get the same table', () => {
    const names = Object.keys(systemCollections).map(snakeCase);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('sorting tables into groups', () => {
  const app = (more: Partial<AppFacts> = {}): AppFacts => ({
    tablePrefix: '',
    underscored: false,
    custom: new Map(),
    ...more,
  });

  it('what an app says itself wins over the table of facts, and that over what users made', () => {
    const custom = new Map([
      ['users', { collection: 'users', title: 'Users' }],
      ['t_orders', { collection: 'orders', title: 'Orders' }],
    ]);
    const live = new Map([['roles', { collection: 'roles', rules: 'log' as const, origin: 'a plugin' }]]);
    const classify = classifier(app({ custom, live }));
    expect(classify('roles')).toEqual({ group: 'log', collection: 'roles', origin: 'a plugin' });
    expect(classify('users')).toMatchObject({ group: 'user', collection: 'users' });
    expect(classify('t_orders')).toEqual({ group: 'custom', collection: 'orders', title: 'Orders' });
    expect(classify('something_else')).toEqual({ group: 'unknown' });
    expect(classify('applicationPlugins')).toMatchObject({ group: 'required' });
    expect(classify('chinaRegions')).toMatchObject({ group: 'ignored' });
    expect(classify('executions')).toMatchObject({ group: 'log' });
  });

  it('what is part of a collection goes where that goes, unless it has rules of its own', () => {
    const custom = new Map([['t_kinds', { collection: 'kinds', title: 'Kinds' }]]);
    const parts = new Map([
      ['main_kinds_path', 't_kinds'],
      ['friends', 'users'],
      ['rolesUsers', 't_kinds'],
      ['lost', 'nowhere'],
      ['of_ours', 'arkJobs'],
    ]);
    const live = new Map([['main_kinds_path', { collection: 'main_kinds_path', rules: undefined }]]);
    for (const facts of [app({ custom, parts }), app({ custom, parts, live })]) {
      const classify = classifier(facts);
      expect(classify('main_kinds_path')).toMatchObject({ group: 'custom' });
      expect(classify('friends')).toMatchObject({ group: 'user' });
      expect(classify('rolesUsers')).toMatchObject({ group: 'user', collection: 'rolesUsers' });
      expect(classify('lost')).toEqual({ group: 'unknown' });
      expect(classify('of_ours')).toEqual({ group: 'unknown' });
    }
  });

  it('names of the app are not names of a database that has no app', () => {
    const classify = classifier(undefined);
    const system = ['users', 'applicationPlugins', 'executions', 'chinaRegions'];
    for (const name of [...system, 'arkJobs', 'ark_jobs', 'arkSettings', 'ark_settings'])
      expect(classify(name)).toEqual({ group: 'unknown' });
  });

  it("Ark's own tables, however the app names its tables", () => {
    const names: [AppFacts | undefined, string[]][] = [
      [app(), ['arkJobs', 'ark_jobs', 'arkStorages', 'arkSchedules', 'arkBackups']],
      [app({ underscored: true }), ['ark_jobs', 'ark_storages', 'ark_schedules', 'ark_settings']],
      [app({ tablePrefix: 'nb_' }), ['nb_arkJobs', 'nb_arkSettings']],
      [app({ tablePrefix: 'nb_', underscored: true }), ['nb_ark_jobs', 'nb_ark_settings']],
    ];
    for (const [facts, tables] of names)
      for (const table of tables) expect([table, classifier(facts)(table)]).toEqual([table, 'own']);
    for (const table of ['arks', 'arkJobsOfMine', 'my_arkJobs', 'ark'])
      expect(classifier(app())(table)).toEqual({ group: 'unknown' });
  });
});

describe('a selection', () => {
  const candidates = GroupName.options.map((group) => ({ name: `t_${group}`, collection: group, group }));
  const names = (selection: Selection): string[] =>
    select(candidates, selection, 'database').map((one) => one.group);

  it('without words: everything but logs and what is ignored', () => {
    expect(names({})).toEqual(['required', 'user', 'custom', 'third-party', 'unknown']);
    expect(names({})).toEqual(DEFAULT_GROUPS);
  });

  it('everything: logs too, what is ignored never', () => {
    expect(names({ all: true })).toEqual(GroupName.options.filter((option) => option !== 'ignored'));
    expect(names({ all: true }).sort()).toEqual([...ALL_GROUPS].sort());
  });

  it('by group: required belongs to each, what is ignored to none', () => {
    expect(names({ groups: ['user'] })).toEqual(['required', 'user']);
    expect(names({ groups: ['log', 'unknown'] })).toEqual(['required', 'unknown', 'log']);
    expect(names({ groups: ['ignored'] })).toEqual(['required']);
    expect(names({ groups: [] })).toEqual(['required']);
  });

  it('by collection: just that, by table or collection name', () => {
    expect(names({ collections: ['t_user'] })).toEqual(['user']);
    expect(names({ collections: ['user', 't_user', 'log'] })).toEqual(['user', 'log']);
    expect(() => names({ collections: ['ignored'] })).toThrow(/never backed up/);
    expect(() => names({ collections: ['USE'] })).toThrow(/"USE"\. Did you mean user, t_user\?/);
    expect(() => names({ collections: ['usre'] })).toThrow(/"usre"\. Did you mean .*user/);
    expect(() => names({ collections: ['nothing like it'] })).toThrow(
      /has no collection "nothing like it"\.$/,
    );
  });

  it('in words', () => {
    expect(parseGroups('user, custom,third-party')).toEqual(['user', 'custom', 'third-party']);
    expect(parseGroups('skipped')).toEqual(['ignored']);
    // As NocoBase and the page have them, however they are written.
    const page = JSON.parse(
      readFileSync(join(__dirname, '..', '..', 'src', 'locale', 'en-US.json'), 'utf8'),
    ) as Record<string, string>;
    for (const group of GroupName.options) {
      for (const name of [group, page[`group.${group}`] ?? '', group.toUpperCase(), group.replace('-', '_')])
        expect([name, parseGroups(name)]).toEqual([name, [group]]);
    }
    // As its backup-restore plugin has them.
    const official = {
      required: 'Required data',
      user: 'User data',
      custom: 'Custom collection data',
      'third-party': 'Third-party service information',
      unknown: 'Unknown data',
      log: 'Log data',
      ignored: 'Skipped data',
    };
    expect(Object.keys(official)).toEqual(GroupName.options);
    for (const [group, name] of Object.entries(official))
      for (const written of [name, name.toUpperCase(), name.toLowerCase(), name.replaceAll(' ', '_')])
        expect([written, parseGroups(written)]).toEqual([written, [group]]);
    // A slip in any of these leads to the group.
    expect(() => parseGroups('conections')).toThrow(/Did you mean third-party\?/);
    expect(() => parseGroups('costum colection data')).toThrow(/Did you mean custom\?/);
    expect(() => parseGroups('usr')).toThrow(/no group "usr"\. Did you mean user\?/);
    for (const wrong of ['', 'user,', 'all', 'user custom'])
      expect(() => parseGroups(wrong)).toThrow(expect.objectContaining({ code: 'GROUP_UNKNOWN' }) as Error);
  });
});

describe('in a database', () => {
  let data: Awaited<ReturnType<typeof newDataFolder>>;
  const databases: TestDatabase[] = [];
  beforeAll(async () => {
    data = await newDataFolder();
  });
  afterAll(async () => {
    await Promise.all(databases.map((database) => database.drop()));
    await data.remove();
  });
  const database = async (sql = ''): Promise<TestDatabase> => {
    const made = await newDatabase();
    databases.push(made);
    if (sql !== '') await made.sql(sql);
    return made;
  };
  let backups = 0;
  const backUp = async (url: string, selection: Selection = {}) => {
    const host = hostOf(url, data.folder);
    const name = `groups-${(backups += 1)}`;
    const { result } = await createBackup(host, { selection, to: { storage: 'local', name } });
    return { ...result, archive: await findArchive(host, `${name}.ark`) };
  };
  const groupsIn = (manifest: Manifest): Record<string, string> =>
    Object.fromEntries(manifest.collections.map((collection) => [collection.name, collection.group]));

  /** A small NocoBase: its system tables, two collections of users, one of them under another table name. */
  const nocobase = (prefix: string, underscored: boolean): string => {
    const t = (name: string) => `"${prefix}${underscored ? snakeCase(name) : name}"`;
    const c = (name: string) => `"${underscored ? snakeCase(name) : name}"`;
    return `
      CREATE TABLE ${t('applicationPlugins')} (name text, ${c('packageName')} text, version text, enabled boolean);
      INSERT INTO ${t('applicationPlugins')} VALUES ('acl', '@nocobase/plugin-acl', '2.2.15', true), ('mine', NULL, NULL, NULL);
      CREATE TABLE ${t('applicationVersion')} (value text);
      INSERT INTO ${t('applicationVersion')} VALUES ('2.2.15');
      CREATE TABLE ${t('collections')} (name text, title text, options json);
      INSERT INTO ${t('collections')} VALUES ('orders', 'Orders', '{}'), ('customers', NULL, '{"tableName": "kunden"}'),
        ('orderItems', 'Items', '{}'), ('a_view_gone', 'Gone', '{}'), ('kinds', 'Kinds', '{"tree": "adjacencyList"}');
      CREATE TABLE ${t('fields')} (key text, ${c('collectionName')} text, options json);
      INSERT INTO ${t('fields')} VALUES ('1', 'orders', '{"target": "users"}'), ('2', 'orders', '{}'),
        ('3', 'orders', '{"target": "kinds", "through": "t_pairs"}'), ('4', 'kinds', '{"target": "orders", "through": "t_pairs"}'),
        ('5', 'users', '{"target": "roles", "through": "rolesUsers"}'), ('6', 'users', '{"target": "users", "through": "friends"}');
      CREATE TABLE ${t('kinds')} (id bigserial PRIMARY KEY, "parentId" bigint);
      CREATE TABLE ${t('main_kinds_path')} ("nodePk" bigint, path text, "rootPk" bigint);
      CREATE TABLE ${t('t_pairs')} (a bigint, b bigint);
      CREATE TABLE ${t('friends')} (a bigint, b bigint);
      CREATE TABLE ${t('main_nobody_path')} ("nodePk" bigint);
      CREATE TABLE ${t('users')} (id bigserial PRIMARY KEY, nickname text);
      INSERT INTO ${t('users')} (nickname) VALUES ('Ann');
      CREATE TABLE ${t('rolesUsers')} (id integer);
      CREATE TABLE ${t('executions')} (id integer);
      CREATE TABLE ${t('chinaRegions')} (code text);
      INSERT INTO ${t('chinaRegions')} VALUES ('11');
      CREATE TABLE ${t('authenticators')} (id integer);
      CREATE TABLE ${t('environmentVariables')} (name text);
      CREATE TABLE ${t('orders')} (id integer PRIMARY KEY, "userId" bigint REFERENCES ${t('users')});
      CREATE TABLE "${prefix}kunden" (id integer);
      CREATE TABLE ${t('orderItems')} (id integer, "orderId" integer REFERENCES ${t('orders')});
      CREATE TABLE "somebody else's" (id integer);
      CREATE TABLE ${t('arkJobs')} (id integer, note text);
      INSERT INTO ${t('arkJobs')} VALUES (1, 'written before the backup');
      CREATE TABLE ${t('arkSettings')} (id integer);`;
  };

  describe.each([
    ['plain', '', false],
    ['with a prefix', 'nb_', false],
    ['underscored', '', true],
    ['with a prefix and underscored', 'my_app_', true],
    ['with a prefix that wants quoting', 'Mein "', false],
  ])('NocoBase %s', (_, prefix, underscored) => {
    const t = (name: string) => prefix + (underscored ? snakeCase(name) : name);
    const sql = () => nocobase(prefix.replace(/"/g, '""'), underscored);

    it('every table has its group, its collection and its title', async () => {
      const source = await database(sql());
      const { manifest } = await backUp(source.url, { all: true });
      expect(groupsIn(manifest)).toEqual({
        [t('applicationPlugins')]: 'required',
        [t('applicationVersion')]: 'required',
        [t('collections')]: 'required',
        [t('fields')]: 'required',
        [t('users')]: 'user',
        [t('rolesUsers')]: 'user',
        [t('executions')]: 'log',
        [t('authenticators')]: 'third-party',
        [t('environmentVariables')]: 'unknown',
        [t('orders')]: 'custom',
        [t('orderItems')]: 'custom',
        [`${prefix}kunden`]: 'custom',
        [t('kinds')]: 'custom',
        // What is part of a collection has its group; a name alone makes nothing a part.
        [t('main_kinds_path')]: 'custom',
        [t('t_pairs')]: 'custom',
        [t('friends')]: 'user',
        [t('main_nobody_path')]: 'unknown',
        "somebody else's": 'unknown',
      });
      const titles = manifest.collections.filter((collection) => collection.group === 'custom');
      expect(titles.map((title) => [title.collection ?? title.name, title.title]).sort()).toEqual(
        [
          ['customers', undefined],
          ['kinds', 'Kinds'],
          [t('main_kinds_path'), undefined],
          ['orderItems', 'Items'],
          ['orders', 'Orders'],
          [t('t_pairs'), undefined],
        ].sort(),
      );
      expect(manifest.app).toEqual({
        name: 'nocobase',
        version: '2.2.15',
        plugins: [
          { name: '@nocobase/plugin-acl', version: '2.2.15', enabled: true },
          { name: 'mine', enabled: false },
        ],
      });
      expect(manifest.database).toMatchObject({ tablePrefix: prefix, underscored });
    });

    it('what is left out is named: logs by default, ignored and our own always', async () => {
      const source = await database(sql());
      const { manifest, warnings } = await backUp(source.url);
      const names = Object.keys(groupsIn(manifest));
      for (const name of ['executions', 'chinaRegions', 'arkJobs', 'arkSettings']) {
        expect(names).not.toContain(t(name));
        expect(manifest.notIncluded).toContainEqual(
          expect.objectContaining({ what: 'collection', name: t(name) }),
        );
      }
      expect(names).toHaveLength(17);
      expect(warnings).toEqual([]);
    });

    it('a group restore keeps our own tables and what was left out as they are', async () => {
      const source = await database(sql());
      const { archive } = await backUp(source.url, { all: true });
      const quoted = (name: string) => `"${t(name).replace(/"/g, '""')}"`;
      await source.sql(`
        UPDATE ${quoted('arkJobs')} SET note = 'written after the backup';
        INSERT INTO ${quoted('chinaRegions')} VALUES ('12');
        INSERT INTO ${quoted('executions')} VALUES (7);
        INSERT INTO ${quoted('users')} (nickname) VALUES ('Bob');`);
      const before = await digest(source.url);
      await restoreAll(hostOf(source.url, data.folder), archive, { groups: ['user'] });
      const after = await digest(source.url);
      for (const name of ['arkJobs', 'arkSettings', 'chinaRegions', 'executions'])
        expect([name, after.tables[t(name)]]).toEqual([name, before.tables[t(name)]]);
      expect(after.tables[t('users')]).toMatch(/^1 /);
      expect(after.tables[t('users')]).not.toBe(before.tables[t('users')]);
    });
  });

  it.each([
    ['an app that runs', true],
    ['the database alone', false],
  ])('what is part of a collection comes back with it, into %s', async (_, running) => {
    const source = await database(nocobase('', false));
    const plain = hostOf(source.url, data.folder);
    const names = ['kinds', 'main_kinds_path', 't_pairs', 'friends', 'users', 'orders'];
    // A running app has collections without rules for the parts too.
    const rules = (name: string) =>
      ['kinds', 'orders'].includes(name) ? 'custom' : name === 'users' ? 'user' : undefined;
    const live = new Map(names.map((name) => [name, { collection: name, rules: rules(name) }]));
    const host = running ? { ...plain, app: { ...plain.app, collections: () => live } } : plain;
    const name = `parts-${running ? 'live' : 'plain'}`;
    await createBackup(host, { selection: { all: true }, to: { storage: 'local', name } });
    const archive = await findArchive(host, `${name}.ark`);
    const then = await digest(source.url);
    await source.sql(
      `INSERT INTO main_kinds_path VALUES (9); INSERT INTO t_pairs VALUES (9, 9); INSERT INTO friends VALUES (9, 9)`,
    );
    const before = await digest(source.url);
    const { warnings } = await previewBackup(host, archive, { groups: ['custom'] });
    expect(warnings.filter((warning) => warning.kind === 'group')).toEqual([]);
    await restoreAll(host, archive, { groups: ['custom'] });
    const { tables } = await digest(source.url);
    for (const part of ['main_kinds_path', 't_pairs'])
      expect([part, tables[part]]).toEqual([part, then.tables[part]]);
    expect(tables.friends).toBe(before.tables.friends);
  });

  it('a plain database has everything in unknown, even what is named as our own tables', async () => {
    const source = await database(`
      CREATE TABLE users (id integer); CREATE TABLE executions (id integer); CREATE VIEW v AS SELECT * FROM users;
      CREATE TABLE "arkJobs" (id integer); CREATE TABLE "collections" (name text, title text, options json);`);
    const { manifest } = await backUp(source.url);
    expect(groupsIn(manifest)).toEqual({
      users: 'unknown',
      executions: 'unknown',
      v: 'unknown',
      collections: 'unknown',
      arkJobs: 'unknown',
    });
    expect(manifest.app).toBeUndefined();
    expect(manifest.notIncluded).toEqual([]);
  });

  it('leaving out a group that a chosen one needs is explained', async () => {
    const source = await database(nocobase('', false));
    const { warnings, manifest } = await backUp(source.url, { groups: ['custom'] });
    expect(groupsIn(manifest)).toMatchObject({ orders: 'custom', applicationPlugins: 'required' });
    expect(groupsIn(manifest)).not.toHaveProperty('users');
    expect(warnings).toEqual(['users (group user) is not in this backup, but orders points at it.']);
    const { warnings: none } = await backUp(source.url, { groups: ['custom', 'user'] });
    expect(none).toEqual([]);
    const one = await backUp(source.url, { collections: ['orderItems'] });
    expect(one.warnings).toEqual([
      'orders (group custom) is not in this backup, but orderItems points at it.',
    ]);
  });

  it('a link that only the app knows of, a view and a parent table are needs too', async () => {
    const source = await database(`${nocobase('', false)}
      ALTER TABLE orders DROP CONSTRAINT "orders_userId_fkey";
      CREATE TABLE grandparent (id integer); CREATE TABLE child () INHERITS (grandparent);
      CREATE VIEW of_users AS SELECT nickname FROM users;`);
    expect((await backUp(source.url, { groups: ['custom'] })).warnings).toEqual([
      'users (group user) is not in this backup, but orders points at it.',
    ]);
    const some = await backUp(source.url, { collections: ['child', 'of_users'] });
    expect([...some.warnings].sort()).toEqual([
      'grandparent (group unknown) is not in this backup, but child points at it.',
      'users (group user) is not in this backup, but of_users points at it.',
    ]);
  });

  it('our own and ignored tables cannot be asked for by name', async () => {
    const source = await database(nocobase('', false));
    for (const name of ['arkJobs', 'chinaRegions']) {
      await expect(backUp(source.url, { collections: [name] })).rejects.toMatchObject({
        code: 'COLLECTION_UNKNOWN',
        exit: 2,
      });
    }
  });

  it('an archive that claims our own tables does not overwrite them', async () => {
    // Ark never writes one; somebody who was given an upload form may.
    const source = await database(
      `CREATE TABLE innocent (id integer, note text); INSERT INTO innocent VALUES (2, 'evil')`,
    );
    const { manifest, archive } = await backUp(source.url);
    const target = await database(nocobase('', false));
    const text = JSON.stringify(manifest)
      .replaceAll('"innocent"', '"arkJobs"')
      .replaceAll('relation:innocent', 'relation:arkJobs');
    const writer = createArchive(new Date('2026-11-20T10:15:00Z'), newSigner().signer);
    const pieces: Uint8Array[] = [];
    const storing = (async () => {
      for await (const piece of writer.body) pieces.push(piece);
    })();
    for (const chunk of manifest.collections.flatMap((collection) => collection.chunks))
      await writer.add(chunk.entry, await whole(archive.read(chunk)));
    await writer.finish(JSON.parse(text) as Manifest);
    await storing;
    const bytes = Buffer.concat(pieces);
    const forged = await openArchive({
      size: bytes.length,
      read: (start, end) =>
        end > bytes.length
          ? Promise.reject(damaged('cut-off', {}))
          : Promise.resolve(bytes.subarray(start, end)),
    });
    expect(groupsIn(forged.manifest)).toEqual({ arkJobs: 'unknown' });
    const before = await digest(target.url);
    await expect(restoreAll(hostOf(target.url, data.folder), forged)).rejects.toMatchObject({
      code: 'ARCHIVE_DAMAGED',
    });
    expect((await digest(target.url)).tables).toEqual(before.tables);
  });

  it('the preview shows groups, and nothing of ours', async () => {
    const source = await database(nocobase('', false));
    const { archive } = await backUp(source.url, { all: true });
    const preview = await previewBackup(hostOf(source.url, data.folder), archive, { groups: ['user'] });
    const shown = Object.fromEntries(
      preview.collections.map((collection) => [collection.name, collection.group]),
    );
    expect(shown).toMatchObject({ users: 'user', rolesUsers: 'user', collections: 'required' });
    expect(shown).not.toHaveProperty('arkJobs');
    expect(shown).not.toHaveProperty('orders');
  });
});
