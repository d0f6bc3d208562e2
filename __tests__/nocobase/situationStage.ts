import type { TestDatabase } from '../helpers/postgres';
import type { Answer, Caller } from './app';

/** Where a situation is made: twice in one app, once with titles and once without, as the API allows. */
export interface Stage {
  readonly admin: Caller;
  readonly db: TestDatabase;
  /** The name of a collection there. */
  readonly n: (name: string) => string;
  /** Makes a collection as the API takes it. */
  readonly collection: (name: string, fields: readonly object[], more?: object) => Promise<void>;
  /** Answers with what was made. */
  readonly row: (name: string, values: object) => Promise<Row>;
}
export type Row = Readonly<Record<string, unknown>>;

/** Throws unless it was done. */
export async function done(answer: Promise<Answer>): Promise<unknown> {
  const { status, errors, data } = await answer;
  if (status !== 200) throw new Error(`${status} ${JSON.stringify(errors ?? data)}`);
  return data;
}

export const id = {
  name: 'id',
  type: 'bigInt',
  autoIncrement: true,
  primaryKey: true,
  allowNull: false,
  interface: 'id',
};
export const text = (name: string) => ({ name, type: 'string', interface: 'input' });
export const number = (name: string) => ({ name, type: 'bigInt', interface: 'integer' });
export const belongsTo = (name: string, target: string, foreignKey: string, more: object = {}) => ({
  name,
  type: 'belongsTo',
  interface: 'm2o',
  target,
  foreignKey,
  targetKey: 'id',
  ...more,
});
export const hasMany = (name: string, target: string, foreignKey: string, more: object = {}) => ({
  name,
  type: 'hasMany',
  interface: 'o2m',
  target,
  foreignKey,
  sourceKey: 'id',
  targetKey: 'id',
  ...more,
});
export const manyToMany = (name: string, target: string, more: object) => ({
  name,
  type: 'belongsToMany',
  interface: 'm2m',
  target,
  sourceKey: 'id',
  targetKey: 'id',
  ...more,
});
export const list = (name: string, query = 'sort=id') => `${name}:list?pageSize=100&${query}`;
