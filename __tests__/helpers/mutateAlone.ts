import { readFileSync } from 'node:fs';
import { openBackup } from '../../src/server/dumper/legacy/open';
import { planOf } from '../../src/server/dumper/restore/plan';
import { postgresDatabase } from '../../src/server/dumper/dialects/postgres/database';
import {
  connect,
  type PostgresSettings,
} from '../../src/server/dumper/dialects/postgres/connection/connection';
import { readLive, readTarget } from '../../src/server/dumper/dialects/postgres/catalog/live';
import { parser } from '../../src/server/dumper/dialects/postgres/sql/parser';
import { wantedOf } from '../../src/server/dumper/dialects/postgres/neutral/wanted';
import { planSwap } from '../../src/server/dumper/dialects/postgres/plan/plan';
import { asBackupError } from '../../src/server/errors/errors';
import { putTogether, takenApart } from './forged';
import { measured } from './measured';
import { inMemory, pack } from './nbdump';
import { zipEntries } from './zipEntries';

/**
 * Changes files in thousands of ways, each by chance and all of them by one seed, and takes each as far as a restore
 * goes before it touches a database: open, verify, fit, plan.
 */
const [, , url = '', identity = '', seed = '', rounds = '', plain = '', sealed = '', old = ''] = process.argv;

let state = Number(seed);
/** From 0 to 1, the same for the same seed (mulberry32). */
function random(): number {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}
const below = (n: number): number => Math.floor(random() * n);
const oneOf = <T>(list: readonly T[]): T => list[below(list.length)] as T;

function changedBytes(bytes: Buffer): Buffer {
  const at = below(bytes.length);
  const length = 1 + below(random() < 0.8 ? 8 : 2000);
  const [before, part, after] = [
    bytes.subarray(0, at),
    bytes.subarray(at, at + length),
    bytes.subarray(at + length),
  ];
  switch (below(6)) {
    case 0:
      return Buffer.concat([before, after]);
    case 1:
      return Buffer.concat([before, part, part, after]);
    case 2:
      return before;
    case 3:
      return Buffer.concat([before, Buffer.from(Array.from(part, () => below(256))), after]);
    default: {
      const copy = Buffer.from(bytes);
      copy[at] = (copy[at] ?? 0) ^ (1 << below(8));
      return copy;
    }
  }
}

const ODD: readonly unknown[] = [
  null,
  '',
  'x',
  '__proto__',
  'constructor',
  '\0',
  '../../x',
  "'; DROP TABLE x; --",
  'a'.repeat(70_000),
  0,
  -1,
  1.5,
  2 ** 53,
  1e308,
  true,
  false,
  [],
  {},
  [[[[]]]],
  ['__proto__'],
];

type Held = Record<string, unknown>;

/** One place of a JSON value, however deep, is something else afterwards. */
function changedJson(value: unknown): void {
  const places: [Held, string][] = [];
  const walk = (one: unknown) => {
    if (typeof one !== 'object' || one === null) return;
    for (const key of Object.keys(one)) {
      places.push([one as Held, key]);
      walk((one as Held)[key]);
    }
  };
  walk(value);
  if (places.length === 0) return;
  const [held, key] = oneOf(places);
  const [other, otherKey] = oneOf(places);
  switch (below(6)) {
    case 0:
      if (Array.isArray(held)) held.splice(Number(key), 1);
      else Reflect.deleteProperty(held, key);
      break;
    case 1:
      if (Array.isArray(held)) held.push(structuredClone(held[Number(key)]));
      else held[`${key}_`] = structuredClone(held[key]);
      break;
    case 2:
      held[key] = structuredClone(other[otherKey]);
      break;
    default:
      held[key] = oneOf(ODD);
  }
}

async function main(): Promise<unknown> {
  const address = new URL(url);
  const settings: PostgresSettings = {
    connection: { connectionString: url },
    label: address.pathname,
    schema: 'public',
    patienceMs: 1000,
  };
  const database = postgresDatabase(settings);
  const described = await database.structure();
  const client = await connect(settings, 'look');
  const { live } = await readLive(client, 'public');
  const target = await readTarget(client);
  const parse = await parser();
  await client.end();
  const keys = { identities: [identity] };

  const through = async (bytes: Buffer, withKey: boolean): Promise<string> => {
    const given = await openBackup(inMemory(bytes), withKey ? keys : {});
    await given.verify({ unpack: true });
    const { archive } = await given.fit(
      { dialect: 'postgres', structure: () => Promise.resolve(described) },
      'UTC',
    );
    const { schema, selected } = wantedOf(
      await planOf(archive.manifest, archive.manifest.collections, { all: true }),
    );
    planSwap(schema, live, { selected, all: true, target, parse });
    return 'accepted';
  };

  const seeds = {
    plain: readFileSync(plain),
    sealed: readFileSync(sealed),
    old: readFileSync(old),
  };
  const written = await takenApart(seeds.plain);
  const entries = await zipEntries(seeds.old);
  const texts = Object.keys(entries).filter((name) => /meta$|sql-content/.test(name));
  interface Changed {
    readonly name: string;
    readonly bytes: Buffer;
    readonly withKey: boolean;
  }
  const ways: readonly (() => Changed | Promise<Changed>)[] = [
    () => ({ name: 'plain bytes', bytes: changedBytes(seeds.plain), withKey: false }),
    () => ({ name: 'sealed bytes', bytes: changedBytes(seeds.sealed), withKey: true }),
    () => ({ name: 'old bytes', bytes: changedBytes(seeds.old), withKey: false }),
    async () => {
      const manifest = structuredClone(written.manifest);
      for (let times = 1 + below(3); times > 0; times -= 1) changedJson(manifest);
      return { name: 'manifest', bytes: await putTogether({ ...written, manifest }), withKey: false };
    },
    async () => {
      const name = oneOf(texts);
      const changed = { value: JSON.parse((entries[name] ?? '').toString()) as unknown };
      changedJson(changed);
      const body = Buffer.from(JSON.stringify(changed.value ?? null));
      return { name: 'old texts', bytes: await pack({ ...entries, [name]: body }), withKey: false };
    },
  ];

  const counts: Record<string, number> = {};
  const wrong: string[] = [];
  let slowest = 0;
  for (let round = 0; round < Number(rounds); round += 1) {
    // Manifests are what an attacker writes: half of all.
    const way = random() < 0.5 ? ways[3] : oneOf(ways);
    if (!way) continue;
    const { name, bytes, withKey } = await way();
    const [began, cpu] = [performance.now(), process.cpuUsage()];
    const outcome = await through(bytes, withKey).catch((error: unknown) => {
      const { code, exit, message } = asBackupError(error);
      if (code === 'INTERNAL' || ![1, 3].includes(exit)) {
        const where = error instanceof Error ? (error.stack ?? '') : '';
        wrong.push(`${round} ${name}: ${code} ${message.slice(0, 200)} ${where.slice(0, 400)}`);
      }
      return code;
    });
    // What this process did not get of a busy machine is not its own slowness.
    const used = process.cpuUsage(cpu);
    slowest = Math.max(slowest, Math.min(performance.now() - began, (used.user + used.system) / 1000));
    counts[`${name}: ${outcome}`] = (counts[`${name}: ${outcome}`] ?? 0) + 1;
  }
  return { counts, wrong: wrong.slice(0, 20), slowest: Math.round(slowest) };
}

void measured(main);
