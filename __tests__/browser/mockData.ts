import facts from '../../src/server/collections/nocobase.json';
import type {
  BackupItem,
  DataFolder,
  GroupName,
  JobItem,
  LiveCollection,
  LookPage,
  PreparedComparison,
  Preview,
  RescueSheet,
  Safety,
  ScheduleItem,
  StorageItem,
  SystemInfo,
  TakeBackPreview,
  TakeBackUndoPreview,
  UndoItem,
} from '../../src/server/api/api';

/** Numbers that look like a real app's and are the same in every run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

const CUSTOM: readonly (readonly [string, string])[] = [
  ['customers', 'Customers'],
  ['contacts', 'Contacts'],
  ['orders', 'Orders'],
  ['orderItems', 'Order items'],
  ['products', 'Products'],
  ['categories', 'Categories'],
  ['invoices', 'Invoices'],
  ['payments', 'Payments'],
  ['suppliers', 'Suppliers'],
  ['tickets', 'Support tickets'],
  ['projects', 'Projects'],
  ['documents', 'Documents'],
];

/** A NocoBase with all its system collections and some of its own; `more` adds custom ones for the big lists. */
export function liveCollections(more = 0): LiveCollection[] {
  const next = random(7);
  const system = Object.entries(facts).map(([name, [group, origin]]): LiveCollection => {
    const rows = Math.floor(next() ** 4 * (group === 'log' ? 400_000 : 3000));
    return {
      name,
      kind: 'table',
      group: group as GroupName,
      ...(origin !== undefined && { origin }),
      rows,
      bytes: 16_384 + rows * 190,
    };
  });
  const custom = CUSTOM.map(([name, title]): LiveCollection => {
    const rows = Math.floor(200 + next() * 60_000);
    return { name, title, kind: 'table', group: 'custom', rows, bytes: 32_768 + rows * 260 };
  });
  const extra = Array.from({ length: more }, (_, index): LiveCollection => {
    const rows = Math.floor(next() * 900);
    return {
      name: `archive_${String(index + 1).padStart(4, '0')}`,
      title: `Archive ${index + 1}`,
      kind: 'table',
      group: 'custom',
      rows,
      bytes: 16_384 + rows * 120,
    };
  });
  return [...system, ...custom, ...extra];
}

const groupsOf = (live: readonly LiveCollection[], wanted: readonly GroupName[]): BackupItem['groups'] =>
  wanted.map((group) => {
    const members = live.filter((one) => one.group === group);
    return {
      group,
      collections: members.length,
      rows: members.reduce((sum, member) => sum + (member.rows ?? 0), 0),
    };
  });

const NORMAL: readonly GroupName[] = ['required', 'user', 'custom', 'third-party', 'unknown'];

export function backups(count: number, live: readonly LiveCollection[], now: number): BackupItem[] {
  const next = random(11);
  return Array.from({ length: count }, (_, index): BackupItem => {
    const createdAt = new Date(now - index * 86_400_000 * 0.7 - 3_600_000).toISOString();
    const stamp = createdAt.slice(0, 16).replace(/[-:]/g, '').replace('T', '-');
    const base = {
      storage: 'local',
      size: Math.floor(2_000_000 + next() * 900_000_000),
      createdAt,
      createdBy: index % 3 === 0 ? 'console' : 'schedule',
      instance: 'shop',
      maker: { kind: 'own', fingerprint: 'SHA256:1f0c-22d3-9a5e-0b71-c4d8-6e2f-7a90-5b3c' } as const,
      mine: true,
    };
    if (index % 15 === 5)
      return { ...base, name: `shop-secret-${stamp}.ark`, encrypted: true, groups: [], state: 'locked' };
    if (index % 15 === 9) {
      return {
        ...base,
        maker: { kind: 'unknown' },
        mine: false,
        name: `from-old-server-${stamp}.ark`,
        encrypted: false,
        groups: [],
        state: 'damaged',
        error: { code: 'ARCHIVE_DAMAGED', message: 'The archive ends in the middle of its directory.' },
      };
    }
    return {
      ...base,
      name: `${index % 4 === 1 ? 'before-upgrade' : 'shop'}-${stamp}.ark`,
      encrypted: false,
      groups: groupsOf(
        live,
        index % 4 === 1 ? [...NORMAL, 'log'] : index % 5 === 2 ? ['required', 'custom'] : NORMAL,
      ),
      state: 'ok',
      ...(index % 2 === 0 && { verifiedAt: new Date(now - index * 3_600_000).toISOString() }),
      ...(index % 4 === 0 && {
        rehearsedAt: new Date(now - index * 3_600_000).toISOString(),
        proof: index % 8 === 0 ? 'database' : 'staging',
        unproven: index % 8 === 0 ? ['exchange'] : ['exchange', 'empty'],
      }),
    };
  });
}

