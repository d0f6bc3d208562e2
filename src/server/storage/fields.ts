import * as z from 'zod';
import type { FieldFault } from '../errors/details';

/** What is shown of a field besides what its schema says. */
interface Shown {
  /** Write-only: sealed where it is kept, masked where it is shown. */
  readonly secret?: boolean;
  /** One signs in with it: a refused sign-in points here. */
  readonly signIn?: boolean;
  /** Few people need it. */
  readonly advanced?: boolean;
  /** It wants a line of its own. */
  readonly wide?: boolean;
  /** The address of a server. */
  readonly address?: boolean;
  /** A path from the root. */
  readonly absolute?: boolean;
  /** A text of several lines. */
  readonly lines?: boolean;
  /** It is needed where that other field is empty. */
  readonly neededWithout?: string;
  readonly example?: string;
}

/** A field of a storage's settings, as a form needs to know it. */
export interface StorageField extends Shown {
  readonly name: string;
  readonly needed: boolean;
  readonly choices?: readonly string[];
  /** A whole number, from here … */
  readonly least?: number;
  /** … to here. */
  readonly most?: number;
}

/** What is known of a service. An admin may change any of it. */
export interface Provider {
  readonly id: string;
  readonly title: string;
  /** Its settings, with `<…>` where something is the admin's own. */
  readonly presets: Readonly<Record<string, string | number>>;
  /** The password to sign in with is not taken: one has to be made for this. */
  readonly appPassword?: boolean;
  /** It takes no files outside of a folder. */
  readonly folderNeeded?: boolean;
}

const SHOWN = z.registry<Shown>();

export const shown = <T extends z.ZodType>(schema: T, how: Shown): T => {
  SHOWN.add(schema, how);
  return schema;
};

/** A schema's message is the code of what is wrong; the words are those of errors/details.ts. */
export const fault = (code: FieldFault): { error: string } => ({ error: code });

const text = () => z.string(fault('field-unfit')).trim();

export const optional = (how: Shown = {}) => shown(text().optional(), how);

export const needed = () => z.string(fault('field-missing')).trim().min(1, fault('field-missing'));

/** Of a server; nothing of an example may be left in it. */
export const address = <T extends z.ZodType<string>>(schema: T) =>
  schema.refine((value) => !/[<>]/.test(value), fault('field-replace'));

const NUMBER = fault('field-number');
export const wholeNumber = (least: number, most: number, how: Shown = {}) =>
  shown(z.coerce.number(NUMBER).int(NUMBER).min(least, NUMBER).max(most, NUMBER).optional(), {
    advanced: true,
    ...how,
  });

export const choice = <const T extends readonly string[]>(choices: T) =>
  shown(z.enum(choices, fault('field-choice')).optional(), {
    advanced: true,
    wide: true,
  });

export const volumeMb = wholeNumber(1, 5_000_000);

export const path = shown(
  text()
    .refine((value) => !value.split(/[/\\]+/).includes('..'), fault('field-up'))
    .optional(),
  { wide: true, example: 'backups' },
);

export const providerOf = (providers: readonly Provider[]) =>
  text()
    .refine((id) => providers.some((provider) => provider.id === id), fault('field-choice'))
    .optional();

/** Those that a form has, in its order. */
export const fieldsOf = (settings: z.ZodObject): StorageField[] =>
  Object.entries(settings.shape)
    .filter(([name]) => name !== 'kind' && name !== 'provider')
    .map(([name, schema]) => {
      const field = schema as z.ZodType;
      const { enum: choices, minimum, maximum } = z.toJSONSchema(field);
      return {
        name,
        needed: !field.safeParse(undefined).success,
        ...SHOWN.get(field),
        ...(choices && { choices: choices.map(String) }),
        ...(minimum !== undefined && { least: minimum, most: maximum }),
      };
    });

export const secretsOf = (settings: z.ZodObject): readonly string[] =>
  fieldsOf(settings)
    .filter((field) => field.secret)
    .map((field) => field.name);
