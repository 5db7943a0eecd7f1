// People who exist already when a client creates them: found by the keys of the mapping, in order, also where the mapping does not look.
// RFC 7644 section 3.3 (409 uniqueness). The client learns that there is one; who it is stands in the log.
import { type Dn, formatDn, parseDn } from '../ldap/dn.ts';
import type { Entry } from '../ldap/entry.ts';
import { and, not } from '../ldap/filter.ts';
import type { MatchMapping, ResourceMapping } from '../mapping/mapping.ts';
import { idsOf } from '../mapping/rules/reference.ts';
import { valueAt } from '../mapping/write.ts';
import { isJsonObject } from '../scim/attribute-value.ts';
import { uniqueness } from '../scim/error.ts';
import type { AttributeReference } from '../scim/path.ts';
import { equalValues } from '../scim/resource.ts';
import type { Json, Resource } from '../scim/schema.ts';
import { askAtOnce } from './at-once.ts';
import { type Backend, searchScope } from './backend.ts';
import type { Client } from './client.ts';
import { reportMatch } from './journal.ts';
import { attributesFor, readEntries } from './read-entries.ts';
import { reachOf } from './restriction.ts';
import { takeOver } from './take-over.ts';
import { searchForValue } from './unique-values.ts';

/** Who has a value that a new resource has. */
export interface Match {
  /** Canonical name of the attribute that they share. */
  readonly key: string;
  /** Entries that are resources of the type, in reach of the client. */
  readonly inside: readonly Dn[];
  /** Others: outside of the search bases or their filter, or out of reach of the client. */
  readonly outside: readonly Dn[];
}

/** What is enough to know that there are several. */
const enough = 3;

/** The first key that somebody shares with the new resource; undefined: nobody does. @throws DirectoryError */
async function findMatch(backend: Backend, resource: ResourceMapping, wanted: Resource): Promise<Match | undefined> {
  const { match } = resource;
  for (const target of match?.by ?? []) {
    for (const value of valuesAt(wanted, target)) {
      const found = match && (await findHolders(backend, resource, match, target, value));
      if (found && found.inside.length + found.outside.length > 0) return found;
    }
  }
  return undefined;
}

async function findHolders(
  backend: Backend,
  resource: ResourceMapping,
  { within }: MatchMapping,
  target: AttributeReference,
  value: string,
): Promise<Match> {
  const search = searchForValue(backend, resource, target, value);
  // What is deleted is nobody's any more; whether its values are free is for the directory to say.
  const living = resource.delete?.mode === 'quarantine' ? [not(resource.delete.filter)] : [];
  const elsewhere = { base: within, scope: 'sub', filter: and([search.filter, ...living]), attributes: search.attributes } as const;
  const holders = async (entries: AsyncIterable<Entry>): Promise<readonly Dn[]> => {
    const found: Dn[] = [];
    for await (const entry of entries) if (found.length < enough && (await search.confirm(entry))) found.push(parseDn(entry.dn));
    return found;
  };
  const [inside, all] = await askAtOnce([
    holders(searchScope(backend, resource, search.filter, search.attributes)),
    holders(backend.directory.search(elsewhere)),
  ]);
  return { key: target.name, inside, outside: inside.length > 0 ? [] : all };
}

/** The texts of an attribute, of every element where it has several. */
function valuesAt(resource: Resource, target: AttributeReference): readonly string[] {
  const { sub, attribute } = target;
  const whole = valueAt(resource, { ...target, sub: undefined });
  const elements: readonly Json[] = Array.isArray(whole) ? (whole as readonly Json[]) : [valueAt(resource, target) ?? null];
  const values = elements.map((element) => (attribute.multiValued && sub && isJsonObject(element) ? element[sub.name] : element));
  return [...new Set(values.filter((value) => typeof value === 'string' && value !== ''))] as readonly string[];
}

/**
 * What becomes of a create whose resource exists already: the entry that was adopted, as a resource; undefined: there is nobody.
 * @throws ScimError uniqueness, unless exactly one may be adopted; 403 where that one is protected
 */
