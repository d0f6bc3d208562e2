import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ScheduleItem, StorageItem, StorageTest } from '../../src/server/api/api';
import { inspectCommand } from '../../src/server/commands/inspect';
import { previewCommand } from '../../src/server/commands/preview';
import { restoreCommand } from '../../src/server/commands/restore';
import { verifyCommand } from '../../src/server/commands/verify';
import { jsonLine, print, printJson, type Text } from '../../src/server/terminal/print';
import { prunedText, runText, scheduleText } from '../../src/server/terminal/schedules';
import { storagesText, testText } from '../../src/server/terminal/storages';
import { listText } from '../../src/server/terminal/listText';
import { previewText, undosText } from '../../src/server/terminal/tables';
import { localTime } from '../../src/server/terminal/time';
import { trustText } from '../../src/server/terminal/trust';
import { backUp, hostOf } from '../helpers/ark';
import { eachText, putTogetherOld, takenApart, type Written } from '../helpers/forged';
import { ownPlace } from '../helpers/place';
import { printedBy, runCommand } from '../helpers/terminal';
import type { CodeItem } from '../../src/server/dumper/schema/code';
import { samplesOf } from '../helpers/samples';
import { WARNING_SCHEMAS } from '../../src/server/dumper/app/warning';
import { codeText } from '../../src/server/terminal/codeText';

/** A terminal obeys what it is sent. Whatever text comes from elsewhere, none of it may reach one as an order. */
const ACTING = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\p{Cs}]/u;
const HOSTILE =
  '\u001b[2J\u001b]0;x\u0007\b\r\nFORGED\t\u007f\u0085\u009b31m\u2028\u2029\u061c\u200e\u202e\u2066\ud800';

/** Only lines, and none that was started by what is printed in it. */
function expectHarmless(printed: string, what: string): void {
  const lines = printed.split('\n');
  expect([what, lines.filter((line) => ACTING.test(line) || line.startsWith('FORGED'))]).toEqual([what, []]);
}

const place = ownPlace();

describe('every text of an archive', () => {
  let written: Written;
  let url: string;

  beforeAll(async () => {
    const database = await place.database(`
      CREATE TABLE notes (id integer PRIMARY KEY, body text DEFAULT 'x');
      INSERT INTO notes VALUES (1, 'a');
      CREATE VIEW short AS SELECT id FROM notes;`);
    url = database.url;
    await backUp(hostOf(url, place.data.folder), 'sound');
    const sound = await takenApart(readFileSync(join(place.data.folder, 'backups', 'sound.ark')));
    const [first, ...others] = sound.manifest.collections as Record<string, unknown>[];
    written = {
      ...sound,
      manifest: {
        ...sound.manifest,
        createdBy: 'somebody',
        origin: { instance: 'i', schedule: 's' },
        app: { name: 'nocobase', version: '2.2.15', plugins: [{ name: 'p', version: '1', enabled: true }] },
        notIncluded: [{ what: 'collection', name: 'n', reason: 'r' }],
        collections: [{ ...first, collection: 'c', origin: 'o', title: 't' }, ...others],
      },
    };
  });

  const made = {
    inspect: inspectCommand,
    verify: verifyCommand,
    preview: previewCommand,
    restore: restoreCommand,
  };
  const run = (command: keyof typeof made, ...args: readonly string[]) =>
    runCommand(made[command], [command, ...args], place.data.folder);

  it('is harmless in what inspect, verify, preview, restore and their errors print', async () => {
    const file = join(place.data.folder, 'hostile.ark');
    let [tried, shown] = [0, 0];
    for (const one of eachText(written.manifest)) {
      tried += 1;
      const what = one.path.join('.');
      await writeFile(
        file,
        await putTogetherOld({ ...written, manifest: one.with(one.text + HOSTILE) as Written['manifest'] }),
      );
      for (const command of ['inspect', 'verify', 'preview', 'restore'] as const) {
        // Without --yes and without a terminal the question itself comes back as an error.
        const more = command === 'preview' || command === 'restore' ? ['--database', url] : [];
        const { out, err } = await run(command, file, ...more);
        if (`${out}${err}`.includes('FORGED')) shown += 1;
        expectHarmless(`${out}${err}`, `${command}: ${what}`);
        if (command !== 'inspect') continue;
        const json = await run(command, file, '--json');
        expectHarmless(`${json.out}${json.err}`, `${command} --json: ${what}`);
        expect(json.out.trimEnd().split('\n')).toHaveLength(1);
        JSON.parse(json.out);
      }
    }
    expect(tried).toBeGreaterThan(40);
    expect(shown).toBeGreaterThan(15);
  });
});

