import { PassThrough } from 'node:stream';
import { confirmationOf, isConfirmed } from '../../src/client/restore/confirmation';
import { confirm } from '../../src/server/commands/command';

const stdin = Object.getOwnPropertyDescriptor(process, 'stdin')!;
afterEach(() => {
  Object.defineProperty(process, 'stdin', stdin);
  jest.restoreAllMocks();
});

/** At a terminal where somebody writes this. */
async function answered(written: string, answer?: string): Promise<'goes on' | 'stops'> {
  const terminal = Object.assign(new PassThrough(), { isTTY: true });
  Object.defineProperty(process, 'stdin', { value: terminal, configurable: true });
  jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  terminal.write(`${written}\n`);
  return confirm({}, 'Replace everything?', answer).then(
    () => 'goes on',
    (error: unknown) => {
      expect(error).toMatchObject({ code: 'JOB_CANCELLED' });
      return 'stops';
    },
  );
}

describe('at the terminal', () => {
  it.each(['', ' ', '\t', '\u00a0', '\n'])(
    '%j cannot be asked for, so that Enter is never a yes',
    async (empty) => {
      await expect(confirm({}, 'Replace everything?', empty)).rejects.toThrow(/write nothing/);
      await expect(confirm({ yes: true }, 'Replace everything?', empty)).rejects.toThrow(/write nothing/);
    },
  );

  it.each(['', ' ', '\t'])('%j confirms neither a name nor a question', async (written) => {
    expect(await answered(written, 'shop')).toBe('stops');
    expect(await answered(written)).toBe('stops');
  });

  it('the name itself does, and y or yes where no name is asked for', async () => {
    expect(await answered('shop', 'shop')).toBe('goes on');
    expect(await answered(' shop ', ' shop')).toBe('goes on');
    for (const other of ['sho', 'shops', 'SHOP', 'y', 'yes'])
      expect(await answered(other, 'shop')).toBe('stops');
    for (const yes of ['y', 'Y', 'yes']) expect(await answered(yes)).toBe('goes on');
    for (const no of ['n', 'yy', 'shop']) expect(await answered(no)).toBe('stops');
  });
});

describe('on the page', () => {
  it.each(['', ' ', '\t'])('an instance called %j is not asked for; the archive is', (instance) => {
    const name = confirmationOf(instance, 'old.nbdump');
    expect(name).toBe('old.nbdump');
    expect(isConfirmed('', name)).toBe(false);
    expect(isConfirmed('old.nbdump', name)).toBe(true);
  });

  it('nothing confirms an empty name', () => {
    expect(confirmationOf('', '')).toBe('');
    for (const typed of ['', ' ', 'x']) expect(isConfirmed(typed, confirmationOf('', ' '))).toBe(false);
  });

  it('the instance is typed, spaces around it do not matter', () => {
    expect(isConfirmed(' shop ', confirmationOf('shop ', 'a.ark'))).toBe(true);
    expect(isConfirmed('sho', confirmationOf('shop', 'a.ark'))).toBe(false);
  });
});
