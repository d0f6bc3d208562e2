import type { Dialect } from '../../dialect';
import type { Elsewhere } from '../../schema/missing';
import { checkSchema } from './structure/checkSchema';
import { findCode } from './code/code';
import { knownBlemishes } from './structure/knownBlemishes';
import { fromNeutral, nativeSource, partsFromNeutral, relationFromNeutral } from './neutral/neutral';
import { sameStructure } from './structure/sameStructure';
import * as settings from './settings';
import type * as neutral from '../../schema/structure';

export const postgres: Dialect = {
  title: 'PostgreSQL',
  async check(schema, source) {
    nativeSource(source);
    await checkSchema(fromNeutral(schema));
    return schema as neutral.CheckedSchema;
  },
  code: (schema) => findCode(fromNeutral(schema)),
  blemishes: (schema) => knownBlemishes(partsFromNeutral(schema)),
  hanging: (source, names) => hanging(nativeSource(source).elsewhere ?? [], names),
  sameStructure: (now, then) => sameStructure(relationFromNeutral(now), relationFromNeutral(then)),
  ...settings,
};

/** What is of the schema itself and no backup has, where something that is in it needs it. */
const hanging = (elsewhere: readonly Elsewhere[], names: ReadonlySet<string>): Elsewhere[] =>
  elsewhere
    .filter(({ own }) => own)
    .map((thing) => ({
      ...thing,
      neededBy: thing.neededBy.filter((part) => names.has(part.collection ?? part.name)),
    }))
    .filter(({ neededBy }) => neededBy.length > 0);
