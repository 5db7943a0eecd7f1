// Which attributes a query may filter on: not those that the mapping keeps out of filters, nor in a URL those that it calls sensitive.
// RFC 7644 sections 3.4.2.2 and 7.5.2; R-126.
import { filteredAttributes } from '../mapping/filter.ts';
import type { ResourceMapping } from '../mapping/mapping.ts';
import { invalidFilter, sensitive } from '../scim/error.ts';
import type { ResolvedFilter } from '../scim/filter.ts';
import type { ListQuery } from '../scim/messages.ts';

/** @throws ScimError invalidFilter; 403 sensitive for a filter that belongs in the body of a POST to `.search` */
export function refuseUnfilterable(resource: ResourceMapping, { filter, inUrl }: ListQuery): void {
  const exposed = filter && inUrl ? findFiltered(filter, resource.sensitive) : undefined;
  if (exposed !== undefined) throw sensitive(`${exposed} is sensitive: send the filter in the body of a POST to .search`);
  const refused = filter && findFiltered(filter, resource.unfilterable);
  if (refused !== undefined) throw invalidFilter(`${refused} cannot be used in filters`);
}

/** The first attribute of a filter that is, or of which a part is, among those. */
function findFiltered(filter: ResolvedFilter, names: readonly string[]): string | undefined {
  return filteredAttributes(filter).find((name) => names.some((other) => other === name || other.startsWith(`${name}.`)));
}
