import type { NeutralType } from '../../schema/structure';

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
