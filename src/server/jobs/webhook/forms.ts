import { dingtalk } from './dingtalk';
import { discord } from './discord';
import { feishu } from './feishu';
import type { Form } from './form';
import { slack } from './slack';
import { teams, teamsConnector } from './teams';
import { telegram } from './telegram';
import { wecom } from './wecom';

/** The services whose own form of a message Ark knows. */
export const FORMS = {
  slack,
  discord,
  teams,
  'teams-connector': teamsConnector,
  telegram,
  feishu,
  dingtalk,
  wecom,
} as const satisfies Readonly<Record<string, Form>>;
export type FormName = keyof typeof FORMS;

export const FORM_NAMES = Object.keys(FORMS) as FormName[];

/** `auto`: by the address; `json`: Ark's own. */
export const FORM_CHOICES = ['auto', 'json', ...FORM_NAMES] as const;
export type FormChoice = (typeof FORM_CHOICES)[number];

/** The form that an address gets its messages in. */
export function formOf(url: string, choice: FormChoice = 'auto'): FormName | 'json' {
  if (choice !== 'auto') return choice;
  const to = new URL(url);
  return FORM_NAMES.find((name) => FORMS[name].knows(to)) ?? 'json';
}

/** What a chosen form needs of the address and does not find there. */
export function lacking(url: string, choice?: FormChoice): { service: string; part: string } | undefined {
  const name = formOf(url, choice);
  if (name === 'json') return undefined;
  const form: Form = FORMS[name];
  const part = form.lacks?.(new URL(url));
  return part === undefined ? undefined : { service: form.service, part };
}
