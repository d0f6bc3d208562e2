import type { Safety } from '../api/api';
import { printable } from './print';

type Step = Safety['steps'][number];

const STEPS: Readonly<Record<Step['step'], string>> = {
  storage: 'an off-site storage',
  schedule: 'a schedule that goes there',
  alarm: 'an alert that arrives',
  backup: 'a tested backup there',
};

const LACKS: Readonly<Record<Step['missing'][number], string>> = {
  'no-storage': 'there is none: "ark storages add"',
  'storage-silent': 'it does not answer',
  'storage-untested': 'it was not tested: "ark storages test"',
  'no-schedule': 'there is none: "ark schedule add"',
  'schedule-off': 'it is off',
  'schedule-local': 'it goes to no off-site storage',
  'schedule-keeps-all': 'it has no rule for old backups',
  'schedule-failing': 'it fails',
  'no-alarm': 'there is none: set it up on the page',
  'alarm-untested': 'no message was sent yet: test it on the page',
  'alarm-failed': 'the last message did not get through',
  'no-backup': 'there is no backup',
  'backup-local': 'no backup is off-site',
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
      const name = step.name === undefined ? '' : ` (${printable(step.name)})`;
      const missing = step.missing.map((lack) => LACKS[lack]).join('; ');
      return step.done ? `  ${STEPS[step.step]}${name}` : `! ${STEPS[step.step]}${name}: ${missing}`;
    }),
    `${done} of ${steps.length}: ${done === steps.length ? 'you are safe.' : 'not safe yet.'}`,
  ];
}
