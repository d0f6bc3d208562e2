import type { SafetyStep } from '../../src/client/api/api';
import { LANGUAGE_NAMES } from '../../src/client/parts/languages';
import { offsiteOf } from '../../src/client/setup/offsiteOf';
import { stepText } from '../../src/client/setup/stepText';
import { spoken } from '../helpers/spoken';

const storage = (name: string | undefined, ...missing: SafetyStep['missing']): SafetyStep => ({
  step: 'storage',
  done: missing.length === 0,
  ...(name !== undefined && { name }),
  missing,
});

/** What a schedule of the wizard goes to, and its backups. */
test.each([
  [storage(undefined, 'no-storage'), undefined],
  [storage('nas', 'storage-here'), undefined],
  [storage('nas', 'storage-here', 'storage-untested'), undefined],
  [storage('cloud', 'storage-silent', 'storage-untested'), 'cloud'],
  [storage('cloud'), 'cloud'],
])('%j is off-site: %s', (step, offsite) => {
  expect(offsiteOf({ steps: [step] })).toBe(offsite);
});

test.each(LANGUAGE_NAMES)(
  'a storage of this machine is named, and how to say that it is none: %s',
  (language) => {
    const i18n = spoken(language);
    const said = stepText(i18n, storage('nas', 'storage-here'));
    expect(said).toContain('nas');
    expect(said).not.toContain(i18n.t('lack.nothing'));
    expect(i18n.t('steps.here', { name: 'nas' })).toMatch(/nas.*ARK_OFFSITE=nas(?![a-z])/);
  },
);
