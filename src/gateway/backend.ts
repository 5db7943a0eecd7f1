// One directory with its mapping: what every use case works on, and the searches that all of them share.
import type { SnapshotSource } from '../cache/source.ts';
import type { Directory } from '../ldap/directory.ts';
import { Batched, batchesOf } from '../ldap/batched.ts';
import { type Dn, dnKeyOf } from '../ldap/dn.ts';
import type { Entry } from '../ldap/entry.ts';
import { and, type Filter } from '../ldap/filter.ts';
import { notFound, ScimError } from '../scim/error.ts';
import type { ResourceType } from '../scim/schema.ts';
import { idFilter } from '../mapping/filter.ts';
import { type Mapping, type ResourceMapping, resourceNamed } from '../mapping/mapping.ts';
import type { Restriction } from '../mapping/restriction.ts';
import type { FilterContext } from '../mapping/rule.ts';
import type { RulePlace } from '../mapping/rule-place.ts';
import type { ResolvedFilter } from '../scim/filter.ts';
import type { Client } from './client.ts';
import type { Cursors } from './cursor.ts';
import type { DirectoryState } from './guard-state.ts';
import type { Guards, Refusal } from './guards.ts';
import type { LimitVerdict, Tally } from './limits.ts';
import type { Lookups } from './lookups.ts';
import type { Plan } from './plan.ts';
import { reachOf } from './restriction.ts';

export interface Backend {
  /** Name of the directory in the configuration. */
  readonly name: string;
  /** publicUrl + path: every location begins with it. */
  readonly baseUrl: string;
  readonly mapping: Mapping;
  readonly directory: Directory;
  readonly cursors: Cursors;
  /** The copy that lists are answered from, and what else may be. */
  readonly snapshot?: SnapshotSource;
  readonly reads?: Reads;
  readonly guards: Guards;
  /** What the limits of the guards are compared with. */
  readonly tally?: Tally;
  /** What the guards keep beyond a restart. */
  readonly state?: DirectoryState;
  /** The client of that name as it is configured now, for what it has left to be done. */
  readonly clientNamed?: (name: string) => Client | undefined;
  /** Name of the client that is being answered, for what is held. */
  readonly caller?: string;
  /** What the operation under way has looked up; absent: nothing is remembered. */
  readonly lookups?: Lookups;
  /** Writes are refused: another process is there for them. */
  readonly readOnly?: boolean;
  /** The service account, which the gateway never writes; undefined where it binds by another name than its DN. */
  readonly bindDn: Dn | undefined;
  /** Its name where that is no DN: `user@domain` or `DOMAIN\\user`. */
  readonly bindName?: string;
  readonly baseDn: Dn;
  /** Where the rules of the mapping stand, for people who read of a failure. */
  readonly places?: readonly RulePlace[];
  /** The mapping as the client sees it that is being answered, and what of the directory it may reach; absent: all. */
  readonly view?: Mapping | undefined;
  readonly restriction?: Restriction | undefined;
  /** Plans are made and reported, not executed. */
  readonly observe?: boolean;
  /** Is told every plan before it is executed. */
  readonly onPlan?: (plan: Plan) => void;
  /** Is told what the guards say of an entry before it is written; `refusedBy` says which of them refuses. */
  readonly onGuard?: (verdict: { readonly dn: Dn; readonly refusedBy: Refusal | undefined }) => void;
  /** Is told what the limits say of a write that they concern. */
  readonly onLimit?: (verdict: LimitVerdict) => void;
  /** Is told how the filter of a query is translated. */
  readonly onQuery?: (question: Question) => void;
}

/** From where reads are answered. */
export interface Reads {
  readonly byId: 'live' | 'cache';
  /** Queries for a key. */
  readonly lookup: 'live' | 'cache';
  /** All other queries. */
  readonly lists: 'live' | 'cache';
  /** What becomes of them when the snapshot is too old. */
  readonly whenStale: 'live' | 'unavailable';
}

/** The filter of a query, and what it takes to translate it. */
export interface Question {
  readonly resource: ResourceMapping;
  readonly filter: ResolvedFilter;
  readonly context: FilterContext;
}

/** @throws ScimError notFound for a type that this mapping does not have */
export const mappingOf = ({ mapping }: Backend, type: ResourceType): ResourceMapping => requireResource(mapping, type);

export function locationOf({ baseUrl, mapping }: Backend, type: string, id: string): string {
  return `${baseUrl}${resourceNamed(mapping, type)?.type.endpoint ?? `/${type}`}/${encodeURIComponent(id)}`;
}

/** Where the entries of a mapping are searched. */
export interface Searched {
  readonly directory: Pick<Directory, 'search' | 'capabilities'>;
  readonly restriction?: Restriction | undefined;
}

/** What the client that is being answered sees of a resource type. @throws ScimError notFound for a type that this mapping does not have */
export const viewOf = ({ view, mapping }: Backend, type: ResourceType): ResourceMapping => requireResource(view ?? mapping, type);

function requireResource(mapping: Mapping, type: ResourceType): ResourceMapping {
  const resource = resourceNamed(mapping, type.name);
  if (!resource) throw notFound();
  return resource;
}

/**
 * The entries of a resource type that match a filter, from all its search bases. The scope (bases and filter of the type, and what the
 * client is restricted to) is always part of the question, so that nothing outside it can be reached by an id or a reference (R-222).
 */
export function searchScope(
  backend: Searched,
  resource: ResourceMapping,
  filter: Filter,
  attributes: readonly string[],
): AsyncIterable<Entry> {
  return new Batched(searchBases(backend, resource, filter, attributes));
}

async function* searchBases(
  backend: Searched,
  resource: ResourceMapping,
  filter: Filter,
  attributes: readonly string[],
): AsyncIterable<readonly Entry[]> {
  const { directory } = backend;
  const reach = reachOf(backend, resource);
  const question = and([reach.filter, filter]);
  const names = [...new Set([...attributes, ...reach.attributes])];
  requireMarker(backend, resource);
  // Absolutely false: nobody needs to be asked.
  if (question.kind === 'or' && question.filters.length === 0) return;
  // Bases may lie inside each other.
  const seen = reach.bases.length > 1 ? new Set<string>() : undefined;
  const isNew = ({ dn }: Entry): boolean => {
    if (!seen) return true;
    const key = dnKeyOf(dn) ?? dn;
    const isKnown = seen.has(key);
    seen.add(key);
    return !isKnown;
  };
  for (const base of reach.bases) {
    const found = directory.search({ base: base.dn, scope: base.scope, filter: question, attributes: names });
    for await (const entries of batchesOf(found)) yield entries.filter((entry) => isNew(entry) && reach.admits(entry));
  }
}

/** An attribute that the server does not know makes "is not marked" Undefined: every search would find nothing (L-003). @throws ScimError 500 */
function requireMarker({ directory }: Searched, { delete: deletion }: ResourceMapping): void {
  if (deletion?.mode === 'quarantine' && !directory.capabilities().schema.attribute(deletion.marker.ldap))
    throw new ScimError(500, 'The mapping marks deleted entries by an attribute that the directory does not know');
}

/** The entry behind an id. @throws ScimError notFound, in the same words whether it does not exist or is out of scope (R-229) */
export async function findEntry(backend: Backend, resource: ResourceMapping, id: string, attributes: readonly string[]): Promise<Entry> {
  const filter = idFilter(resource, id);
  if (filter) for await (const entry of searchScope(backend, resource, filter, attributes)) return entry;
  throw notFound();
}
