import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import os from 'node:os';
import { chmodSync, readdirSync, statSync, symlinkSync } from 'node:fs';
import { mkdir, mkdtemp, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { localStorage } from '../../src/server/storage/local/local';
import { tinyDisk } from '../helpers/tinyDisk';
import { bytesOf, codeOf, gated, MIDDLE, pseudoRandom, readAll, storageSuite } from '../suites/storage';

const newFolder = () => mkdtemp(join(os.tmpdir(), 'ark-local-'));

storageSuite(
  'local',
  async () => {
    const base = await newFolder();
    const folder = join(base, 'made', 'when needed');
    return {
      storage: localStorage(folder),
      other: localStorage(folder),
      leftovers: () => Promise.resolve(list(folder)),
      async sparse(key, size) {
        await mkdir(folder, { recursive: true });
        await writeFile(join(folder, key), '');
        await truncate(join(folder, key), size);
      },
      close: () => rm(base, { recursive: true, force: true }),
    };
  },
  { skip: { [MIDDLE]: 'a folder has no connection to lose' } },
);

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

let folder: string;
beforeEach(async () => {
  folder = await newFolder();
});
afterEach(async () => {
  jest.restoreAllMocks();
  await rm(folder, { recursive: true, force: true });
});

describe('local: files', () => {
  it('are for their owner only, whatever the umask', async () => {
    const was = process.umask(0);
    try {
      await localStorage(folder).put('a.ark', bytesOf('x'));
    } finally {
      process.umask(was);
    }
    expect(statSync(join(folder, 'a.ark')).mode & 0o777).toBe(0o600);
  });

  it('that are no archives are not listed: folders, hidden and other files', async () => {
    const storage = localStorage(folder);
    await storage.put('a.ark', bytesOf('x'));
    await mkdir(join(folder, 'folder.ark'));
    await writeFile(join(folder, '.hidden.ark'), 'x');
    await writeFile(join(folder, 'notes.txt'), 'x');
    symlinkSync('/nowhere', join(folder, 'dangling.ark'));
    expect((await storage.list()).map((object) => object.key)).toEqual(['a.ark']);
    expect(await codeOf(storage.stat('folder.ark'))).toBe('BACKUP_UNKNOWN');
    expect(await codeOf(storage.put('folder.ark', bytesOf('x')))).toBe('BACKUP_EXISTS');
  });

  it('a dangling link is not written through', async () => {
    const outside = join(folder, 'outside');
    symlinkSync(outside, join(folder, 'link.ark'));
    expect(await codeOf(localStorage(folder).put('link.ark', bytesOf('x')))).toBe('BACKUP_EXISTS');
    expect(list(folder)).toEqual(['link.ark']);
  });

  it('a name of 200 bytes fits beside the longest name a machine can have', async () => {
    jest.spyOn(os, 'hostname').mockReturnValue('h'.repeat(64));
    const key = `${'n'.repeat(196)}.ark`;
    await localStorage(folder).put(key, bytesOf('x'));
    expect(list(folder)).toEqual([key]);
  });
});

describe('local: what killed writers leave behind', () => {
  /** A process that is certainly gone, and its id, which is not given out again so soon. */
  const deadPid = async (): Promise<number> => {
    const child = spawn('true');
    await once(child, 'exit');
    return child.pid ?? 0;
  };
  /** An unfinished file just as a writer on `host` with the id `pid` leaves it, whatever it calls it. */
  const part = async (key: string, host: string, pid: number, ageMs = 0): Promise<string> => {
    const scratch = await newFolder();
    const spy = jest.spyOn(os, 'hostname').mockReturnValue(host);
    const { body, halfWay, go } = gated('x'.repeat(1000), '');
    const putting = codeOf(localStorage(scratch).put(key, body));
    await halfWay;
    const [name] = list(scratch);
    go(new Error('killed'));
    await putting;
    spy.mockRestore();
    await rm(scratch, { recursive: true });
    const file = join(folder, name!.replace(`.${process.pid}.`, `.${pid}.`));
    await writeFile(file, 'x'.repeat(1000));
    const at = new Date(Date.now() - ageMs);
    await utimes(file, at, at);
    return basename(file);
  };
  const DAY = 24 * 60 * 60 * 1000;

  it('is removed if its process is gone, and only then', async () => {
    const dead = await deadPid();
    await part('dead.ark', os.hostname(), dead);
    await part('dead, with.dots and spaces.ark', os.hostname(), dead);
    const kept = [
      await part('mine.ark', os.hostname(), process.pid),
      await part('init.ark', os.hostname(), 1),
      await part('old-but-alive.ark', os.hostname(), 1, 30 * DAY),
    ];
    await localStorage(folder).put('whole.ark', bytesOf('x'));
    expect(await localStorage(folder).clean()).toBe(2000);
    expect(list(folder).sort()).toEqual([...kept, 'whole.ark'].sort());
  });

  it('of another machine is removed after a day: its processes cannot be seen from here', async () => {
    const dead = await deadPid();
    const kept = await part('a.ark', 'other-host', dead, DAY / 2);
    await part('b.ark', 'other-host', dead, 2 * DAY);
    expect(await localStorage(folder).clean()).toBe(1000);
    expect(list(folder)).toEqual([kept]);
  });

  it.each([
    ["holds this machine's", (me: string) => [`nightly.${me}.ark`, 'other-host'] as const],
    ["begins with this machine's", (me: string) => ['a.ark', `${me}.example.com`] as const],
    ["ends with this machine's", (me: string) => ['a.ark', `www.${me}`] as const],
  ])('of another machine stays, though the name %s name', async (_, names) => {
    const [key, host] = names(os.hostname());
    const kept = await part(key, host, await deadPid());
    expect(await localStorage(folder).clean()).toBe(0);
    expect(list(folder)).toEqual([kept]);
  });

  it('nothing else is touched, whatever it is called', async () => {
    const names = [
      '.part',
      '.x.part',
      'x.part',
      '.a.b.1.0123abcd.part.ark',
      '.DS_Store',
      'a.ark.1.0123abcd.part',
    ];
    for (const name of names) await writeFile(join(folder, name), 'x');
    expect(await localStorage(folder).clean()).toBe(0);
    expect(list(folder).sort()).toEqual([...names].sort());
  });

  it('a folder that does not exist is clean', async () => {
    expect(await localStorage(join(folder, 'nowhere')).clean()).toBe(0);
  });
});

describe('local: a full disk', () => {
  const { path, why, remove } = tinyDisk('1m');
  const test = why === '' ? it : it.skip;
  afterAll(remove);

  test(`STORAGE_FULL, nothing left, and what was there is still there${why}`, async () => {
    const storage = localStorage(path);
    await storage.put('small.ark', bytesOf('fits'));
    expect(await codeOf(storage.put('large.ark', pseudoRandom(3 * 1024 * 1024)))).toBe('STORAGE_FULL');
    expect(list(path)).toEqual(['small.ark']);
    expect((await storage.list()).map((object) => object.key)).toEqual(['small.ark']);
    expect((await readAll(storage.get('small.ark'))).toString()).toBe('fits');
    await storage.put('next.ark', bytesOf('fits too'));
    expect(list(path).sort()).toEqual(['next.ark', 'small.ark']);
  });

  test(`a folder that can only be read is STORAGE_REFUSED${why}`, async () => {
    execFileSync('mount', ['-o', 'remount,ro', path]);
    try {
      expect(await codeOf(localStorage(path).put('a.ark', bytesOf('x')))).toBe('STORAGE_REFUSED');
      expect(await codeOf(localStorage(join(path, 'sub')).put('a.ark', bytesOf('x')))).toBe(
        'STORAGE_REFUSED',
      );
    } finally {
      execFileSync('mount', ['-o', 'remount,rw', path]);
    }
  });
});

describe('local: a folder of somebody else', () => {
  /** Root may do anything, so as root these run with the rights of `nobody`. */
  const asNobody = async (work: () => Promise<void>): Promise<void> => {
    if (process.getuid?.() !== 0 || !process.seteuid || !process.setegid) return work();
    process.setegid(65534);
    process.seteuid(65534);
    try {
      await work();
    } finally {
      process.seteuid(0);
      process.setegid(0);
    }
  };

  it('STORAGE_REFUSED for whatever is not allowed', async () => {
    await localStorage(folder).put('a.ark', bytesOf('x'));
    chmodSync(folder, 0o555);
    try {
      await asNobody(async () => {
        const storage = localStorage(folder);
        expect(await codeOf(storage.put('b.ark', bytesOf('x')))).toBe('STORAGE_REFUSED');
        expect(await codeOf(localStorage(join(folder, 'sub')).put('b.ark', bytesOf('x')))).toBe(
          'STORAGE_REFUSED',
        );
        expect(await codeOf(storage.remove('a.ark'))).toBe('STORAGE_REFUSED');
      });
      chmodSync(folder, 0o000);
      await asNobody(async () => {
        const storage = localStorage(folder);
        expect(await codeOf(storage.list())).toBe('STORAGE_REFUSED');
        expect(await codeOf(storage.stat('a.ark'))).toBe('STORAGE_REFUSED');
        expect(await codeOf(readAll(storage.get('a.ark')))).toBe('STORAGE_REFUSED');
        expect(await codeOf(storage.put('b.ark', bytesOf('x')))).toBe('STORAGE_REFUSED');
        expect(await storage.clean()).toBe(0);
      });
    } finally {
      chmodSync(folder, 0o700);
    }
    expect(list(folder)).toEqual(['a.ark']);
  });

  it('a file of somebody else can be neither read nor taken for missing', async () => {
    await localStorage(folder).put('a.ark', bytesOf('x'));
    chmodSync(folder, 0o755);
    if (process.getuid?.() !== 0) chmodSync(join(folder, 'a.ark'), 0o000);
    await asNobody(async () => {
      expect(await codeOf(readAll(localStorage(folder).get('a.ark')))).toBe('STORAGE_REFUSED');
    });
  });

  it('a file where the folder should be is said so', async () => {
    await writeFile(join(folder, 'file'), 'x');
    const storage = localStorage(join(folder, 'file'));
    expect(await codeOf(storage.put('a.ark', bytesOf('x')))).toMatch(/^(STORAGE_REFUSED|NAME_INVALID)$/);
    expect(await codeOf(localStorage(join(folder, 'file', 'sub')).put('a.ark', bytesOf('x')))).toMatch(
      /^(STORAGE_REFUSED|NAME_INVALID)$/,
    );
    expect(await codeOf(storage.list())).toMatch(/^(STORAGE_REFUSED|NAME_INVALID)$/);
  });
});
