import type { Safety } from '../api/api';
import { printable } from './print';

type Step = Safety['steps'][number];

const STEPS: Readonly<Record<Step['step'], string>> = {
  storage: 'an off-site storage',
  schedule: 'a schedule that goes there',
  alarm: 'an alert that arrives',
  backup: 'a tested backup there',
};

/** NAME is the name of what lacks it. */
const LACKS: Readonly<Record<Step['missing'][number], string>> = {
  'no-storage': 'there is none: "ark storages add"',
  'storage-here':
    'it is a folder or an address of this machine, and would be lost with it (if it leads elsewhere, as a mounted NAS or a tunnel does: ARK_OFFSITE=NAME)',
  'storage-silent': 'it does not answer',
  'storage-untested': 'it was not tested: "ark storages test"',
  'no-schedule': 'there is none: "ark schedule add"',
  'schedule-off': 'it is off',
  'schedule-local': 'it goes to no storage that counts as off-site',
  'schedule-keeps-all': 'it has no rule for old backups',
  'schedule-failing': 'it fails',
  'no-alarm': 'there is none: set it up on the page',
  'alarm-untested': 'no message was sent yet: test it on the page',
  'alarm-failed': 'the last message did not get through',
  'no-backup': 'there is no backup',
  'backup-local': 'there is none in a storage that counts as off-site',
  'backup-old': 'it is too old',
  'backup-unproven': 'its restore was not tested: "ark rehearse"',
  'backup-incomplete': 'something of the app is in no backup',
  'app-unknown': 'the app could not be asked what it has',
};

/** A line for each step, and whether that is enough. */
export function stepsText(steps: Safety['steps']): string[] {
  const done = steps.filter((step) => step.done).length;
  return [
    ...steps.map((step) => {
      const called = printable(step.name ?? '');
      const name = called && ` (${called})`;
      const missing = step.missing.map((lack) => LACKS[lack].replace('NAME', () => called)).join('; ');
      return step.done ? `  ${STEPS[step.step]}${name}` : `! ${STEPS[step.step]}${name}: ${missing}`;
    }),
    `${done} of ${steps.length}: ${done === steps.length ? 'you are safe.' : 'not safe yet.'}`,
  ];
}
