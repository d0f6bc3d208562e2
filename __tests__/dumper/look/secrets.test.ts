import secretColumns from '../../../src/server/collections/secretColumns.json';
import { snakeCase, tableName } from '../../../src/server/dumper/app/groups';
import { lookInto } from '../../../src/server/dumper/look/look';
import { soundsSecret } from '../../../src/server/dumper/look/secretWords';
import official from '../../fixtures/officialFields.json';
import { archiveOf, fieldsTable, type Described } from '../../helpers/archiveOf';

const OFFICIAL: Readonly<Record<string, Readonly<Record<string, string>>>> = official;
const SECRET: Readonly<Record<string, readonly string[]>> = secretColumns;
/** What an official plugin hides or seals. */
const hidden = (type: string) => /^hidden |password|encrypt/.test(type);
const stored = (type: string) =>
  !/^(hidden )?(belongsTo|hasMany|hasOne|belongsToMany|belongsToArray)/.test(type);
/** What Ark knows of, as NocoBase's own tables would be in a backup. */
const columnsOf = (collection: string, snake: boolean) =>
  Object.entries(OFFICIAL[collection] ?? {})
    .filter(([, type]) => stored(type))
    .map(([name]) => (snake ? snakeCase(name) : name));

const appOf = (naming: NonNullable<Described['app']>, more: Described['tables'] = {}): Described => {
  const whole = { tablePrefix: naming.tablePrefix ?? '', underscored: naming.underscored ?? false };
  return {
    app: naming,
    tables: {
      ...Object.fromEntries(
        Object.keys(OFFICIAL)
          .filter((name) => name !== 'fields' && columnsOf(name, false).length > 0)
          .map((name) => [tableName(name, whole), { columns: columnsOf(name, whole.underscored), rows: [] }]),
      ),
      [tableName('fields', whole)]: fieldsTable([]),
      ...more,
    },
  };
};

describe.each([{}, { tablePrefix: 'nb_' }, { underscored: true }, { tablePrefix: 'nb_', underscored: true }])(
  'in an app whose tables are named by %j',
  (naming) => {
    it('masks all that an official plugin hides or seals, and all that Ark knows for a secret', async () => {
      const archive = await archiveOf(appOf(naming));
      const whole = { tablePrefix: '', underscored: false, ...naming };
      let masked = 0;
      for (const [collection, fields] of Object.entries(OFFICIAL)) {
        if (collection === 'fields' || columnsOf(collection, false).length === 0) continue;
        const look = await lookInto(archive, tableName(collection, whole));
        for (const [field, type] of Object.entries(fields)) {
          if (!stored(type) || !(hidden(type) || SECRET[collection]?.includes(field))) continue;
          const name = whole.underscored ? snakeCase(field) : field;
          const column = look.columns.find((candidate) => candidate.name === name);
          expect([collection, field, column?.mask]).not.toEqual([collection, field, undefined]);
          masked += 1;
        }
      }
      expect(masked).toBeGreaterThan(40);
    });
  },
);

it('knows no column for a secret that no official plugin has, beside those of its own tables', () => {
  const strange = Object.entries(SECRET).flatMap(([collection, fields]) =>
    fields.filter((field) => !collection.startsWith('ark') && OFFICIAL[collection]?.[field] === undefined),
  );
  expect(strange).toEqual([]);
});

