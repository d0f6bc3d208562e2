import { execFile, fork, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { claim } from '../src/server/claim';

const root = join(__dirname, '..');
/** No process has this number: it is above the highest that Linux gives out. */
const DEAD = '4194305 1';
const PROCESSES = 8;
const ROUNDS = 60;

let folder: string;
let children: ChildProcess[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ark-claim-'));
  const bundle = join(folder, 'claim.cjs');
  await promisify(execFile)(join(root, 'node_modules', '.bin', 'esbuild'), [
    join(root, 'src', 'server', 'claim.ts'),
    '--bundle',
    '--platform=node',
    '--format=cjs',
    `--outfile=${bundle}`,
  ]);
  const script = join(folder, 'child.cjs');
  // Whoever is in makes a folder and takes it away: two who are in at once cannot both make it.
  await writeFile(
    script,
    `const { claim } = require(${JSON.stringify(bundle)});
     const { mkdirSync, rmdirSync } = require('node:fs');
     const pause = (ms) => new Promise((done) => setTimeout(done, ms));
     process.on('message', async (file) => {
       try {
         const giveBack = await claim(file, 'it');
         mkdirSync(file + '.in');
         await pause(Math.random() * 8);
         rmdirSync(file + '.in');
         await giveBack();
         process.send('held');
       } catch (error) {
         process.send(error.code === 'FOLDER_IN_USE' ? 'refused' : 'wrong: ' + error.message);
       }
     });`,
  );
  children = Array.from({ length: PROCESSES }, () => fork(script));
});
afterAll(async () => {
  for (const child of children) child.kill();
  await rm(folder, { recursive: true, force: true });
});

const answer = (child: ChildProcess, file: string): Promise<string> =>
  new Promise((resolve) => {
    child.once('message', (said) => resolve(said as string));
    child.send(file);
  });

const overOf = (mark: string): string => createHash('sha256').update(mark).digest('hex').slice(0, 16);

describe.each([
  ['no mark', (): Promise<void> => Promise.resolve()],
  ['the mark of a dead process', (file: string) => writeFile(file, DEAD)],
  ['an empty mark', (file: string) => writeFile(file, '')],
  [
    'the mark of a dead process, and that of one that died while it took it over',
    async (file: string) => {
      await writeFile(file, DEAD);
      await writeFile(`${file}.${overOf(DEAD)}`, '4194306 1');
    },
  ],
])('with %s', (name, prepare) => {
  it(`of ${PROCESSES} at once never two have it, one gets it, and nothing is left`, async () => {
    let held = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const file = join(folder, `${name.length}-${round}.lock`);
      await prepare(file);
      const said = await Promise.all(children.map((child) => answer(child, file)));
      expect(said.filter((one) => one !== 'held' && one !== 'refused')).toEqual([]);
      held += said.filter((one) => one === 'held').length;
      expect(said).toContain('held');
    }
    expect(held).toBeGreaterThanOrEqual(ROUNDS);
    expect((await readdir(folder)).filter((one) => one.includes('.lock'))).toEqual([]);
  });
});

it('who has it is told, and it can be had again when it was given back', async () => {
  const file = join(folder, 'mine.lock');
  const giveBack = await claim(file, 'The folder /x');
  await expect(claim(file, 'The folder /x')).rejects.toMatchObject({
    code: 'FOLDER_IN_USE',
    message: `The folder /x is used by another Ark (process ${process.pid}). Stop that one first, or give this one a folder of its own with ARK_DATA.`,
  });
  expect((await readFile(file, 'utf8')).split(' ')[0]).toBe(String(process.pid));
  await giveBack();
  await (
    await claim(file, 'it')
  )();
});

it('a number that another process has now is no holder', async () => {
  const file = join(folder, 'again.lock');
  await writeFile(file, `${process.pid} 1`);
  await (
    await claim(file, 'it')
  )();
});