export function preview(live: readonly LiveCollection[]): Preview {
  const next = random(3);
  return {
    files: [],
    undoBytes: 48_000_000,
    code: [],
    missing: [],
    blemishes: [],
    forgotten: [],
    definitions: 'replaced',
    leftOut: [],
    asksForCode: false,
    asksForName: true,
    maker: { kind: 'own', fingerprint: 'SHA256:1f0c-22d3-9a5e-0b71-c4d8-6e2f-7a90-5b3c' },
    warnings: [
      { code: 'view-loses', kind: 'breaks', view: 'monthly_revenue', columns: ['discount'], of: 'orders' },
      {
        code: 'sequence-shared',
        kind: 'kept',
        name: 'invoice_numbers',
        users: [{ kind: 'table', name: 'invoices' }],
      },
    ],
    collections: live
      .filter((one) => one.group !== 'ignored' && one.group !== 'log')
      .map((one): Preview['collections'][number] => {
        const rowsNow = one.rows ?? 0;
        const createdSince = one.group === 'custom' && next() > 0.6 ? Math.floor(next() * 120) : 0;
        return {
          name: one.name,
          group: one.group,
          kind: one.kind,
          action: one.name === 'documents' ? 'create' : 'replace',
          ...(one.title !== undefined && { title: one.title }),
          ...(one.name !== 'documents' && { rowsNow, createdSince, lostAtLeast: createdSince }),
          rowsInBackup: Math.max(0, rowsNow - createdSince),
          structure:
            one.name === 'orders'
              ? [
                  { code: 'goes', what: 'column', name: 'discount' },
                  { code: 'comes', what: 'column', name: 'note' },
                  {
                    code: 'becomes',
                    what: 'column',
                    name: 'total',
                    now: 'numeric(12,2)',
                    then: 'numeric(14,2)',
                  },
                  { code: 'goes', what: 'index', name: 'orders_discount' },
                ]
              : [],
        };
      }),
  };
}

export function jobs(now: number): JobItem[] {
  const at = (minutes: number) => new Date(now - minutes * 60_000).toISOString();
  const base = { host: 'app-1', pid: 4711, by: 'console' };
  return [
    {
      ...base,
      id: 'job_5',
      kind: 'verify',
      state: 'failed',
      subject: 'from-old-server.ark',
      startedAt: at(30),
      endedAt: at(29.9),
      error: { code: 'ARCHIVE_DAMAGED', message: 'data/orders/00003.csv.gz does not match its digest.' },
      log: [
        { at: at(30), text: 'verifying' },
        { at: at(29.9), text: 'data/orders/00003.csv.gz does not match its digest. [ARCHIVE_DAMAGED]' },
      ],
    },
    {
      ...base,
      id: 'job_4',
      kind: 'backup',
      state: 'cancelled',
      subject: 'shop-20261119-101500.ark',
      startedAt: at(600),
      endedAt: at(598),
      error: { code: 'JOB_CANCELLED', message: 'The job was cancelled. Nothing was changed.' },
      log: [{ at: at(600), text: 'looking at the database' }],
    },
    {
      ...base,
      id: 'job_3',
      kind: 'restore',
      state: 'done',
      subject: 'shop-20261118-020000.ark',
      startedAt: at(900),
      endedAt: at(898),
      result: { collections: [{ name: 'orders', group: 'custom', rows: 41_200 }] },
      log: [
        { at: at(900), text: 'verifying' },
        { at: at(899), text: 'loading' },
        { at: at(898), text: 'done' },
      ],
    },
    {
      ...base,
      id: 'job_2',
      kind: 'backup',
      state: 'done',
      subject: 'shop-20261118-020000.ark',
      startedAt: at(1500),
      endedAt: at(1499),
      result: { name: 'shop-20261118-020000.ark', size: 83_000_000, rows: 512_000, collections: 119 },
      log: [],
    },
  ];
}

