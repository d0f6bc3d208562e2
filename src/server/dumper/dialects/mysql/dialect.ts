import type { Dialect } from '../../dialect';
import { checkSchema } from './structure/checkSchema';
import { findCode } from './structure/code';
import { nativeSource } from './structure/neutral';
import { sameStructure } from './structure/shape';
import type { Flavor } from './structure/structure';
import { settingsOf } from './settings';
import { TITLES } from './connection/connection';

const dialect = (name: Flavor): Dialect => ({
  title: TITLES[name],
  check(schema, source) {
    nativeSource(source);
    return Promise.resolve(checkSchema(schema));
  },
  code: (schema) => Promise.resolve(findCode(schema)),
  blemishes: () => [],
  hanging: () => [],
  sameStructure,
  ...settingsOf(name),
});

export const mysql = dialect('mysql');
export const mariadb = dialect('mariadb');
