import { copyDatabase } from '../../src/server/actions/restore/copyDatabase';
import { previewBackup } from '../../src/server/actions/restore/previewBackup';
import { rehearseBackup } from '../../src/server/actions/restore/rehearse';
import { previewInto, restoreInto } from '../../src/server/actions/restore/restoreInto';
import { restoreBackup } from '../../src/server/actions/restore/restoreBackup';
import {
  applyUndo,
  dropUndo,
  findUndo,
  listUndos,
  previewUndo,
} from '../../src/server/actions/restore/undos';
import type { Database } from '../../src/server/dumper/dialect';
import type { Host } from '../../src/server/host';
import { backUp, hostOf, restoreAll } from '../helpers/ark';
import { digest } from '../helpers/digest';
import type { TestDatabase } from '../helpers/postgres';

type Ways = Readonly<Record<string, () => Promise<unknown>>>;

/**
 * Through a pooler everything is refused before anything is set, read or written, and says what to do. An app may
 * write into tables called `its…` meanwhile.
 */
export async function refusedThrough(
  pooled: string,
  app: TestDatabase,
  other: TestDatabase,
  folder: string,
): Promise<void> {
  const direct = hostOf(app.url, folder);
  const archive = await backUp(direct, `direct-${Date.now()}`);
  await restoreAll(direct, archive, { collections: ['t'] });
  const undo = await findUndo(direct);
  const host: Host = { ...hostOf(pooled, folder), instance: direct.instance };
  const elsewhere = hostOf(other.url, folder);
  const request = { selection: {}, allowBreaks: true, allowCode: true };
  const { database } = host;
  const doors: Record<Exclude<keyof Database, 'dialect' | 'label'>, () => Promise<unknown>> = {
    id: () => database.id(),
    startedAt: () => database.startedAt(),
    snapshot: () => database.snapshot({ readers: 1, app: {}, job: JOB }),
    nativeForm: () => database.nativeForm(),
    describe: () => database.describe({}),
    once: () => database.once((looks) => looks.structure()),
    structure: () => database.structure(),
    tables: () => database.tables(),
    sizes: () => database.sizes({}),
    app: () => database.app({}),
    preview: () => previewBackup(host, archive, {}),
    previewAside: () => previewInto(host, archive, {}, 'beside'),
    previewUndo: () => database.previewUndo(undo.job),
    code: () => database.code({} as Parameters<Database['code']>[0]),
    account: () => database.account(),
    join: () => database.join('here', 'open', { word: () => undefined, lost: () => undefined }),
    hold: () => database.hold(JOB),
    lock: () => database.lock(JOB),
    busy: () => database.busy(),
    undos: () => listUndos(host),
    prepared: () => database.prepared(),
    readPrepared: () => database.readPrepared(JOB, [], () => Promise.resolve()),
    rowsBy: () => database.rowsBy([]),
    keptRows: () => database.keptRows(),
    committed: () => database.committed(),
    leftovers: () => database.leftovers(),
  };
  const commands: Ways = {
    backup: () => backUp(host, 'pooled'),
    restore: () => restoreBackup(host, archive, 'direct.ark', request),
    'restore into a place of its own': () =>
      restoreInto(host, archive, 'direct.ark', { selection: {}, into: 'beside' }),
    rehearse: () => rehearseBackup(host, archive, 'direct.ark', { allowCode: true }),
    'preview of an undo': () => previewUndo(host, undo),
    'an undo': () => applyUndo(host, undo, { allowBreaks: true }),
    'dropping an undo': () => dropUndo(host, undo.job, { allowBreaks: true }),
    'copy from': () => copyDatabase(host, elsewhere, request),
    'copy to': () => copyDatabase(elsewhere, host, request),
  };
  const whole = async () => {
    const { tables, objects } = await digest(app.url);
    return {
      objects,
      tables: Object.entries(tables).filter(([name]) => !name.startsWith('its')),
      schemas: await app.query(`SELECT nspname::text AS name FROM pg_namespace ORDER BY 1`),
    };
  };
  const before = await whole();
  const untouched = await digest(other.url);
  for (const [name, way] of Object.entries({ ...(doors as Ways), ...commands })) {
    const how = await way().then(
      () => 'done',
      (error: unknown) => error,
    );
    expect([name, how]).toEqual([
      name,
      expect.objectContaining({
        code: 'DATABASE_POOLED',
        message: expect.stringMatching(/own address.*ARK_DB_HOST/) as string,
      }),
    ]);
    expect([name, await whole()]).toEqual([name, before]);
  }
  expect(await digest(other.url)).toEqual(untouched);
}

const JOB = '20260101_000000_abcdef';