export function safety(all: readonly BackupItem[]): Safety {
  const used = all.reduce((sum, one) => sum + one.size, 0);
  const newest = all.find((one) => one.state === 'ok');
  return {
    steps: [
      { step: 'storage', done: false, missing: ['no-storage'] },
      { step: 'schedule', done: false, missing: ['no-schedule'] },
      { step: 'alarm', done: false, missing: ['no-alarm'] },
      { step: 'backup', done: false, missing: [newest ? 'backup-local' : 'no-backup'] },
    ],
    ...(newest && {
      lastGood: {
        name: newest.name,
        createdAt: newest.createdAt,
        size: newest.size,
        storages: [newest.storage],
        ...(newest.verifiedAt !== undefined && { verifiedAt: newest.verifiedAt }),
      },
    }),
    storages: [{ name: 'local', kind: 'local', backups: all.length, used }],
    used,
    schedules: { total: 0, on: 0 },
    alarms: false,
    banners: [],
  };
}

export const rescueSheet: RescueSheet = {
  madeAt: '2026-11-21T08:00:00.000Z',
  instance: 'shop',
  version: '0.1.0',
  database: { dialect: 'postgres' },
  storages: [{ name: 'local', kind: 'local', place: '/srv/app/storage/ark/backups', offsite: false }],
  secrets: [{ what: 'database', file: 'database.url' }],
  commands: [],
  markdown: '# Rescue sheet',
};

export const system: SystemInfo = {
  version: '0.1.0',
  node: '20.20.2',
  instance: 'shop',
  database: {
    label: 'postgres://nocobase@db.internal:5432/shop',
    dialect: 'postgres',
    version: '16.4',
    demo: false,
  },
  app: { name: 'nocobase', version: '2.2.15' },
  dataFolder: '/var/lib/ark',
  used: 4_200_000_000,
  free: 61_000_000_000,
  uploadLimit: 20_000_000_000,
  storages: [{ name: 'local', kind: 'local' }],
  may: ['view', 'look', 'backup', 'download', 'restore', 'takeBack', 'delete', 'settings'],
  aesKey: false,
  filesUnknown: false,
  appCache: false,
};

export const storages: readonly StorageItem[] = [
  {
    name: 'local',
    kind: 'local',
    default: true,
    from: 'built-in',
    place: '/var/lib/ark/backups',
    settings: { folder: '/var/lib/ark/backups' },
  },
];

/** A page of rows whose texts mean harm. */
export const lookPage: LookPage = {
  collection: 'contacts',
  title: 'Contacts',
  group: 'custom',
  kind: 'table',
  columns: [
    { name: 'id', type: 'int64', key: true },
    { name: 'name', title: 'Name', type: 'text', key: false },
    { name: 'password', title: 'Password', type: 'text', key: false, masked: 'password' },
  ],
  rows: [
    {
      row: 0,
      cells: [{ value: '1' }, { value: '<img src=x onerror=alert(1)>' }, { value: null, masked: true }],
    },
  ],
  total: 1,
  read: 1,
  chunks: { read: 1, all: 1 },
  fetched: 1200,
  parts: [],
  uncalled: [],
};

type Difference = PreparedComparison['collections'][number];

function difference(name: string, more: Partial<Difference>): Difference {
  return {
    name,
    group: 'custom',
    by: 'key',
    here: 0,
    there: 0,
    onlyHere: 0,
    changed: 0,
    onlyThere: 0,
    equal: 0,
    columns: [],
    columnsHere: [],
    columnsThere: [],
    shownBy: [],
    examples: [],
    ...more,
  };
}

/** Everything that there may be to say, of rows whose texts mean harm. */
export const takeBackPreview: TakeBackPreview = {
  collection: 'contacts',
  rows: [
    {
      collection: 'contacts',
      title: 'Contacts',
      key: '1',
      why: 'asked',
      does: 'overwrite',
      cells: [
        {
          column: 'name',
          title: 'Name',
          from: { value: 'Ann' },
          to: { value: '<img src=x onerror=alert(1)>' },
        },
        { column: 'note', from: { value: null }, to: { value: '' } },
        { column: 'password', from: { value: null, masked: true }, to: { value: null, masked: true } },
      ],
    },
    {
      collection: 'customers',
      key: '7',
      why: 'parent',
      does: 'insert',
      cells: [{ column: 'name', to: { value: 'x'.repeat(4096), bytes: 70_000 } }],
    },
    { collection: 'orders', key: '1, 2', why: 'child', does: 'same', cells: [] },
    { collection: 'orders', key: '1, 3', why: 'child', does: 'insert', cells: [], cut: true },
  ],
  counts: { insert: 2, overwrite: 1, same: 1 },
  refusals: [],
  loose: [
    { collection: 'contacts', key: '1', columns: ['ownerId'], to: 'users', inBackup: false, author: false },
    { collection: 'contacts', key: '1', columns: ['createdById'], to: 'users', inBackup: true, author: true },
  ],
  children: [
    { collection: 'orders', missing: 3, apart: 1, come: false },
    { collection: 'tickets', missing: 2000, apart: 0, more: true, come: false },
    { collection: 'pairs', missing: 2, apart: 0, come: false, cannot: 'no key' },
    { collection: 'gone', missing: 1, apart: 0, come: false, cannot: 'no table' },
  ],
  uncounted: ['huge'],
  left: [{ collection: 'contacts', columns: ['fax'] }],
  files: (['comes', 'there', 'unsure', 'other', 'absent', 'elsewhere'] as const).map((state, at) => ({
    collection: 'attachments',
    key: String(at),
    path: `deep/${state}.txt`,
    state,
    ...(at === 0 && { bytes: 70_000 }),
  })),
  triggers: [{ kind: 'trigger', collection: 'contacts', name: 'audit' }],
  restart: ['roles'],
  warnings: [{ code: 'across', kind: 'version', from: 'MySQL', here: 'PostgreSQL' }],
  maker: { kind: 'stranger', fingerprint: 'SHA256:1f0c-22d3-9a5e-0b71-c4d8-6e2f-7a90-5b3c' },
  asksForName: true,
  expected: 'sealed',
};