/** Looked at, one by one: what is in them is for whoever may look into a backup. A new one has to be decided. */
const OPEN: Readonly<Record<string, readonly string[]>> = {
  aiContextDatasources: ['fields', 'filter', 'sort'],
  aiConversations: ['options'],
  aiEmployees: ['chatSettings', 'skillSettings', 'modelSettings', 'dataSourceSettings', 'knowledgeBase'],
  aiFiles: ['meta'],
  aiMcpClients: ['restart'],
  aiMessages: ['content', 'toolCalls', 'attachments', 'workContext', 'metadata'],
  aiSettings: ['options'],
  aiSkills: ['tools'],
  aiToolMessages: ['content', 'interruptAction', 'userDecision'],
  aiUsageEvents: ['rawUsageMetadata', 'rawResponseMetadata'],
  asyncTasks: ['result'],
  attachments: ['meta'],
  collections: ['options'],
  customVariables: ['options'],
  dataSourcesCollections: ['options'],
  dataSourcesFields: ['uiSchema', 'options'],
  dataSourcesRoles: ['strategy'],
  dataSourcesRolesResourcesActions: ['fields'],
  dataSourcesRolesResourcesScopes: ['scope'],
  desktopRoutes: ['options'],
  fields: ['options'],
  flowModels: ['options'],
  lcCheckpointBlobs: ['blob'],
  lcCheckpointWrites: ['blob'],
  lcCheckpoints: ['checkpoint', 'metadata'],
  llmServices: ['enabledModels', 'modelOptions'],
  localeTester: ['locale'],
  mobileRoutes: ['options'],
  notificationInAppMessages: ['options'],
  roles: ['strategy', 'snippets'],
  rolesResourcesActions: ['fields'],
  rolesResourcesScopes: ['scope'],
  storages: ['rules'],
  systemSettings: ['enabledLanguages', 'options'],
  themeConfig: ['config'],
  tokenControlConfig: ['config'],
  uiSchemaServerHooks: ['params'],
  uiSchemas: ['schema'],
  userWorkflowTasks: ['stats'],
  users: ['systemSettings'],
  workflowManualTasks: ['result'],
  workflows: ['options'],
};

it('has decided of everything in which an official plugin could keep a key whether it is one', () => {
  const open = Object.entries(OFFICIAL).flatMap(([collection, fields]) => {
    const undecided = Object.entries(fields)
      .filter(
        ([field, type]) =>
          /json|blob|set$|^array/.test(type) && !hidden(type) && !SECRET[collection]?.includes(field),
      )
      .map(([field]) => field);
    return undecided.length > 0 ? [[collection, undecided] as const] : [];
  });
  expect(Object.fromEntries(open)).toEqual(OPEN);
});

const FIELDS: readonly (readonly [string, Partial<Parameters<typeof fieldsTable>[0][number]>, string])[] = [
  ['that the app hides', { options: { hidden: true } }, 'hidden'],
  ['that the app hides by a word', { options: { hidden: 'yes' } }, 'hidden'],
  [
    'whose settings are packed twice',
    { options: '"{\\"hidden\\":true,\\"field\\":\\"kept_as\\"}"' },
    'hidden',
  ],
  ['that is a password', { type: 'password' }, 'password'],
  ['that is shown as a password', { interface: 'password' }, 'password'],
  ['that is encrypted', { type: 'encryption', interface: 'encryption' }, 'password'],
  ['whose title says so', { options: { uiSchema: { title: '{{t("API key")}}' } } }, 'name'],
  ['whose Chinese title says so', { options: { uiSchema: { title: '登录密码' } } }, 'name'],
  ['of which nothing can be read', { options: '{"hidden":tr' }, 'unread'],
  ['of which too much is said', { options: { hidden: false, x: 'x'.repeat(300_000) } }, 'unread'],
  ['whose settings are a list', { options: [] }, 'unread'],
];

