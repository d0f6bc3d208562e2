import { applyUndo, findUndo } from '../../src/server/actions/restore/undos';
import { previewBackup } from '../../src/server/actions/restore/previewBackup';
import { restoreBackup } from '../../src/server/actions/restore/restoreBackup';
import { rehearseBackup } from '../../src/server/actions/restore/rehearse';
import { snakeCase, type GroupName, type Selection } from '../../src/server/dumper/app/groups';
import { restore } from '../../src/server/dumper/restore/restore';
import { backUp, hostOf, restoreAll } from '../helpers/ark';
import { digest } from '../helpers/digest';
import { ownPlace } from '../helpers/place';
import { warningText } from '../../src/server/dumper/app/warning';

/** What the app knows stays as it is, where it describes all that comes back. */
const { data, database, copy } = ownPlace();

const app = (prefix: string, underscored: boolean) => {
  const t = (name: string) => `"${prefix}${underscored ? snakeCase(name) : name}"`;
  const c = (name: string) => `"${underscored ? snakeCase(name) : name}"`;
  return {
    sql: `
      CREATE TABLE ${t('applicationPlugins')} (name text, ${c('packageName')} text, version text, enabled boolean);
      CREATE TABLE ${t('applicationVersion')} (value text);
      CREATE TABLE ${t('collections')} (name text PRIMARY KEY, title text, options json);
      CREATE TABLE ${t('fields')} (key text PRIMARY KEY, ${c('collectionName')} text, name text, options json);
      CREATE TABLE ${t('roles')} (name text PRIMARY KEY, title text);
      CREATE TABLE ${t('workflows')} (id bigserial PRIMARY KEY, key text, title text);
      CREATE TABLE ${t('desktopRoutes')} (id bigint PRIMARY KEY, title text);
      CREATE TABLE ${t('users')} (id bigserial PRIMARY KEY, nickname text);
      CREATE TABLE ${t('rolesUsers')} (${c('userId')} bigint REFERENCES ${t('users')}, ${c('roleName')} text REFERENCES ${t('roles')});
      CREATE TABLE ${t('executions')} (id bigserial PRIMARY KEY, key text);
      CREATE TABLE ${t('authenticators')} (id bigserial PRIMARY KEY, name text);
      CREATE TABLE ${t('environmentVariables')} (name text PRIMARY KEY, value text);
      CREATE TABLE ${t('kinds')} (id bigserial PRIMARY KEY, name text, ${c('parentId')} bigint);
      CREATE TABLE ${t('main_kinds_path')} (${c('nodePk')} bigint, path text);
      INSERT INTO ${t('collections')} VALUES ('kinds', 'Kinds', '{"tree": "adjacencyList"}');
      INSERT INTO ${t('fields')} VALUES ('f1', 'kinds', 'id', '{}');
      INSERT INTO ${t('roles')} VALUES ('admin', 'Admin');
      INSERT INTO ${t('users')} (nickname) VALUES ('Ann'), ('Bob');
      INSERT INTO ${t('rolesUsers')} VALUES (1, 'admin'), (2, 'admin');
      INSERT INTO ${t('executions')} (key) VALUES ('w1');
      INSERT INTO ${t('authenticators')} (name) VALUES ('basic');
      INSERT INTO ${t('environmentVariables')} VALUES ('a', '1');
      INSERT INTO ${t('kinds')} (name) VALUES ('one');
      INSERT INTO ${t('main_kinds_path')} VALUES (1, '/1');`,
    /** Rows of every group, and definitions of every kind, made since. */
    since: `
      INSERT INTO ${t('collections')} VALUES ('invoices', 'Invoices', '{}');
      CREATE TABLE ${t('invoices')} (id bigint PRIMARY KEY);
      INSERT INTO ${t('fields')} VALUES ('f2', 'kinds', 'note', '{}');
      INSERT INTO ${t('roles')} VALUES ('clerk', 'Clerk');
      INSERT INTO ${t('workflows')} (key) VALUES ('w2');
      INSERT INTO ${t('desktopRoutes')} VALUES (2, 'Page');
      UPDATE ${t('users')} SET nickname = 'changed';
      INSERT INTO ${t('users')} (nickname) VALUES ('Cy');
      INSERT INTO ${t('rolesUsers')} VALUES (3, 'clerk');
      INSERT INTO ${t('executions')} (key) VALUES ('w2');
      DELETE FROM ${t('authenticators')};
      UPDATE ${t('environmentVariables')} SET value = '2';
      INSERT INTO ${t('kinds')} (name) VALUES ('two');
      INSERT INTO ${t('main_kinds_path')} VALUES (2, '/2');`,
  };
};

