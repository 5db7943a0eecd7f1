// A snapshot in the plainest words: resources in a map, every question answered by going through all of them.
// RFC 7644 section 3.4.2; the oracle of test/properties/snapshot.test.ts.
import type { Batch, Lists } from '../../src/cache/batch.ts';
import type { ReferenceField, SnapshotQuery, SnapshotType, Target } from '../../src/cache/snapshot.ts';
import { compareSortKeys, compileFilter, comparePositions, compilePosition, type SortPosition } from '../../src/scim/match.ts';
import { withSchemas } from '../../src/scim/resource.ts';
import type { JsonObject, Resource } from '../../src/scim/schema.ts';
import { enterpriseUrn, groupType, userType } from '../scim/sample.ts';

const describeTarget = ({ id, type, display }: Target, label: string): JsonObject => ({
  value: id,
  $ref: `https://x/${type}s/${id}`,
  ...(display !== undefined && { [label]: display }),
});

export const fields = {
  manager: {
    attribute: `${enterpriseUrn}:manager`,
    to: ['User'],
    show: ([first]) => first && describeTarget(first, 'displayName'),
  },
  groups: {
    attribute: 'groups',
    to: ['Group'],
    inverse: { type: 'Group', attribute: 'members' },
    show: (targets) => targets.map((each) => describeTarget(each, 'display')),
  },
  members: {
    attribute: 'members',
    to: ['User', 'Group'],
    show: (targets) => targets.map((each) => ({ ...describeTarget(each, 'display'), type: each.type })),
  },
} as const satisfies Record<string, ReferenceField>;

export const snapshotTypes: readonly SnapshotType[] = [
  { type: userType, fields: [fields.manager, fields.groups] },
  { type: groupType, fields: [fields.members] },
];

export interface ModelRow {
  readonly slot: number;
  readonly id: string;
  readonly display: string;
  readonly body: Resource;
  readonly occupies: readonly number[];
  readonly references: readonly (readonly number[])[];
}

export interface ModelBatch {
  readonly type: string;
  readonly put: readonly ModelRow[];
  readonly removed: readonly number[];
}

export type TypedPosition = SortPosition & { readonly type: string };

/** As the poller packs it. */
export function packBatch({ type, put, removed }: ModelBatch): Batch {
  const bodies = put.map(({ body }) => Buffer.from(JSON.stringify(body)));
  const { fields: own } = snapshotTypes.find((each) => each.type.name === type)!;
  return {
    type,
    slots: Uint32Array.from(put, ({ slot }) => slot),
    ids: put.map(({ id }) => id),
    displays: put.map(({ display }) => display),
    bodies: { ends: endsOf(bodies), octets: Buffer.concat(bodies) },
    occupies: packLists(put.map(({ occupies }) => occupies)),
    references: own.map((_, index) => packLists(put.map(({ references }) => references[index] ?? []))),
    removed: Uint32Array.from(removed),
  };
}

function packLists(lists: readonly (readonly number[])[]): Lists {
  return { ends: endsOf(lists), items: Uint32Array.from(lists.flat()) };
}

function endsOf(lists: readonly { readonly length: number }[]): Uint32Array {
  let end = 0;
  return Uint32Array.from(lists, ({ length }) => (end += length));
}

interface Located {
  readonly type: string;
  readonly row: ModelRow;
}

export class Model {
  readonly #rows = new Map<string, Map<number, ModelRow>>(snapshotTypes.map(({ type }) => [type.name, new Map()]));
  /** By type and node: an entry may be a resource of several types. */
  readonly #owners = new Map<string, Located>();

  rows(type: string): ReadonlyMap<number, ModelRow> {
    return this.#rows.get(type)!;
  }

  isFree(node: number, type: string, slot: number): boolean {
    const owner = this.#owners.get(`${type} ${node}`);
    return !owner || owner.row.slot === slot;
  }

