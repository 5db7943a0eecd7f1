// The part of a directory that one client may reach: asked of the directory with every search, and of each entry before it is written.
// what is outside is not there.
import { childOf, type Dn, formatDn, isUnder, parentOf, type Rdn } from '../ldap/dn.ts';
import { type Change, Entry } from '../ldap/entry.ts';
import { absoluteTrue, and, type Filter, type Value } from '../ldap/filter.ts';
import { filteredAttributes, translateFilter, undecided } from '../mapping/filter.ts';
import type { ResourceMapping, SearchBase } from '../mapping/mapping.ts';
import { attributesToRead, readResource, withoutContext } from '../mapping/read.ts';
import { intersectBases } from '../mapping/search-base.ts';
import type { Update } from '../mapping/write.ts';
import { ScimError } from '../scim/error.ts';
import type { ResolvedFilter } from '../scim/filter.ts';
import { compileFilter } from '../scim/match.ts';
import type { Backend, Searched } from './backend.ts';
import { filterContextOf } from './filter-context.ts';

/** Where the entries of a resource type are for whoever asks. */
export interface Reach {
  readonly bases: readonly SearchBase[];
  /** Finds the entries of the type, perhaps some that `admits` does not let pass. */
  readonly filter: Filter;
  /** What of the filter is there for this client. */
  readonly condition: Filter;
  /** LDAP attributes that `admits` looks at. */
  readonly attributes: readonly string[];
  readonly admits: (entry: Entry) => boolean;
}

const anything = (): boolean => true;

/** The scope of the mapping, made smaller by the restriction of the client where there is one. */
export function reachOf({ directory, restriction }: Searched, resource: ResourceMapping): Reach {
  const { scope, type } = resource;
  const bases = restriction?.bases ? intersectBases(scope.bases, restriction.bases) : scope.bases;
  const filter = restriction?.filters.get(type.name);
  if (!filter) return { bases, filter: scope.filter, condition: absoluteTrue, attributes: [], admits: anything };
  const context = filterContextOf(directory);
  // What the client does not see may still decide what it reaches.
  const { whole = resource } = resource;
  const condition = translateFilter(whole, filter, context).over;
  const question = { bases, filter: and([scope.filter, condition]), condition };
  const open = undecided(whole, filter, context);
  if (!open) return { ...question, attributes: [], admits: anything };
  return { ...question, attributes: attributesIn(whole, open), admits: matcher(whole, open) };
}

function attributesIn(resource: ResourceMapping, filter: ResolvedFilter): readonly string[] {
  const names = new Set(filteredAttributes(filter));
  return attributesToRead(resource, (name) => names.has(name));
}

function matcher(resource: ResourceMapping, filter: ResolvedFilter): (entry: Entry) => boolean {
  const names = new Set(filteredAttributes(filter));
  const matches = compileFilter(filter);
  return (entry) => {
    // Restrictions name no references: nothing must be looked up for them.
    const read = readResource(resource, entry, withoutContext, undefined, (name) => names.has(name));
    return read !== undefined && matches(read);
  };
}

/** The backend for what must be known of the whole directory: who has a value already, what names an entry, how many there are. */
export function unrestricted(backend: Backend): Backend {
  const { restriction: _restriction, ...rest } = backend;
  return rest;
}

/**
 * Lets no client create, or change, what it could not find afterwards.
 * @param entry as it will be
 * @throws ScimError 403
 */
export function requireReach({ restriction }: Backend, resource: ResourceMapping, dn: Dn, entry: Entry): void {
  if (!restriction) return;
  const { bases, filters } = restriction;
  const filter = filters.get(resource.type.name);
  const isInside = bases === undefined || bases.some((base) => isUnder(dn, base));
  if (isInside && (!filter || matcher(resource, filter)(withId(resource, entry)))) return;
  throw new ScimError(403, 'The resource would be outside of what this client may use');
}

/** An entry that is still to be added has no id. */
function withId({ id: { ldap } }: ResourceMapping, entry: Entry): Entry {
  if (entry.has(ldap)) return entry;
  return new Entry(entry.dn, [...entry.names().map((name) => [name, entry.octets(name)] as const), [ldap, [unknownId]]]);
}

/** 16 octets, and 36 characters for whoever reads them as text: fit for every codec of ids. */
const unknownId = Buffer.alloc(16, '0');

/** The entry with an update carried out. */
export function updatedEntry(entry: Entry, dn: Dn, { rename, changes }: Update): Entry {
  const values = new Map(entry.names().map((name) => [name, entry.octets(name)] as const));
  for (const change of [...(rename ? renamingChanges(dn.rdns[0] ?? [], rename) : []), ...changes]) {
    const name = change.attribute.toLowerCase();
    values.set(name, changedValues(values.get(name) ?? [], change));
  }
  return new Entry(formatDn(rename ? childOf(rename, parentOf(dn)) : dn), values);
}

function renamingChanges(before: Rdn, after: Rdn): readonly Change[] {
  return [
    ...before.map(({ type, value }): Change => ({ operation: 'delete', attribute: type, values: [value] })),
    ...after.map(({ type, value }): Change => ({ operation: 'add', attribute: type, values: [value] })),
  ];
}

function changedValues(before: readonly Buffer[], { operation, values }: Change): readonly Buffer[] {
  const given = values.map(toOctets);
  const taken = new Set(given.map((value) => value.toString('latin1')));
  const others = before.filter((value) => !taken.has(value.toString('latin1')));
  if (operation === 'add') return [...others, ...given];
  if (operation === 'replace') return given;
  return given.length === 0 ? [] : others;
}

const toOctets = (value: Value): Buffer => (typeof value === 'string' ? Buffer.from(value) : value);