describe.each([
  ['plain', '', false],
  ['with a prefix, underscored', 'nb_', true],
])('NocoBase %s', (_, prefix, underscored) => {
  const { sql, since } = app(prefix, underscored);
  const GROUPS: Record<string, GroupName> = Object.fromEntries(
    Object.entries({
      users: 'user',
      rolesUsers: 'user',
      executions: 'log',
      authenticators: 'third-party',
      environmentVariables: 'unknown',
      kinds: 'custom',
      main_kinds_path: 'custom',
    } satisfies Record<string, GroupName>).map(([name, group]) => [
      prefix + (underscored ? snakeCase(name) : name),
      group,
    ]),
  );

  const selections: [string, Selection][] = [
    ['user', { groups: ['user'] }],
    ['log', { groups: ['log'] }],
    ['third-party', { groups: ['third-party'] }],
    ['custom', { groups: ['custom'] }],
    ['user and unknown', { groups: ['user', 'unknown'] }],
    ['all of it', { all: true }],
    ['no selection', {}],
  ];
  // How the app names its tables makes no difference to what is chosen.
  test.each(underscored ? selections.filter(([, { all }]) => all) : selections)(
    '%s: required stays as it is, the rest is as in the backup; and an undo',
    async (name, selection) => {
      const at = await database(sql);
      const host = hostOf(at.url, data.folder);
      const archive = await backUp(host, `keep-${prefix}${name.replaceAll(' ', '-')}`);
      const then = await digest(at.url);
      await at.sql(since);
      const before = await digest(at.url);

      const without = await previewBackup(host, archive, selection);
      expect(without.definitions).toBe('could stay');
      expect(without.forgotten.map((one) => one.kind)).toEqual([
        'collection',
        'field',
        'page',
        'role',
        'workflow',
      ]);
      const preview = await previewBackup(host, archive, { ...selection, keepDefinitions: true });
      expect(preview.definitions).toBe('kept');
      expect(preview.forgotten).toEqual([]);
      const chosen = Object.keys(GROUPS).filter(
        (table) => selection.groups?.includes(GROUPS[table] ?? 'ignored') ?? true,
      );
      expect(preview.collections.map((collection) => collection.name).sort()).toEqual(chosen.sort());

      const result = await restoreAll(host, archive, { ...selection, keepDefinitions: true });
      expect(result.collections.map((collection) => collection.name).sort()).toEqual(chosen.sort());
      const after = await digest(at.url);
      for (const [table, rows] of Object.entries(before.tables))
        expect([table, after.tables[table]]).toEqual([
          table,
          chosen.includes(table) ? then.tables[table] : rows,
        ]);
      const structure = (lines: readonly string[]) => lines.filter((line) => !line.startsWith('sequence '));
      expect(structure(after.objects)).toEqual(structure(before.objects));

      await applyUndo(host, await findUndo(host), { allowBreaks: false });
      expect(await digest(at.url)).toEqual(before);
      if (!selection.all) return;
      const { result: rehearsed } = await rehearseBackup(host, archive, 'keep', {});
      expect(rehearsed.proof).toBe('database');
      expect(await digest(at.url)).toEqual(before);
    },
  );
});