describe('every text of what else is printed', () => {
  const at = '2026-11-26T10:00:00.000Z';
  const schedule = {
    name: 'daily',
    on: true,
    timing: { cron: '0 2 * * *' },
    timeZone: 'UTC',
    storages: ['local'],
    since: at,
    next: [at],
    last: { state: 'done', startedAt: at },
    problems: [{ code: 'STORAGE_UNKNOWN', message: 'gone' }],
  } as unknown as ScheduleItem;
  const storage: StorageItem = {
    name: 's3',
    kind: 's3',
    default: true,
    from: 'settings',
    place: 'https://example.org/bucket',
    settings: {},
    error: { code: 'STORAGE_INVALID', message: 'no' },
  };
  const test: StorageTest = {
    ok: false,
    checks: [{ what: 'reach', state: 'failed', message: 'no answer', code: 'STORAGE_UNAVAILABLE' }],
    proposal: { endpoint: 'https://example.org' },
  };
  const list = [
    {
      name: 'a.ark',
      size: 1,
      instance: 'shop',
      groups: [{ group: 'custom' as const }],
      badges: ['ready' as const],
      createdAt: at,
      storage: 'local',
      state: 'ok' as const,
      maker: { kind: 'trusted' as const, fingerprint: 'SHA256:0', name: 'The house' },
    },
  ];
  const trust = {
    own: 'SHA256:1',
    former: ['SHA256:2'],
    trusted: [{ fingerprint: 'SHA256:3', name: 'The house', addedAt: at }],
  };
  const undos = [
    {
      job: 'j',
      action: 'restore',
      source: 'a.ark',
      at: new Date(at),
      expiresAt: new Date(at),
      collections: [],
      bytes: 1,
    },
  ];
  const preview = {
    warnings: samplesOf(WARNING_SCHEMAS),
    missing: [
      {
        kind: 'extension',
        name: 'citext',
        outcome: 'left-out',
        neededBy: [{ kind: 'view', name: 'v', collection: 'orders' }],
      },
    ],
    blemishes: [
      { kind: 'check', collection: 'notes', name: 'low', outcome: 'not valid', because: 'no such schema' },
      { kind: 'index', collection: 'notes', name: 'once', outcome: 'left out', before: true },
      { kind: 'foreign', collection: 'notes', name: 'up', outcome: 'not valid', before: true },
    ],
    forgotten: [
      { kind: 'collection', name: 'invoices', title: 'Invoices' },
      { kind: 'role', name: 'clerk' },
    ],
    collections: [
      {
        name: 'notes',
        group: 'custom',
        kind: 'table',
        action: 'replace',
        structure: [{ code: 'goes', what: 'column', name: 'a' }],
      },
    ],
    files: [{ storage: 'local', filesNow: 1, files: 1, bytes: 1, lost: 0 }],
    undoBytes: 1,
    leftOut: [{ kind: 'view', name: 'v' }],
    code: [
      { kind: 'function', name: 'f(integer)', text: 'CREATE FUNCTION f', language: 'sql', state: 'new' },
    ],
  };
  const runs = [
    { name: 'daily', run: { state: 'failed', storages: [{ storage: 'local', name: 'a.ark' }], removed: [] } },
  ];
  const pruned = [
    {
      storage: 'local',
      decisions: [{ keep: false, name: 'a.ark', createdAt: at, size: 1, reasons: [{ why: 'manual' }] }],
      removed: ['a.ark'],
    },
  ];

  it.each<[string, unknown, (changed: never) => Text]>([
    ['schedule list', [schedule], (changed: ScheduleItem[]) => scheduleText(changed)],
    ['storages list', [storage], (changed: StorageItem[]) => storagesText(changed)],
    ['storages test', test, (changed: StorageTest) => testText('s3', changed, undefined)],
    ['list', list, (changed: typeof list) => listText(changed)],
    [
      'undo',
      undos,
      (changed: never[]) =>
        undosText(
          changed.map((one: object) => ({ ...one, at: new Date(at), expiresAt: new Date(at) }) as never),
        ),
    ],
    ['preview', preview, previewText],
    ['inspect --code', preview.code, (changed: typeof preview.code) => codeText(changed as CodeItem[], true)],
    ['trust list', trust, trustText],
    ['schedule run', runs, runText],
    ['schedule prune', pruned, prunedText],
  ])('%s', async (what, value, text) => {
    const plain = JSON.parse(JSON.stringify(value)) as unknown;
    // People read moments as they are where they are.
    expect((await printedBy(() => print(text(plain as never)))).out).not.toMatch(/\dT\d\d:/);
    let tried = 0;
    for (const one of eachText(plain)) {
      if (/^\d{4}-.*Z$/.test(one.text) && what !== 'schedule list' && what !== 'schedule prune') continue;
      // Words of Ark's own, which choose a sign or a word.
      if (
        ['kind', 'state', 'outcome', 'code'].includes(one.path.at(-1) ?? '') &&
        /code|leftOut|missing|blemishes|warnings|^list /.test(`${what} ${one.path[0] ?? ''}`)
      )
        continue;
      if (one.path.at(-1) === 'state' && what === 'storages test') continue;
      tried += 1;
      const { out } = await printedBy(() => print(text(one.with(one.text + HOSTILE) as never)));
      expectHarmless(out, one.path.join('.'));
    }
    expect(tried).toBeGreaterThan(1);
  });

  it('JSON holds the same value without one acting character', async () => {
    const value = { [HOSTILE]: [HOSTILE, 'plain “quotes” é 語 👩‍💻'] };
    expect(JSON.parse(jsonLine(value))).toEqual(value);
    const { out } = await printedBy(() => printJson(value));
    expectHarmless(out, 'json');
  });

  it('what is no order stays as it is', async () => {
    const line = 'Zoë’s café: 語, עברית, 👩‍💻, │ ┌ ─';
    expect((await printedBy(() => print(line))).out).toBe(`${line}\n`);
  });
});

it('the moment of a backup is its own, where the reader is, and an odd one is shown as it is', () => {
  const at = '2026-06-10T12:00:00.000Z';
  const clock = new Date(at);
  const hour = String(clock.getHours()).padStart(2, '0');
  expect(localTime(at)).toBe(`2026-06-${String(clock.getDate())} ${hour}:00`);
  expect(localTime('the day before')).toBe('the day before');
});

it('nothing writes to the terminal but by lines', () => {
  const base = join(__dirname, '..', '..', 'src', 'server');
  const writers = readdirSync(base, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .filter((file) =>
      /\bprocess\.std(out|err)\.write|\bconsole\.\w+\(/.test(readFileSync(join(base, file), 'utf8')),
    );
  expect(writers).toEqual([join('terminal', 'print.ts')]);
});