export async function adoptMatch(
  backend: Backend,
  client: Client,
  resource: ResourceMapping,
  wanted: Resource,
  sent: Resource,
): Promise<Resource | undefined> {
  const found = await findMatch(backend, resource, wanted);
  if (!found) return undefined;
  const { key, inside, outside } = found;
  const [only, ...others] = inside;
  const report = (became: string): void =>
    reportMatch({
      directory: backend.name,
      client: client.name,
      resourceType: resource.type.name,
      key,
      holder: [...inside, ...outside].map(formatDn).join(' | '),
      outside: inside.length === 0,
      became,
    });
  const refuse = (detail: string): never => {
    report('refused');
    throw uniqueness(detail);
  };
  // Whoever may only create takes nothing over.
  const mayAdopt = resource.match?.adopts && client.operations.includes('update');
  if (!mayAdopt || !only) return refuse(`Another entry has this ${key} already`);
  if (others.length > 0) return refuse(`Several entries have this ${key} already`);
  const adopted = await takeOver(backend, client, resource, {
    dn: only,
    filter: reachOf(backend, resource).filter,
    revise: (before) =>
      belongsToAnother(before, wanted) ? refuse(`Another ${resource.type.name} has this ${key} already`) : merge(before, sent),
    password: typeof sent['password'] === 'string' ? sent['password'] : undefined,
  });
  report('adopted');
  return adopted;
}

/** What a create of this resource would come to, without doing it: for a report over many. */
export interface Outcome {
  readonly became: 'new' | 'adopted' | 'refused';
  readonly reason?: 'conflict' | 'several' | 'outside' | 'belongs to another';
  readonly match?: Match;
}

/** @throws DirectoryError */
export async function foreseeMatch(backend: Backend, resource: ResourceMapping, wanted: Resource, mayUpdate: boolean): Promise<Outcome> {
  const match = await findMatch(backend, resource, wanted);
  if (!match) return { became: 'new' };
  const refused = (reason: NonNullable<Outcome['reason']>): Outcome => ({ became: 'refused', reason, match });
  const [only, ...others] = match.inside;
  if (!only) return refused('outside');
  if (!resource.match?.adopts || !mayUpdate) return refused('conflict');
  if (others.length > 0) return refused('several');
  const entry = await backend.directory.read(only, attributesFor(backend, resource, isExternalId));
  const [before] = entry ? await readEntries(backend, resource, [entry], isExternalId) : [];
  return before && belongsToAnother(before, wanted) ? refused('belongs to another') : { became: 'adopted', match };
}

const isExternalId = (name: string): boolean => name === 'externalId';

/** Whoever has an externalId was provisioned by somebody, and is adopted under the same one only. */
function belongsToAnother(before: Resource, wanted: Resource): boolean {
  const [held, asked] = [before['externalId'], wanted['externalId']];
  return held !== undefined && !equalValues(held, asked);
}

/** What was sent replaces what is there; what was not sent stays. Members are added: nobody leaves a group because it is adopted. */
function merge(before: Resource, sent: Resource): Resource {
  const merged: Record<string, Json | undefined> = { ...before };
  for (const [name, value] of Object.entries(sent)) {
    if (name === 'schemas' || name === 'id' || name === 'meta' || value === undefined) continue;
    merged[name] = isExtension(name, before[name], value) ? { ...(before[name] as object), ...(value as object) } : value;
  }
  if (sent['members'] !== undefined) merged['members'] = joinMembers(before['members'], sent['members']);
  return merged as Resource;
}

const isExtension = (name: string, before: Json | undefined, value: Json): boolean =>
  (name.startsWith('urn:') || name === 'name') && isJsonObject(before) && isJsonObject(value);

function joinMembers(before: Json | undefined, sent: Json): Json {
  const had = new Set(idsOf(before));
  const old = Array.isArray(before) ? (before as readonly Json[]) : [];
  const added = idsOf(sent).filter((id) => !had.has(id));
  return [...old, ...added.map((value) => ({ value }))];
}
