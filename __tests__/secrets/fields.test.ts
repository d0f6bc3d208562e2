import { BackupError } from '../../src/server/errors/errors';
import {
  keepSecrets,
  maskSecrets,
  openSecrets,
  sealSecrets,
  type SecretFields,
} from '../../src/server/secrets/fields';
import { MASK } from '../../src/server/secrets/mask';
import { sealWith } from '../../src/server/secrets/seal';

const seal = sealWith('a key that nobody guesses');
interface Mail {
  readonly host: string;
  readonly smtp?: { readonly user: string; readonly password?: string };
  readonly token?: string;
}
const fields: SecretFields = {
  paths: ['token', 'smtp.password'],
  goesTo: (record, path) => (path === 'token' ? undefined : (record as Mail | undefined)?.host),
};
const mail: Mail = { host: 'mx', smtp: { user: 'u', password: 'hush' }, token: 'let me in' };

it('nothing but the secrets is sealed, opened and masked, wherever they are', () => {
  const kept = sealSecrets(mail, fields, seal);
  expect(kept).toEqual({
    host: 'mx',
    smtp: { user: 'u', password: expect.stringMatching(/^ark sealed/) as string },
    token: expect.stringMatching(/^ark sealed/) as string,
  });
  expect(openSecrets(kept, fields, seal)).toEqual(mail);
  expect(maskSecrets(mail, fields)).toEqual({ host: 'mx', smtp: { user: 'u', password: MASK }, token: MASK });
});

it.each<Mail>([{ host: 'mx' }, { host: 'mx', smtp: { user: 'u' } }])(
  'what is not there stays so: %j',
  (less) => {
    expect(sealSecrets(less, fields, seal)).toEqual(less);
    expect(maskSecrets(less, fields)).toEqual(less);
  },
);

it('a mask keeps what there was; what is left out too, where that is meant', () => {
  const entered: Mail = { host: 'mx', smtp: { user: 'other', password: MASK } };
  expect(keepSecrets(entered, mail, fields, 'gone')).toEqual({
    record: { host: 'mx', smtp: { user: 'other', password: 'hush' } },
    notKept: [],
  });
  expect(keepSecrets(entered, mail, fields, 'kept').record).toMatchObject({ token: 'let me in' });
});

it('a secret goes to nobody else', () => {
  const entered: Mail = { host: 'evil', smtp: { user: 'u', password: MASK }, token: MASK };
  expect(keepSecrets(entered, mail, fields, 'kept')).toEqual({
    record: { ...entered, token: 'let me in' },
    notKept: [{ path: 'smtp.password', why: 'elsewhere' }],
  });
});

it('a mask stands for nothing where there was nothing', () => {
  const entered: Mail = { host: 'mx', token: MASK };
  for (const before of [undefined, null, 'text', {}, { host: 'mx', token: 5 }])
    expect(keepSecrets(entered, before, fields, 'gone').notKept).toEqual([{ path: 'token', why: 'none' }]);
});

it('what is entered is never opened: not even what is sealed with the right key', () => {
  const stolen = seal.close('the key of the instance');
  const { record } = keepSecrets({ host: 'evil', token: stolen }, mail, fields, 'gone');
  expect(openSecrets(sealSecrets(record, fields, seal), fields, seal)).toEqual({
    host: 'evil',
    token: stolen,
  });
});

it('another key opens nothing', () => {
  const kept = sealSecrets(mail, fields, seal);
  expect(() => openSecrets(kept, fields, sealWith('another key, as long as that'))).toThrow(BackupError);
});