test.each([
  ['plain', '', false],
  ['with a prefix, underscored', 'nb_', true],
])(
  '%s: what comes back and points at a definition that is gone is named before',
  async (_, prefix, underscored) => {
    const { sql } = app(prefix, underscored);
    const t = (name: string) => `"${prefix}${underscored ? snakeCase(name) : name}"`;
    const c = (name: string) => `"${underscored ? snakeCase(name) : name}"`;
    const at = await database(`${sql}
    ALTER TABLE ${t('fields')} ADD COLUMN type text;
    INSERT INTO ${t('fields')} VALUES ('f3', 'users', 'roles',
      '{"target": "roles", "through": "rolesUsers", "foreignKey": "userId", "otherKey": "roleName", "targetKey": "name"}', 'belongsToMany');
    ALTER TABLE ${t('rolesUsers')} DROP CONSTRAINT ${prefix}${underscored ? 'roles_users_role_name_fkey' : '"rolesUsers_roleName_fkey"'};
    INSERT INTO ${t('roles')} VALUES ('clerk'), ('guest'); INSERT INTO ${t('rolesUsers')} VALUES (1, 'clerk'), (2, 'clerk'), (2, NULL);`);
    const host = hostOf(at.url, data.folder);
    const archive = await backUp(host, `hanging-${prefix}`);
    const keep: Selection = { groups: ['user'], keepDefinitions: true };
    const said = async (selection: Selection) =>
      (await previewBackup(host, archive, selection)).warnings.map(warningText);
    expect(await said(keep)).toEqual([]);
    await at.sql(
      `DELETE FROM ${t('rolesUsers')} WHERE ${c('roleName')} = 'clerk'; DELETE FROM ${t('roles')} WHERE name IN ('clerk', 'guest')`,
    );
    const table = t('rolesUsers').slice(1, -1);
    expect(await said(keep)).toEqual([
      `Rows of ${table} name what the app does not know, and will point at nothing (role): clerk.`,
    ]);
    expect(await said({ collections: [table] })).toHaveLength(1);
    // Their roles come with them.
    expect(await said({ groups: ['user'] })).toEqual([]);
    expect(await said({ ...keep, groups: ['log'] })).toEqual([]);
  },
);

describe.each([
  ['plain', '', false],
  ['with a prefix, underscored', 'nb_', true],
])(
  'a foreign key to a definition that the app does not know any more is told of before the work, %s',
  (_, prefix, underscored) => {
    const t = (name: string) => `"${prefix}${underscored ? snakeCase(name) : name}"`;
    const c = (name: string) => `"${underscored ? snakeCase(name) : name}"`;
    const keys: [kind: string, column: string, to: string, make: string, value: string][] = [
      ['role', 'text', `${t('roles')} (name)`, `INSERT INTO ${t('roles')} VALUES ('gone')`, "'gone'"],
      [
        'workflow',
        'text',
        `${t('workflows')} (key)`,
        `ALTER TABLE ${t('workflows')} ADD UNIQUE (key); INSERT INTO ${t('workflows')} (key) VALUES ('gone')`,
        "'gone'",
      ],
      ['page', 'bigint', `${t('desktopRoutes')} (id)`, `INSERT INTO ${t('desktopRoutes')} VALUES (77)`, '77'],
      [
        'collection',
        'text',
        `${t('collections')} (name)`,
        `INSERT INTO ${t('collections')} VALUES ('gone')`,
        "'gone'",
      ],
      [
        'field',
        'text',
        `${t('fields')} (${c('collectionName')}, name)`,
        `ALTER TABLE ${t('fields')} ADD UNIQUE (${c('collectionName')}, name); INSERT INTO ${t('fields')} VALUES ('f9', 'gone', 'gone')`,
        "'gone'",
      ],
    ];
    test.each(keys)('a %s', async (kind, type, to, make, value) => {
      const two = kind === 'field';
      const at = await database(`${app(prefix, underscored).sql} ${make};
      CREATE TABLE ${t('badges')} (id bigint, at ${type}${two ? ', ct text' : ''},
        CONSTRAINT to_it FOREIGN KEY (at${two ? ', ct' : ''}) REFERENCES ${to});
      INSERT INTO ${t('collections')} VALUES ('badges', 'Badges', '{}');
      INSERT INTO ${t('badges')} VALUES (1, ${value}${two ? ", 'gone'" : ''}), (2, NULL${two ? ', NULL' : ''});`);
      const host = hostOf(at.url, data.folder);
      const archive = await backUp(host, `key-${kind}-${prefix}`);
      const keep: Selection = { groups: ['custom'], keepDefinitions: true };
      // Not while the app knows it.
      expect((await previewBackup(host, archive, keep)).definitions).toBe('kept');
      await at.sql(
        `DELETE FROM ${t('badges')}; DELETE FROM ${to.slice(0, to.indexOf(' '))} WHERE ${kind === 'page' ? 'id = 77' : kind === 'workflow' ? "key = 'gone'" : "name = 'gone'"}`,
      );
      const before = await digest(at.url);
      const stages: string[] = [];
      const refused = [
        previewBackup(host, archive, keep),
        restoreBackup(host, archive, 'a.ark', {
          selection: keep,
          allowBreaks: true,
          onProgress: ({ stage }) => stages.push(stage),
        }),
      ];
      for (const one of refused)
        await expect(one).rejects.toMatchObject({
          code: 'DEFINITIONS_DIFFER',
          message: expect.stringMatching(new RegExp(`badges name what .* to_it .*(gone|77)`)) as string,
        });
      expect(stages).toEqual([]);
      expect(await digest(at.url)).toEqual(before);
    });
  },
);

