import * as z from 'zod';
import secretColumns from '../../collections/secretColumns.json';
import { snakeCase, tableName } from '../app/groups';
import type { Column } from '../schema/structure';
import type { FieldFacts, Naming } from './fields';
import { soundsSecret } from './secretWords';

/**
 * Why nobody is shown what is in a column: the app hides the field from its own users (`hidden`); it keeps a password
 * or an encrypted value (`password`); NocoBase's plugins keep secrets there (`plugin`); its name or title says so
 * (`name`); what the app says of it could not be read (`unread`).
 */
export const Mask = z.enum(['hidden', 'password', 'plugin', 'name', 'unread']);
export type Mask = z.infer<typeof Mask>;

/** What one of NocoBase's own tables keeps where nobody is to see it, by column; empty for all others. */
export function pluginSecrets(
  table: string,
  collection: string | undefined,
  naming: Naming,
): ReadonlySet<string> {
  if (!naming) return new Set();
  const columns = Object.entries(secretColumns).flatMap(([name, fields]) =>
    name === collection ||
    tableName(name, naming) === table ||
    tableName(name, { ...naming, underscored: true }) === table
      ? fields
      : [],
  );
  return new Set(columns.flatMap((field) => [field, snakeCase(field)]));
}

/** Types and interfaces of fields whose values are sealed or hashed. */
const SEALED = new Set(['password', 'encryption']);

/** `fields`: what the app says of that column, if it says anything. */
export function maskOf(
  column: Pick<Column, 'name' | 'type'>,
  fields: readonly FieldFacts[],
  plugin: ReadonlySet<string>,
): Mask | undefined {
  if (plugin.has(column.name)) return 'plugin';
  if (fields.some((field) => field.unread)) return 'unread';
  if (fields.some(({ type, interface: shown }) => SEALED.has(type) || SEALED.has(shown ?? '')))
    return 'password';
  if (fields.some((field) => field.hidden)) return 'hidden';
  const names = [column.name, ...fields.flatMap(({ title }) => title ?? [])];
  return names.some((name) => soundsSecret(name, column.type)) ? 'name' : undefined;
}
