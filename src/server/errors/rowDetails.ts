import * as z from 'zod';
import type { Detail } from './told';

const name = z.string();
const names = z.array(z.string());
const count = z.number();

/** What is known of a failure besides its code: of single rows that are taken back. `said`: the server's words. */
export const ROW_DETAILS = {
  'rows-changed': { error: 'ROWS_CHANGED', fields: { collection: name, key: name } },
  'rows-otherwise': { error: 'ROWS_CHANGED', fields: {} },
  'rows-overwritten': { error: 'ROWS_CHANGED', fields: { rows: names } },
  'rows-since': { error: 'ROWS_CHANGED', fields: { rows: names } },
  'rows-point': { error: 'ROWS_CHANGED', fields: { rows: names } },
  'row-refused': { error: 'ROWS_REFUSED', fields: { collection: name, key: name, said: name } },
  'rows-refused': { error: 'ROWS_REFUSED', fields: { said: name } },
  'row-not-written': { error: 'ROWS_REFUSED', fields: { collection: name, key: name } },
  'row-taken': {
    error: 'ROWS_REFUSED',
    fields: { collection: name, key: name, columns: names, by: name },
  },
  'row-parent': {
    error: 'ROWS_REFUSED',
    fields: { collection: name, key: name, columns: names, parent: name },
  },
  'row-circle': { error: 'ROWS_REFUSED', fields: { collection: name, key: name } },
  'row-bytes': { error: 'ROWS_REFUSED', fields: { collection: name, key: name } },
  'row-absent': { error: 'ROW_UNKNOWN', fields: { collection: name, keys: names } },
  'row-none': { error: 'ROW_UNKNOWN', fields: { collection: name } },
  'rows-no-table': { error: 'ROWS_REFUSED', fields: { collection: name } },
  'rows-table-gone': { error: 'ROWS_REFUSED', fields: { collection: name } },
  'rows-no-key': { error: 'ROWS_REFUSED', fields: { collection: name } },
  'rows-other-key': { error: 'ROWS_REFUSED', fields: { collection: name, columns: names } },
  'rows-of-ark': { error: 'ROWS_REFUSED', fields: { collection: name } },
  'rows-many': { error: 'ROWS_REFUSED', fields: { most: count } },
  'rows-large': { error: 'ROWS_REFUSED', fields: { most: count } },
  'rows-children': { error: 'USAGE', fields: { children: names, collection: name } },
  'rows-kept-otherwise': { error: 'CHECK_FAILED', fields: { undo: name } },
} as const satisfies Readonly<Record<string, Detail>>;
