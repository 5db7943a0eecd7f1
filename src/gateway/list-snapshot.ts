// A query on the snapshot: whole resources leave as the octets that are kept, anything else is projected.
// RFC 7644 sections 3.4.2 and 3.9 (attributes and excludedAttributes).
import type { Snapshot } from '../cache/snapshot.ts';
import { compileProjection, isProjected } from '../scim/resource.ts';
import { attributesOf, type Attribute, type ResourceType } from '../scim/schema.ts';
import type { ListQuery } from '../scim/messages.ts';
import type { Matches, TypedQuery } from './list.ts';

export async function findInSnapshot(snapshot: Snapshot, queries: readonly TypedQuery[]): Promise<Matches> {
  const found = await snapshot.find(queries.map(({ type, query: { filter, sort } }) => ({ type: type.name, filter, sort })));
  const isWhole = queries.every(({ type, query }) => showsAll(type, query));
  return {
    length: found.length,
    position: (index) => found.position(index),
    countBefore: (position, inclusive) => found.countBefore(position, inclusive),
    read(start, end) {
      const length = Math.max(0, end - start);
      if (isWhole) return Promise.resolve({ resources: [], rendered: { json: found.page(start, end), count: length } });
      const rows = Array.from({ length }, (_, i) => found.row(start + i));
      const shown = new Map(
        queries.map(({ type, query }) => [
          type.name,
          { project: compileProjection(type, query.projection), wanted: (name: string) => isProjected(name, type, query.projection) },
        ]),
      );
      const resources = rows.flatMap((row) => {
        const view = shown.get(row.type);
        return view ? [view.project(snapshot.resource(row, view.wanted))] : [];
      });
      return Promise.resolve({ resources });
    },
  };
}

/** Nothing is asked for by name, and nothing is kept that is shown only then. */
function showsAll(type: ResourceType, { projection: { attributes, excludedAttributes } }: ListQuery): boolean {
  if ((attributes ?? excludedAttributes) !== undefined) return false;
  const isShown = ({ returned, subAttributes = [] }: Attribute): boolean =>
    returned !== 'request' && returned !== 'never' && subAttributes.every(isShown);
  const all = [...attributesOf(type), ...type.extensions.flatMap(({ schema }) => schema.attributes)];
  return all.every((attribute) => isShown(attribute) || attribute.mutability === 'writeOnly');
}
