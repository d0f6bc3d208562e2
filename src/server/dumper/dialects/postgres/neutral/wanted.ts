import type { RestorePlan } from '../../../dialect';
import { fromNeutral, nativeSource } from './neutral';
import type { CheckedSchema, DatabaseNative } from '../structure/structure';

/** A plan in PostgreSQL's own words. */
export interface Wanted
  extends Omit<RestorePlan, 'schema' | 'source'>, Pick<DatabaseNative, 'extensions' | 'elsewhere'> {
  readonly schema: CheckedSchema;
  /** Of the server that the archive is from, if it is known: `18.4`. */
  readonly version: string;
}

/** A plan holds a checked schema, so that what is made of it is checked too. */
export const wantedOf = ({ schema, source, ...plan }: RestorePlan): Wanted => {
  const { extensions, elsewhere } = nativeSource(source);
  return {
    ...plan,
    schema: fromNeutral(schema) as CheckedSchema,
    extensions,
    elsewhere,
    version: source.version,
  };
};
