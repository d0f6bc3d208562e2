import * as z from 'zod';
import type { RowSource } from '../dialect';
import type { Collection, Manifest } from '../archive/manifest';
import { snakeCase, tableName } from '../app/groups';
import { storedColumns } from '../schema/structure';
import { readChunks } from './chunks';
import { MASKED, type Read } from './cells';

/** How the app of a backup names its tables; undefined: the database is not NocoBase's. */
export type Naming = { readonly tablePrefix: string; readonly underscored: boolean } | undefined;

/** What can be looked into: an archive, or what has rows as one has. */
export interface Readable {
  readonly manifest: Pick<Manifest, 'app' | 'database' | 'collections'>;
  rows(): RowSource;
}

/** What a NocoBase app says of a field, by the rows of its own tables in the same archive. */
export interface FieldFacts {
  readonly collection: string;
  readonly name: string;
  readonly type: string;
  readonly interface?: string;
  /** For people: of a template the text in it. */
  readonly title?: string;
  /** The app shows it to nobody. */
  readonly hidden: boolean;
  /** What is said of it is too long or no JSON: nobody knows whether it may be seen. */
  readonly unread: boolean;
  /** The column that it is kept in, if that is not called as the field is. */
  readonly column?: string;
  readonly choices: ReadonlyMap<string, string>;
  /** Where a relation leads, and by which fields on either side; `through`: by the rows of that collection. */
  readonly target?: string;
  readonly foreignKey?: string;
  readonly targetKey?: string;
  readonly sourceKey?: string;
  readonly through?: string;
  readonly otherKey?: string;
  /** The column of the target that a row of it is called by. */
  readonly label?: string;
}

export interface CollectionFacts {
  readonly title?: string;
  readonly titleField?: string;
}

/** More than any field or collection says of itself. */
const MOST = 256 * 1024;

export const namingOf = ({ app, database }: Pick<Manifest, 'app' | 'database'>): Naming =>
  app && { tablePrefix: database.tablePrefix, underscored: database.underscored };

/** The collection of the archive that the app knows by that name. */
export function ofApp({ manifest }: Pick<Readable, 'manifest'>, name: string): Collection | undefined {
  const naming = namingOf(manifest);
  if (!naming) return undefined;
  const table = tableName(name, naming);
  return (
    manifest.collections.find((collection) => collection.name === table) ??
    manifest.collections.find((collection) => collection.collection === name)
  );
}

/** The fields of these collections; undefined: the archive has no rows that tell of them. */
export async function readFields(
  archive: Readable,
  collections: ReadonlySet<string>,
  signal?: AbortSignal,
): Promise<FieldFacts[] | undefined> {
  const table = ofApp(archive, 'fields');
  if (!table || table.structure.kind !== 'table') return undefined;
  const facts: FieldFacts[] = [];
  await readRecords(archive, table, signal, (value) => {
    const [collection, name] = [textOf(value('collectionName')), textOf(value('name'))];
    if (name === undefined || collection === undefined || !collections.has(collection)) return;
    facts.push(factsOf(collection, name, value));
  });
  return facts;
}

/** What the app says of its collections, by their names. */
export async function readCollections(
  archive: Readable,
  wanted: ReadonlySet<string>,
  signal?: AbortSignal,
): Promise<Map<string, CollectionFacts>> {
  const known = new Map<string, CollectionFacts>();
  const table = ofApp(archive, 'collections');
  if (!table || table.structure.kind !== 'table') return known;
  await readRecords(archive, table, signal, (value) => {
    const name = textOf(value('name'));
    if (name === undefined || !wanted.has(name)) return;
    const title = shownTitle(textOf(value('title')));
    const { titleField } = CollectionOptions.safeParse(jsonOf(value('options'))).data ?? {};
    known.set(name, {
      ...(title !== undefined && { title }),
      ...(titleField !== undefined && { titleField }),
    });
  });
  return known;
}