describe.each(FIELDS)('a field %s', (_, field, why) => {
  it.each([
    ['by its name', 'f_1', 'f_1', {}, undefined],
    ['in an underscored app', 'fOne', 'f_one', { underscored: true }, undefined],
    ['in a column of another name', 'shown', 'kept_as', {}, 'kept_as'],
  ])(
    'is masked %s, in its collection and in all that inherit from it',
    async (_how, name, column, app, kept) => {
      const { options = {} } = field;
      const named =
        kept === undefined || typeof options !== 'object' || Array.isArray(options)
          ? options
          : { ...options, field: kept };
      const naming = { tablePrefix: '', underscored: false, ...app };
      const fields = fieldsTable([
        { collection: 'people', name, ...field, options: named },
        ...['people', 'others'].flatMap((collection) =>
          ['id', 'plain'].map((name) => ({ collection, name })),
        ),
      ]);
      const columns = ['id', column, 'plain'];
      const archive = await archiveOf({
        app: naming,
        tables: {
          fields: {
            ...fields,
            columns: fields.columns.map((name) => (naming.underscored ? snakeCase(name) : name)),
          },
          people: { columns, rows: [] },
          staff: { columns, rows: [], parents: ['people'] },
          others: { columns, rows: [] },
        },
      });
      const masks = async (collection: string) =>
        (await lookInto(archive, collection)).columns.map(({ name, mask }) => [name, mask]);
      const expected = [
        ['id', undefined],
        [column, why],
        ['plain', undefined],
      ];
      expect(await masks('people')).toEqual(expected);
      expect(await masks('staff')).toEqual(expected);
      expect(await masks('others')).toEqual(columns.map((name) => [name, undefined]));
    },
  );
});

it('masks a key whose relation is hidden', async () => {
  const archive = await archiveOf({
    app: {},
    tables: {
      fields: fieldsTable([
        {
          collection: 'deals',
          name: 'owner',
          type: 'belongsTo',
          options: { hidden: true, target: 'users', foreignKey: 'ownerId' },
        },
      ]),
      deals: { columns: ['id', 'ownerId:int64'], rows: [] },
    },
  });
  expect((await lookInto(archive, 'deals')).columns.map(({ mask }) => mask)).toEqual([undefined, 'hidden']);
});

it('shows nothing of an app whose own word on its fields is not in the backup', async () => {
  const archive = await archiveOf({
    app: {},
    tables: { people: { columns: ['id', 'f_1'], rows: [['1', 'x']] } },
  });
  await expect(lookInto(archive, 'people')).rejects.toMatchObject({ code: 'LOOK_REFUSED' });
});

it.each([
  ['password', 'text'],
  ['Password', 'text'],
  ['password_hash', 'text'],
  ['userPassword', 'text'],
  ['passwd', 'text'],
  ['pwd', 'text'],
  ['passphrase', 'text'],
  ['api_key', 'text'],
  ['apiKey', 'text'],
  ['APIKey', 'text'],
  ['apikey', 'text'],
  ['token', 'text'],
  ['accessToken', 'text'],
  ['refresh_token', 'text'],
  ['authtoken', 'text'],
  ['tokens', 'json'],
  ['client_secret', 'text'],
  ['clientsecret', 'text'],
  ['secret', 'binary'],
  ['private_key', 'text'],
  ['credentials', 'json'],
  ['totp', 'text'],
  ['otp', 'int32'],
  ['pin', 'int16'],
  ['pin_code', 'text'],
  ['cvv', 'text'],
  ['recoveryCodes', 'array'],
  ['verification_code', 'text'],
  ['密码', 'text'],
  ['パスワード', 'text'],
  ['mot_de_passe', 'text'],
  ['wachtwoord', 'text'],
] as const)('takes %s (%s) for a secret by its name', async (name, type) => {
  expect(soundsSecret(name, type)).toBe(true);
  const archive = await archiveOf({ tables: { t: { columns: ['id', `${name}:${type}`], rows: [] } } });
  expect((await lookInto(archive, 't')).columns.map(({ mask }) => mask)).toEqual([undefined, 'name']);
});

it.each([
  ['id', 'text'],
  ['key', 'text'],
  ['secretary', 'text'],
  ['tokenized_at', 'timestamptz'],
  ['inputTokens', 'int64'],
  ['has_password', 'boolean'],
  ['passwordChangedAt', 'timestamptz'],
  ['pinned', 'text'],
  ['spinning', 'text'],
  ['passport', 'text'],
  ['bypass', 'text'],
  ['code', 'text'],
  ['author', 'text'],
  ['keyword', 'text'],
  ['primary_key', 'text'],
  ['zip_code', 'text'],
] as const)('does not take %s (%s) for one', (name, type) => {
  expect(soundsSecret(name, type)).toBe(false);
});
