// One resource type of the snapshot: its rows, and its reference fields with who refers by them.
// No RFC.
import { type AttributeReference, parsePath, resolvePath } from '../scim/path.ts';
import type { ResourceType } from '../scim/schema.ts';
import { Postings } from './postings.ts';
import { Rows } from './rows.ts';
import type { ReferenceField, SnapshotType } from './snapshot.ts';

export interface Field {
  readonly definition: ReferenceField;
  /** The attribute as the type defines it. */
  readonly reference: AttributeReference;
  /** Place among the fields of its table. */
  readonly index: number;
  readonly postings: Postings;
}

export interface Table {
  readonly type: ResourceType;
  /** Place among the tables of the snapshot. */
  readonly index: number;
  readonly rows: Rows;
  readonly fields: readonly Field[];
}

/** @throws Error for a field whose attribute the type does not have */
export function createTable({ type, fields }: SnapshotType, index: number): Table {
  return {
    type,
    index,
    rows: new Rows(fields.length),
    fields: fields.map((definition, at) => ({
      definition,
      reference: resolveField(definition, type),
      index: at,
      postings: new Postings(),
    })),
  };
}

function resolveField({ attribute }: ReferenceField, type: ResourceType): AttributeReference {
  const path = parsePath(attribute);
  const reference = path && resolvePath(path, type);
  if (!reference || reference.sub) throw new Error(`${type.name} has no attribute ${attribute}`);
  return reference;
}
