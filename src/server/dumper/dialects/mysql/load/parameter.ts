import { readsAs, type Field } from '../../../rows/csvFields';
import { storedColumns, type Relation } from '../../../schema/structure';
import { codingOf, type Coding } from '../structure/columnType';
import { columnsOf } from '../structure/neutral';

/** A column that takes rows. */
export interface LoadedColumn {
  readonly name: string;
  readonly coding: Coding;
  readonly nullable: boolean;
  /** Of a text. */
  readonly charset?: string | undefined;
}

/** The stored columns of a table, in its order. */
export function loadedColumns(relation: Relation): LoadedColumn[] {
  const stored = new Set(storedColumns(relation).map(({ name }) => name));
  return columnsOf(relation)
    .filter(({ name }) => stored.has(name))
    .map(({ name, core, type, native }) => ({
      name,
      coding: codingOf(type, native),
      nullable: core.nullable,
      charset: native.charset,
    }));
}

/** What a statement takes: bytes go as they are, texts are turned into what the column's own charset has. */
export type Parameter = string | number | Buffer | null;

/** A number that would be taken for bytes if it came as a text. */
export const placeholder = (coding: Coding): string => (coding === 'bit' ? 'CAST(? AS UNSIGNED)' : '?');

/** The way back from CSV (snapshot/csvWriter.ts). Throws where it is nothing of the kind. */
export function parameterOf(field: Field, { name, coding, nullable, charset }: LoadedColumn): Parameter {
  if (field === null) {
    // Some columns would take the moment of the restore for it.
    if (!nullable) throw new Error(`a row has nothing for ${JSON.stringify(name)}, which cannot be empty`);
    return null;
  }
  switch (coding) {
    case 'boolean': {
      const text = field.toString('latin1');
      return text === 't' ? '1' : text === 'f' ? '0' : text;
    }
    // As a text the largest float would be a little more than a float can be.
    case 'float': {
      const value = Math.fround(Number(field.toString('latin1')));
      if (!Number.isFinite(value)) throw new Error('a float is none that the server has');
      return value;
    }
    case 'binary': {
      const hex = field.toString('latin1');
      const bytes = Buffer.from(hex.slice(2), 'hex');
      if (!hex.startsWith('\\x') || bytes.length * 2 !== hex.length - 2)
        throw new Error('bytes are not in hexadecimal');
      return bytes;
    }
    case 'utc': {
      const text = field.toString('latin1');
      if (!text.endsWith('+00')) throw new Error('a moment is not in UTC');
      return text.slice(0, -3);
    }
    default: {
      const text = field.toString('utf8');
      if (readsAs(field, text)) return text;
      // MariaDB has half surrogate pairs, which are no UTF-8; it knows itself what it takes.
      if (charset?.startsWith('utf8')) return field;
      throw new Error(`a text for ${JSON.stringify(name)} is not UTF-8`);
    }
  }
}