/** Every way to be compared and not to be, with names that mean harm. */
export const comparison: PreparedComparison = {
  job: 'job_prepared',
  expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
  different: true,
  collections: [
    difference('contacts', {
      title: 'Contacts',
      onlyHere: 3,
      changed: 2,
      onlyThere: 1,
      equal: 41_200,
      columns: [
        { name: 'name', rows: 2 },
        { name: '<b>note</b>', rows: 1 },
      ],
      shownBy: ['id'],
      examples: [
        { kind: 'onlyHere', key: [{ value: '7' }], changes: [] },
        {
          kind: 'changed',
          key: [{ value: '1' }],
          changes: [
            {
              column: 'name',
              here: { value: 'Ann' },
              there: { value: '<img src=x onerror=alert(1)>' },
            },
            { column: '<b>note</b>', here: { value: null }, there: { value: '' } },
            {
              column: 'password',
              here: { value: null, masked: true },
              there: { value: null, masked: true },
            },
          ],
        },
        { kind: 'onlyThere', key: [{ value: '9' }], changes: [] },
      ],
    }),
    difference('settings', { equal: 12 }),
    difference('visits', {
      by: 'rows',
      onlyHere: 1,
      onlyThere: 1,
      equal: 5,
      shownBy: ['page', 'at'],
      examples: [
        { kind: 'onlyHere', key: [{ value: 'x'.repeat(4096), bytes: 70_000 }, { value: null }], changes: [] },
      ],
    }),
    difference('archive', { by: 'there', there: 8, onlyThere: 8 }),
    difference('totals', { by: 'kind', there: 3, onlyThere: 3 }),
    difference('logs', { by: 'structure', here: 30 }),
    difference('orders', { columnsHere: ['discount'], columnsThere: ['\u202enote'], equal: 9 }),
  ],
  beyond: ['imports', '\u202estray'],
  withoutRows: ['monthly_revenue'],
  untold: false,
  lost: { contacts: 5, visits: 1, totals: 2 },
};

export const takeBackUndoPreview: TakeBackUndoPreview = {
  rows: [
    {
      collection: 'contacts',
      key: '1',
      does: 'overwrite',
      changed: true,
      cells: [{ column: 'name', from: { value: 'since' }, to: { value: 'Ann' } }],
    },
    { collection: 'orders', key: '1', does: 'delete', changed: false, cells: [] },
  ],
  gone: [],
  pointing: [],
  expected: 'sealed',
};

export const folder: DataFolder = {
  folder: '/var/lib/ark',
  free: 61e9,
  parts: [{ kind: 'backups', path: 'backups', files: 15, bytes: 4.2e9 }],
  database: [],
};

export const undoOf = (source: string): UndoItem => ({
  job: 'job_1',
  action: 'restore',
  source,
  at: new Date(Date.now() - 60_000).toISOString(),
  expiresAt: new Date(Date.now() + 86_400_000).toISOString(),
  bytes: 1000,
  collections: [{ name: 'orders', rows: 5 }],
});

export const nightly: ScheduleItem = {
  name: 'nightly',
  timing: { every: 1, unit: 'days', at: '02:30' },
  timeZone: 'Europe/Amsterdam',
  storages: ['local'],
  retention: { last: 3 },
  on: true,
  since: new Date(Date.now() - 86_400_000).toISOString(),
  next: [new Date(Date.now() + 3_600_000).toISOString()],
  problems: [],
};
