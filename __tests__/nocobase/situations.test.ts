import type { Preview } from '../../src/server/api/api';
import { digest, type DatabaseDigest } from '../helpers/digest';
import type { TestDatabase } from '../helpers/postgres';
import { appPlace, runJob, startInstalled, type Caller, type NocoBase } from './app';
import { SITUATIONS } from './situations';
import { done, type Row, type Stage } from './situationStage';

/**
 * The situations that NocoBase's own backup plugin is tested in, in one app, each with titles and without: made by the
 * API → backed up → changed → restored.
 */
const place = appPlace();
const WAYS = ['titled', 'untitled'] as const;
type Way = (typeof WAYS)[number];

let db: TestDatabase;
let app: NocoBase;
let admin: Caller;
let before: DatabaseDigest;
let after: DatabaseDigest;
const answers = new Map<string, unknown>();

const stageOf = (way: Way): Stage => {
  const n = (name: string) => `${name}_${way}`;
  return {
    admin,
    db,
    n,
    async collection(name, fields, more = {}) {
      const title = way === 'titled' && { title: name };
      const titled =
        way === 'titled' ? fields.map((field) => ({ uiSchema: { title: 'A field' }, ...field })) : fields;
      const template = { template: 'general', ...more };
      await done(admin.post('collections:create', { name: n(name), ...title, ...template, fields: titled }));
    },
    row: async (name, values) => (await done(admin.post(`${n(name)}:create`, values))) as Row,
  };
};

const each = Object.entries(SITUATIONS).flatMap(([what, situation]) =>
  WAYS.map((way) => [what, way, situation] as const),
);
const asked = (way: Way, paths: readonly string[]) =>
  Promise.all(paths.map(async (path) => [path, await admin.get(path)] as const)).then((all) =>
    all.map(([path, { status, data: found }]) => [way, path, status, found]),
  );

/** How a job ended. */
async function inApp(path: string, body: object): Promise<string> {
  const { caller, job } = await runJob(admin, path, body, () => app.signIn());
  admin = caller;
  return job.error ? `${job.state} ${job.error.code} ${job.error.message}` : job.state;
}

beforeAll(async () => {
  ({ app, admin, db } = await startInstalled(place, { NB_ENABLE: 'map,field-china-region' }));
  const wrong: string[] = [];
  const inTurn = async (step: 'make' | 'change') => {
    for (const [what, way, situation] of each)
      await situation[step](stageOf(way)).catch((error: unknown) =>
        wrong.push(`${step} ${what}, ${way}: ${String(error)}`),
      );
  };
  await inTurn('make');
  for (const [what, way, { ask }] of each)
    answers.set(`${what} ${way}`, await asked(way, ask(stageOf(way).n)));
  before = await digest(db.url);
  const run = async (path: string, body: object) => {
    const state = await inApp(path, body);
    if (state !== 'done') wrong.push(`${path}: ${state}`);
  };
  await run('arkBackups:create', { name: 'situations', all: true });
  await inTurn('change');
  await run('arkBackups:restore?filterByTk=situations.ark', { all: true });
  after = await digest(db.url);
  expect(wrong).toEqual([]);
}, 600_000);
afterAll(() => app.stop());

test.each(each)('%s, %s', async (what, way, situation) => {
  const stage = stageOf(way);
  expect(await asked(way, situation.ask(stage.n))).toEqual(answers.get(`${what} ${way}`));
  for (const [, , status, found] of answers.get(`${what} ${way}`) as unknown[][]) {
    expect(status).toBe(200);
    expect(found).not.toEqual([]);
  }
  await situation.after?.(stage);
});

const made = (name: string) => /_(un)?titled(_path)?$/.test(name);
const tables = ({ tables: all }: DatabaseDigest) => Object.entries(all).filter(([name]) => made(name));

test('the database is as it was: rows and structure of every table that users made', () => {
  expect(tables(before).length).toBeGreaterThan(40);
  expect(tables(after)).toEqual(tables(before));
  const objects = ({ objects: all }: DatabaseDigest) => all.filter((line) => /_(un)?titled/.test(line));
  expect(objects(after)).toEqual(objects(before));
});

test('rows alone come back over what the app has learned since, and counters go on where they are', async () => {
  const stage = stageOf('untitled');
  await SITUATIONS.sequences?.make({
    ...stage,
    n: (name) => `${name}_since`,
    collection: (_, fields, more) => stage.collection('since', fields, more),
    row: (_, values) => stage.row('since', values),
  });
  const input = { groups: ['custom'], keepDefinitions: true };
  const preview = (await done(admin.post('arkBackups:preview?filterByTk=situations.ark', input))) as Preview;
  expect(preview).toMatchObject({ definitions: 'kept', forgotten: [] });
  expect(
    preview.collections
      .filter((collection) => collection.group === 'required')
      .map((collection) => collection.name),
  ).toEqual(['sequences']);
  expect(await inApp('arkBackups:restore?filterByTk=situations.ark', input)).toBe('done');
  for (const [what, way, { ask }] of each)
    expect(await asked(way, ask(stageOf(way).n))).toEqual(answers.get(`${what} ${way}`));
  // Paths of trees and pairs of relations too, of which the app knows no rules.
  const now = await digest(db.url);
  for (const [name, rows] of tables(before)) expect([name, now.tables[name]]).toEqual([name, rows]);
  const goesOn = stageOf('untitled');
  expect(await goesOn.row('since', { name: 'next' })).toMatchObject({ id: 4, serial: 'S-0004' });
  await SITUATIONS.sequences?.after?.(goesOn);
}, 600_000);
