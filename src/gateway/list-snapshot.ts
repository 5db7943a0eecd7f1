// Resources from the snapshot: whole ones leave as the octets that are kept, of others what is asked for is cut out of these.
// RFC 7644 sections 3.4.2 and 3.9 (attributes and excludedAttributes).
import { OctetProjection } from '../cache/octet-projection.ts';
import type { FoundRow, Snapshot } from '../cache/snapshot.ts';
import type { Projection } from '../scim/resource.ts';
import { attributesOf, type Attribute, type ResourceType } from '../scim/schema.ts';
import type { Matches, TypedQuery } from './list.ts';

export async function findInSnapshot(snapshot: Snapshot, queries: readonly TypedQuery[]): Promise<Matches> {
  const found = await snapshot.find(queries.map(({ type, query: { filter, sort } }) => ({ type: type.name, filter, sort })));
  const projections = projectionsOf(queries.map(({ type, query }) => [type, query.projection]));
  return {
    length: found.length,
    position: (index) => found.position(index),
    countBefore: (position, inclusive) => found.countBefore(position, inclusive),
    read(start, end) {
      const length = Math.max(0, end - start);
      const row = (_: unknown, index: number): FoundRow => found.row(start + index);
      const json = projections ? snapshot.render(Array.from({ length }, row), projections) : found.page(start, end);
      return Promise.resolve({ resources: [], rendered: { json, count: length } });
    },
  };
}

/** A resource that the snapshot has. */
export interface Kept {
  readonly location: string;
  readonly version: string | undefined;
  /** Its JSON, as UTF-8, projected. */
  render(): Buffer;
}

export function findKept(snapshot: Snapshot, type: ResourceType, id: string, projection: Projection): Kept | undefined {
  const slot = snapshot.locate(type.name, id);
  if (slot === undefined) return undefined;
  const row = { type: type.name, slot };
  const { location, version } = snapshot.metaOf(row) as { readonly location: string; readonly version?: string };
  return { location, version, render: () => snapshot.render([row], projectionsOf([[type, projection]])) };
}

/** Undefined where every resource is shown whole. */
function projectionsOf(shown: readonly (readonly [ResourceType, Projection])[]): ReadonlyMap<string, OctetProjection> | undefined {
  if (shown.every(([type, projection]) => showsAll(type, projection))) return undefined;
  return new Map(shown.map(([type, projection]) => [type.name, new OctetProjection(type, projection)]));
}

/** Nothing is asked for by name, and nothing is kept that is shown only then. */
function showsAll(type: ResourceType, { attributes, excludedAttributes }: Projection): boolean {
  if ((attributes ?? excludedAttributes) !== undefined) return false;
  const isShown = ({ returned, subAttributes = [] }: Attribute): boolean =>
    returned !== 'request' && returned !== 'never' && subAttributes.every(isShown);
  const all = [...attributesOf(type), ...type.extensions.flatMap(({ schema }) => schema.attributes)];
  return all.every((attribute) => isShown(attribute) || attribute.mutability === 'writeOnly');
}