async function readRecords(
  archive: Readable,
  table: Collection,
  signal: AbortSignal | undefined,
  each: (value: (field: string) => Read) => void,
): Promise<void> {
  const columns = storedColumns(table.structure).map(({ name }) => name);
  const places = new Map(columns.flatMap((name, at) => [[name, at] as const]));
  let cells: readonly Read[] = [];
  const value = (field: string): Read => {
    const at = places.get(field) ?? places.get(snakeCase(field));
    return at === undefined ? null : (cells[at] ?? null);
  };
  const reading = readChunks(archive, table, {
    from: 0,
    masked: columns.map(() => false),
    most: MOST,
    signal,
    take(row) {
      cells = row;
      each(value);
    },
  });
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- each chunk is taken as it passes by
  for await (const _ of reading);
}

const textOf = (value: Read): string | undefined =>
  value === null || value === MASKED || value.cut !== undefined ? undefined : value.text;

/** Undefined: it is none, or more than is read. Old backups have some of it packed into a text once more. */
function jsonOf(value: Read): unknown {
  const text = textOf(value);
  try {
    const json: unknown = text === undefined ? undefined : JSON.parse(text);
    return typeof json === 'string' ? (JSON.parse(json) as unknown) : json;
  } catch {
    return undefined;
  }
}

const Text = z.string().max(2000).optional().catch(undefined);
const Value = z.union([z.string(), z.number(), z.boolean()]).transform(String);
/** As `{ value, label }`, or only the values. */
const Choice = z.union([
  z.object({ value: Value, label: z.union([z.string(), z.number()]).transform(String).optional() }),
  Value.transform((value) => ({ value, label: undefined })),
]);
const Choices = z.array(Choice.optional().catch(undefined)).max(5000).optional().catch(undefined);
const Props = z
  .object({ options: Choices, fieldNames: z.object({ label: Text }).optional().catch(undefined) })
  .optional()
  .catch(undefined);
const FieldOptions = z.object({
  // Whatever stands there but a no.
  hidden: z.unknown().optional(),
  field: Text,
  target: Text,
  foreignKey: Text,
  targetKey: Text,
  sourceKey: Text,
  through: Text,
  otherKey: Text,
  uiSchema: z.object({ title: Text, enum: Choices, 'x-component-props': Props }).optional().catch(undefined),
});
const CollectionOptions = z.object({ titleField: Text });

function factsOf(collection: string, name: string, value: (field: string) => Read): FieldFacts {
  const options = value('options');
  const parsed =
    options === null
      ? { data: {} as z.output<typeof FieldOptions> }
      : FieldOptions.safeParse(jsonOf(options));
  const { hidden, field, target, foreignKey, targetKey, sourceKey, through, otherKey, uiSchema } =
    parsed.data ?? { hidden: true };
  const props = uiSchema?.['x-component-props'];
  const title = shownTitle(uiSchema?.title);
  const shown = textOf(value('interface'));
  const choices = [...(props?.options ?? []), ...(uiSchema?.enum ?? [])];
  const label = props?.fieldNames?.label;
  return {
    collection,
    name,
    type: textOf(value('type')) ?? '',
    ...(shown !== undefined && { interface: shown }),
    ...(title !== undefined && { title }),
    hidden: hidden !== undefined && hidden !== null && hidden !== false,
    unread: parsed.data === undefined,
    ...(field !== undefined && { column: field }),
    choices: new Map(
      choices.flatMap((choice) => (choice ? [[choice.value, shownTitle(choice.label) ?? choice.value]] : [])),
    ),
    ...(target !== undefined && { target }),
    ...(foreignKey !== undefined && { foreignKey }),
    ...(targetKey !== undefined && { targetKey }),
    ...(sourceKey !== undefined && { sourceKey }),
    ...(through !== undefined && { through }),
    ...(otherKey !== undefined && { otherKey }),
    ...(label !== undefined && { label }),
  };
}

const TEMPLATE = /^\s*\{\{\s*t\(\s*(["'`])(.*?)\1[^]*\}\}\s*$/;

/** A title may be a template that the app translates: `{{t("Name")}}` is Name. Long ones are cut. */
export function shownTitle(title: string | undefined): string | undefined {
  const shown = (TEMPLATE.exec(title ?? '')?.[2] ?? title ?? '').trim().slice(0, 200);
  return shown === '' ? undefined : shown;
}
