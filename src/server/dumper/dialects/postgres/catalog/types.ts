import type { NeutralType } from '../../../schema/types';

const BY_NAME: ReadonlyMap<string, NeutralType> = new Map(
  Object.entries({
    bool: 'boolean',
    int2: 'int16',
    int4: 'int32',
    int8: 'int64',
    numeric: 'decimal',
    float4: 'float32',
    float8: 'float64',
    text: 'text',
    varchar: 'text',
    bpchar: 'text',
    char: 'text',
    name: 'text',
    json: 'json',
    jsonb: 'json',
    uuid: 'uuid',
    date: 'date',
    time: 'time',
    timestamp: 'timestamp',
    timestamptz: 'timestamptz',
    interval: 'interval',
    bytea: 'binary',
  } as const),
);

/** `base`: the name in pg_catalog of the type, or of the type under a domain; empty for others. */
export function neutralType(base: string, category: string): NeutralType {
  if (category === 'A') return 'array';
  if (category === 'E') return 'text';
  return BY_NAME.get(base) ?? 'other';
}

/** What was declared with a type: `varchar(255)`, `numeric(10,2)`, `timestamp(3)`; `modifier` as the catalog packs it. */
export function declared(
  base: string,
  modifier: number,
): { length?: number; precision?: number; scale?: number } {
  if (modifier < 0) return {};
  switch (base) {
    case 'varchar':
    case 'bpchar':
      return { length: modifier - 4 };
    case 'bit':
    case 'varbit':
      return { length: modifier };
    case 'numeric': {
      // 16 bits of precision, then 11 of scale, which may be negative (PostgreSQL 15).
      const packed = modifier - 4;
      return { precision: (packed >> 16) & 0xffff, scale: ((packed & 0x7ff) ^ 0x400) - 0x400 };
    }
    case 'time':
    case 'timetz':
    case 'timestamp':
    case 'timestamptz':
      return { precision: modifier };
    default:
      return {};
  }
}
