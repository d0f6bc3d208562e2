import type { Relation, SchemaObject } from './structure';
import { quote } from '../sql/quote';

export type MovableKind =
  | 'TABLE'
  | 'SEQUENCE'
  | 'ROUTINE'
  | 'TYPE'
  | 'STATISTICS'
  | 'COLLATION'
  | 'OPERATOR'
  | 'OPERATOR FAMILY'
  | 'OPERATOR CLASS'
  | 'TEXT SEARCH DICTIONARY'
  | 'TEXT SEARCH CONFIGURATION';

export type Movable =
  | { readonly kind: Exclude<MovableKind, 'TABLE'>; readonly identity: string }
  | { readonly kind: 'TABLE'; readonly identity: string; readonly name: string };

export function movableKind(object: SchemaObject): Exclude<MovableKind, 'TABLE' | 'STATISTICS'> {
  switch (object.kind) {
    case 'sequence':
      return 'SEQUENCE';
    case 'collation':
      return 'COLLATION';
    case 'operator':
      return 'OPERATOR';
    case 'operator family':
      return 'OPERATOR FAMILY';
    case 'operator class':
      return 'OPERATOR CLASS';
    case 'text search dictionary':
      return 'TEXT SEARCH DICTIONARY';
    case 'text search configuration':
      return 'TEXT SEARCH CONFIGURATION';
    case 'function':
    case 'procedure':
    case 'aggregate':
      return 'ROUTINE';
    default:
      return 'TYPE';
  }
}

export const movableOfRelation = (relation: Relation): Movable[] => [
  { kind: 'TABLE', identity: quote(relation.name), name: relation.name },
  ...relation.attachments
    .filter((attachment) => attachment.kind === 'statistics')
    .map((attachment): Movable => ({ kind: 'STATISTICS', identity: quote(attachment.name) })),
];
