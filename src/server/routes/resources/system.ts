import { mkdir } from 'node:fs/promises';
import { keyFingerprint } from '../../dumper/files/folders';
import { countFiles } from '../../dumper/files/preview';
import { failureOf } from '../../errors/errors';
import * as answers from '../../api/answers';
import type * as api from '../../api/api';
import { listBackups } from '../../actions/backups/listBackups';
import { action, data, text, type Action } from '../call';
import { PERMISSIONS } from '../../api/permissions';
import type { Ark } from '../../actions/ark';
import { BUILT_IN } from '../../actions/storages/storages';
import * as input from '../../api/input';
import { beforeChanges, setBeforeChanges } from '../../actions/system/beforeChanges';
import { clear, clearable, describeData } from '../../actions/system/dataFolder';
import { freshMetrics, METRICS_TYPE } from '../../actions/system/metrics';
import { rescueSheet } from '../../actions/system/rescueSheet';
import { safetyOf } from '../../actions/system/safety';
import { sayKeyElsewhere } from '../../actions/trust/keyElsewhere';
import { freeSpace } from '../../actions/uploads/space';
import { OWN_FOLDER } from '../../ownFolder';

export const arkSystem: Readonly<Record<string, Action>> = {
  get: action({
    methods: ['GET'],
    permission: 'view',
    summary: 'Versions, the database, the data folder and its space',
    answer: answers.SystemInfo,
    async run({ ark, may }) {
      const { host } = ark;
      await mkdir(ark.dataFolder, OWN_FOLDER);
      const [looked, free, stored, storages, beside] = await Promise.all([
        lookAtDatabase(ark),
        freeSpace(ark.dataFolder),
        listBackups(host, BUILT_IN).catch(() => undefined),
        host.storages.list(),
        // Without the database nobody knows of files; the page says that by itself.
        host
          .files()
          .then(async ({ keyFile, unknown = false }) => ({ key: await keyFingerprint(keyFile), unknown }))
          .catch(() => undefined),
      ]);
      return data({
        version: host.version,
        node: process.version,
        instance: host.instance,
        ...(host.environment.ARK_COLOR && { color: host.environment.ARK_COLOR }),
        ...looked,
        dataFolder: ark.dataFolder,
        ...(stored &&
          stored.failed.length === 0 && {
            used: stored.backups.reduce((sum, backup) => sum + backup.size, 0),
          }),
        free,
        uploadLimit: ark.uploadLimit,
        storages: storages.map(({ name, kind }) => ({ name, kind })),
        may: PERMISSIONS.filter((permission) => may(permission)),
        aesKey: beside?.key !== undefined,
        filesUnknown: beside?.unknown ?? false,
        appCache: host.clearAppCache !== undefined,
        ...(host.live && {
          beforeChanges: {
            mode: await beforeChanges(host),
            fixed: host.environment.ARK_BEFORE_CHANGES !== undefined,
          },
        }),
      } satisfies api.SystemInfo);
    },
  }),

  safety: action({
    methods: ['GET'],
    permission: 'view',
    summary: 'Whether the app is safe: the last good backup, the next run, the storages, what went wrong',
    answer: answers.Safety,
    run: async ({ ark }) => data(await safetyOf(ark.host, ark.catalog, new Date())),
  }),

  metrics: action({
    methods: ['GET'],
    permission: 'view',
    summary: "What there is to watch, in Prometheus' text form: times, sizes and problems, no secret",
    answer: 'text',
    run: async ({ ark }) => text(await freshMetrics(ark), METRICS_TYPE),
  }),

  rescueSheet: action({
    methods: ['GET'],
    permission: 'settings',
    summary: 'What is needed to get the app back when its server is gone, with the commands, without secrets',
    answer: answers.RescueSheet,
    run: async ({ ark }) => data(await rescueSheet(ark.host, ark.dataFolder, ark.catalog, new Date())),
  }),

  beforeChanges: action({
    methods: ['POST'],
    permission: 'settings',
    summary: 'Whether to back up before the app is upgraded or one of its plugins changes',
    input: input.BeforeChangesBody,
    answer: answers.Nothing,
    async run({ ark, input: { mode } }) {
      await setBeforeChanges(ark.host, mode);
      return data({});
    },
  }),

  keyElsewhere: action({
    methods: ['POST'],
    permission: 'settings',
    summary: "Say that the app's AES key is kept outside of its backups, or take it back",
    input: input.KeyBody,
    answer: answers.KeySaid,
    run: async ({ ark, input: { kept } }) => data(await sayKeyElsewhere(ark.host, kept, new Date())),
  }),

  data: action({
    methods: ['GET'],
    permission: 'view',
    summary: 'What lies in the data folder, and what Ark keeps in the database',
    answer: answers.DataFolder,
    run: async ({ ark }) => data(await describeData(ark)),
  }),

  files: action({
    methods: ['GET'],
    permission: 'view',
    summary: "The app's uploaded files on this machine, counted by file storage",
    answer: answers.FolderSum.array(),
    run: async ({ ark }) => data(await countFiles(await ark.host.files())),
  }),

  clearCache: action({
    methods: ['POST'],
    permission: 'delete',
    summary: 'Remove temporary files, staging tables of dead jobs and expired undos; with dryRun say which',
    input: input.ClearBody,
    answer: answers.Cleared,
    async run({ ark, input: { dryRun, app } }) {
      if (!dryRun) return data(await clear(ark, app, new Date()));
      return data({ ...(await clearable(ark, app, new Date())), freed: 0 });
    },
  }),
};

/** A console must tell what is wrong even when the database is what is wrong. */
async function lookAtDatabase({ host, demo }: Ark): Promise<Pick<api.SystemInfo, 'database' | 'app'>> {
  const { database } = host;
  const facts = { label: database.label, dialect: database.dialect, demo };
  try {
    const { version, app } = await database.app(host.app);
    return {
      database: { ...facts, version },
      ...(app && {
        app: { name: app.name, ...(app.version !== undefined && { version: app.version }) },
      }),
    };
  } catch (cause) {
    return { database: { ...facts, error: failureOf(cause) } };
  }
}