describe('refused where the app of now would not describe what comes back', () => {
  const { sql } = app('', false);
  const EXTRA = `CREATE TABLE family (id bigint); CREATE TABLE other (id bigint PRIMARY KEY); CREATE DOMAIN short AS text;
    CREATE COLLATION mine FROM "C"; CREATE FUNCTION noop() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE TABLE things (id bigint NOT NULL, name varchar(20) DEFAULT 'x', n integer, g integer GENERATED ALWAYS AS (n + 1) STORED,
      CONSTRAINT n_positive CHECK (n > 0));
    CREATE INDEX by_name ON things (name); CREATE VIEW seen AS SELECT id FROM things;
    INSERT INTO collections VALUES ('things', 'Things', '{}'), ('seen', 'Seen', '{}');`;
  const different: [what: string, sql: string, name?: string][] = [
    ['a column more', 'ALTER TABLE things ADD COLUMN more text'],
    ['a column less', 'ALTER TABLE things DROP COLUMN n CASCADE'],
    ['a column of another name', 'ALTER TABLE things RENAME COLUMN n TO m'],
    ['another type', 'ALTER TABLE things DROP COLUMN g; ALTER TABLE things ALTER COLUMN n TYPE bigint'],
    ['another length', 'ALTER TABLE things ALTER COLUMN name TYPE varchar(30)'],
    ['null allowed', 'ALTER TABLE things ALTER COLUMN id DROP NOT NULL'],
    ['null forbidden', 'ALTER TABLE things ALTER COLUMN n SET NOT NULL'],
    ['another default', "ALTER TABLE things ALTER COLUMN name SET DEFAULT 'y'"],
    ['no default', 'ALTER TABLE things ALTER COLUMN name DROP DEFAULT'],
    ['an identity', 'ALTER TABLE things ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY'],
    ['nothing generated', 'ALTER TABLE things DROP COLUMN g; ALTER TABLE things ADD COLUMN g integer'],
    ['another collation', 'ALTER TABLE things ALTER COLUMN name TYPE varchar(20) COLLATE mine'],
    ['a domain instead', 'ALTER TABLE things ALTER COLUMN name TYPE short'],
    ['a primary key', 'ALTER TABLE things ADD PRIMARY KEY (id)'],
    ['a unique key', 'ALTER TABLE things ADD UNIQUE (name)'],
    ['a foreign key', 'ALTER TABLE things ADD FOREIGN KEY (id) REFERENCES other'],
    ['a check less', 'ALTER TABLE things DROP CONSTRAINT n_positive'],
    [
      'another check',
      'ALTER TABLE things DROP CONSTRAINT n_positive, ADD CONSTRAINT n_positive CHECK (n > 1)',
    ],
    ['an index less', 'DROP INDEX by_name'],
    ['another index', 'DROP INDEX by_name; CREATE INDEX by_name ON things (name, id)'],
    ['a trigger', 'CREATE TRIGGER t BEFORE INSERT ON things FOR EACH ROW EXECUTE FUNCTION noop()'],
    ['a policy', 'CREATE POLICY p ON things USING (true)'],
    ['a parent', 'ALTER TABLE things INHERIT family'],
    ['another query', 'CREATE OR REPLACE VIEW seen AS SELECT id FROM things WHERE id > 1', 'seen'],
    ['a table instead', 'DROP VIEW seen; CREATE TABLE seen (id bigint NOT NULL)', 'seen'],
    ['it is gone', 'DROP TABLE things CASCADE'],
    ['the app does not know it', "DELETE FROM collections WHERE name = 'things'"],
  ];
  const alike: [what: string, sql: string][] = [
    ['nothing', 'SELECT 1'],
    ['other rows', "INSERT INTO things VALUES (1, 'a', 1)"],
    ['a comment', "COMMENT ON TABLE things IS 'mine'; COMMENT ON COLUMN things.n IS 'n'"],
    [
      'statistics and storage',
      'ALTER TABLE things ALTER COLUMN name SET STATISTICS 5, SET (fillfactor = 90)',
    ],
    ['grants', 'GRANT SELECT ON things TO PUBLIC'],
    [
      'the order of columns',
      `DROP VIEW seen; ALTER TABLE things DROP COLUMN name; ALTER TABLE things ADD COLUMN name varchar(20) DEFAULT 'x';
       CREATE INDEX by_name ON things (name); CREATE VIEW seen AS SELECT id FROM things`,
    ],
    ['a table that does not come', 'CREATE TABLE later (id integer)'],
    ['another definition', "UPDATE collections SET title = 'New' WHERE name = 'things'"],
  ];
  const keep: Selection = { groups: ['custom'], keepDefinitions: true };
  let base: Awaited<ReturnType<typeof database>>;
  let archive: Awaited<ReturnType<typeof backUp>>;
  beforeAll(async () => {
    base = await database(sql + EXTRA);
    archive = await backUp(hostOf(base.url, data.folder), 'described');
  });

  test.each(different)('%s', async (_, change, name = 'things') => {
    const at = await copy(base);
    await at.sql(change);
    const host = hostOf(at.url, data.folder);
    const before = await digest(at.url);
    expect((await previewBackup(host, archive, { groups: ['custom'] })).definitions).toBe('replaced');
    for (const refused of [previewBackup(host, archive, keep), restoreAll(host, archive, keep)])
      await expect(refused).rejects.toMatchObject({
        code: 'DEFINITIONS_DIFFER',
        message: expect.stringContaining(name) as string,
      });
    expect(await digest(at.url)).toEqual(before);
    // What it does not concern can come.
    expect((await previewBackup(host, archive, { ...keep, groups: ['user'] })).definitions).toBe('kept');
  });

  test.each(alike)('not by %s', async (_, change) => {
    const at = await copy(base);
    await at.sql(change);
    const host = hostOf(at.url, data.folder);
    expect((await previewBackup(host, archive, { groups: ['custom'] })).definitions).toBe('could stay');
    expect((await previewBackup(host, archive, keep)).definitions).toBe('kept');
    await restoreAll(host, archive, keep);
  });

  test('what is changed while it is loaded is seen before the swap', async () => {
    const at = await copy(base);
    const host = hostOf(at.url, data.folder);
    const changing = restore(host.database, archive, {
      job: 'job_keep',
      selection: keep,
      source: 'described.ark',
      target: { app: host.app },
      workers: 1,
      keepUndoDays: 1,
      lockTimeoutMs: 5_000,
      allowBreaks: false,
      allowCode: true,
      withoutCode: false,
      beforeSwap: () => at.sql('ALTER TABLE things ADD COLUMN IF NOT EXISTS late text'),
    });
    await expect(changing).rejects.toMatchObject({ code: 'DEFINITIONS_DIFFER' });
    expect(await at.query('SELECT late FROM things')).toEqual([]);
  });

  test('an empty database has no definitions to keep', async () => {
    const host = hostOf((await database()).url, data.folder);
    await expect(previewBackup(host, archive, { ...keep, groups: ['user'] })).rejects.toMatchObject({
      code: 'DEFINITIONS_DIFFER',
      details: {
        code: 'definitions-differ',
        absent: expect.arrayContaining(['users']) as string[],
        other: [],
      },
    });
  });

  test.each<[string, Selection]>([
    ['with the group required', { groups: ['user', 'required'], keepDefinitions: true }],
    ['with single collections', { collections: ['users'], keepDefinitions: true }],
  ])('%s it means nothing', async (_, selection) => {
    const host = hostOf(base.url, data.folder);
    await expect(previewBackup(host, archive, selection)).rejects.toMatchObject({ code: 'USAGE' });
  });
});