  apply({ type, put, removed }: ModelBatch): void {
    for (const slot of removed) this.#remove(type, slot);
    for (const row of put) {
      this.#remove(type, row.slot);
      this.#rows.get(type)!.set(row.slot, row);
      for (const node of row.occupies) this.#owners.set(`${type} ${node}`, { type, row });
    }
  }

  resource(type: string, row: ModelRow): Resource {
    const definition = snapshotTypes.find((each) => each.type.name === type)!;
    return definition.fields.reduce<Resource>((resource, field, index) => {
      const targets = this.#targets(type, row, field, index);
      const value = targets.length === 0 ? undefined : field.show(targets);
      if (value === undefined) return resource;
      const urn = field.attribute.slice(0, Math.max(0, field.attribute.lastIndexOf(':')));
      const name = field.attribute.slice(urn === '' ? 0 : urn.length + 1);
      if (urn === '') return Object.assign({}, resource, { [name]: value });
      const holder = Object.assign({}, resource[urn], { [name]: value });
      const whole = Object.assign({}, resource, { [urn]: holder });
      return 'schemas' in resource ? withSchemas(whole, definition.type) : whole;
    }, row.body);
  }

  find(queries: readonly SnapshotQuery[]): readonly { readonly type: string; readonly slot: number; readonly position: TypedPosition }[] {
    const found = queries.flatMap(({ type, filter, sort }) => {
      const [matches, positionOf] = [filter ? compileFilter(filter) : () => true, compilePosition(sort)];
      return [...this.rows(type).values()]
        .map((row) => ({ slot: row.slot, resource: this.resource(type, row) }))
        .filter(({ resource }) => matches(resource))
        .map(({ slot, resource }) => ({ type, slot, position: { ...positionOf(resource), type } }));
    });
    return found.toSorted((a, b) => comparePlaces(queries)(a.position, b.position));
  }

  #remove(type: string, slot: number): void {
    const rows = this.#rows.get(type)!;
    for (const node of rows.get(slot)?.occupies ?? []) {
      if (this.#owners.get(`${type} ${node}`)?.row.slot === slot) this.#owners.delete(`${type} ${node}`);
    }
    rows.delete(slot);
  }

  #targets(type: string, row: ModelRow, { to, ...field }: ReferenceField, index: number): readonly Target[] {
    const own = (row.references[index] ?? []).map((node) =>
      to.map((name) => this.#owners.get(`${name} ${node}`)).find((each) => each !== undefined),
    );
    const inverse: (Located | undefined)[] = [];
    if (field.inverse) {
      const source = snapshotTypes.find((each) => each.type.name === field.inverse?.type)!;
      const at = source.fields.findIndex(({ attribute }) => attribute === field.inverse?.attribute);
      for (const other of this.rows(field.inverse.type).values()) {
        const isMeant = (other.references[at] ?? []).some((node) => this.#owners.get(`${type} ${node}`)?.row === row);
        if (isMeant && source.fields[at]!.to.includes(type)) inverse.push({ type: field.inverse.type, row: other });
      }
    }
    const located = new Map([...own, ...inverse].filter((each) => each !== undefined).map((each) => [each.row, each]));
    return [...located.values()]
      .filter((each) => to.includes(each.type))
      .map(({ type: name, row: { id, display } }) => ({ id, type: name, ...(display !== '' && { display }) }))
      .toSorted((a, b) => comparePositions(a, b));
  }
}

/** As `compileOrder` of gateway/list.ts. */
export function comparePlaces(queries: readonly SnapshotQuery[]): (a: TypedPosition, b: TypedPosition) => number {
  const order = queries.find(({ sort }) => sort)?.sort?.order;
  const rankOf = ({ type }: TypedPosition): number => queries.findIndex((each) => each.type === type);
  return (a, b) => compareSortKeys(a, b, order) || rankOf(a) - rankOf(b) || comparePositions(a, b);
}
