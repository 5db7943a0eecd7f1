// `/Me`: the resource that stands for the caller, found by the rule of its client each time, and what the caller may not do to itself.
// RFC 7644 section 3.11.
import { notFound, ScimError } from '../scim/error.ts';
import { equalValues } from '../scim/resource.ts';
import type { Resource } from '../scim/schema.ts';
import { type Backend, viewOf } from './backend.ts';
import type { Client } from './client.ts';
import type { Self } from './gateway.ts';
import { listResources } from './list.ts';

/** What decides about an account is decided by others: whether it is active, by what it is known, what it is entitled to. */
const decidedByOthers = ['active', 'userName', 'externalId', 'roles', 'entitlements'];

/** @throws ScimError notFound where there is no rule, or it does not find exactly one resource */
export async function findSelf(backend: Backend, client: Client): Promise<Self> {
  const { me, resources } = client;
  const type = backend.mapping.resources.map((resource) => resource.type).find(({ name }) => name === me?.type && resources.includes(name));
  if (!me || !type) throw nobody();
  const query = { filter: me.filter, startIndex: 1, count: 1, projection: { attributes: [] } };
  // The rule is the operator's: it may name what the client does not see.
  const { resources: found, totalResults } = await listResources({ ...backend, view: undefined }, client, '/Me', [{ type, query }]);
  const id = found[0]?.['id'];
  if (totalResults !== 1 || typeof id !== 'string') throw nobody();
  return { client: { ...client, fixed: decidedByOthers }, type: viewOf(backend, type).type, id };
}

const nobody = (): ScimError => notFound('No resource stands for this client');

/** @throws ScimError 403 when an attribute changes that this caller may not change */
export function refuseFixed({ fixed = [] }: Client, before: Resource, after: Resource): void {
  const changed = fixed.find((name) => !equalValues(before[name], after[name]));
  if (changed !== undefined) throw new ScimError(403, `${changed} cannot be changed by oneself`);
}
