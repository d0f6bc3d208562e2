import * as z from 'zod';

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
}

const SHOWN = z.registry<Shown>();

export const shown = <T extends z.ZodType>(schema: T, how: Shown): T => {
  SHOWN.add(schema, how);
  return schema;
};

const text = (what: string) => z.string({ error: what }).trim();

export const optional = (what: string, how: Shown = {}) => shown(text(what).optional(), how);

export const needed = (what: string) => text(what).min(1, { error: what });

/** Of a server; nothing of an example may be left in it. */
export const address = <T extends z.ZodType<string>>(schema: T) =>
  schema.refine((value) => !/[<>]/.test(value), { error: 'replace what is in <> by your own' });

export const wholeNumber = (least: number, most: number, what: string, how: Shown = {}) =>
  shown(
    z.coerce
      .number({ error: what })
      .int({ error: what })
      .min(least, { error: what })
      .max(most, { error: what })
      .optional(),
    { advanced: true, ...how },
  );

export const choice = <const T extends readonly string[]>(choices: T) =>
  shown(z.enum(choices, { error: `one of ${choices.join(', ')}` }).optional(), {
    advanced: true,
    wide: true,
  });

export const volumeMb = wholeNumber(1, 5_000_000, 'a whole number of megabytes, at least 1');

export const path = shown(
  text('a folder')
    .refine((value) => !value.split(/[/\\]+/).includes('..'), { error: '".." cannot be part of it' })
    .optional(),
  { wide: true, example: 'backups' },
);

export const providerOf = (providers: readonly Provider[]) =>
  text('a provider')
    .refine((id) => providers.some((one) => one.id === id), { error: 'there is no such provider' })
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
    .filter((one) => one.secret)
    .map((one) => one.name);
