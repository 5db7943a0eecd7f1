// Create (RFC 7644 section 3.3): validate, resolve references, build the entry, add it, answer from what the directory then holds.
import { randomBytes } from 'node:crypto';
import { childOf, type Dn, type Rdn } from '../ldap/dn.ts';
import type { Entry } from '../ldap/entry.ts';
import { DirectoryError } from '../ldap/directory.ts';
import { translateFilter } from '../mapping/filter.ts';
import type { CreateMapping, ResourceMapping } from '../mapping/mapping.ts';
import { attributeName, everything } from '../mapping/read.ts';
import { buildEntry, type NewEntry, scimLookup, valueAt, withDefaults } from '../mapping/write.ts';
import { invalidValue, ScimError, uniqueness } from '../scim/error.ts';
import type { ResolvedFilter } from '../scim/filter.ts';
import { compileFilter } from '../scim/match.ts';
import { checkRequired, parseResource } from '../scim/resource.ts';
import type { Resource, ResourceType } from '../scim/schema.ts';
import { type Backend, mappingOf, searchScope } from './backend.ts';
import type { Client } from './client.ts';
import { type Prepare, runWrite } from './execute.ts';
import { guardEntry } from './guards.ts';
import { planCreate } from './plan.ts';
import { attributesFor, readEntries } from './read-entries.ts';
import { journalling, writeContext } from './write-context.ts';

/** The new resource, whole. @throws ScimError */
export async function createResource(backend: Backend, client: Client, type: ResourceType, body: unknown): Promise<Resource> {
  const resource = mappingOf(backend, type);
  const { create } = resource;
  if (!create) throw new ScimError(403, `${type.name} resources are not created by this gateway`);
  const journal = journalling(backend, client);
  const sent = parseResource(body, type, client.dialect, (name) => journal.ignored(name, 'unknown attribute'));
  const wanted = withDefaults(resource, withActive(resource, sent));
  checkRequired(wanted, type);
  const password = newPassword(resource, wanted);
  const context = await writeContext(backend, client, resource, undefined, wanted, undefined);
  const entry = buildEntry(resource, create, wanted, context);
  return addUnderFreeName(backend, resource, create, wanted, entry, password);
}

/** `active` absent means true (L-066), and that is what later filters see. */
function withActive(resource: ResourceMapping, sent: Resource): Resource {
  const offered = resource.rules.some((rule) => attributeName(rule) === 'active');
  return offered && sent['active'] === undefined ? { ...sent, active: true } : sent;
}

function newPassword(resource: ResourceMapping, wanted: Resource): string | undefined {
  const sent = wanted['password'];
  if (typeof sent === 'string') return sent;
  if (!resource.password) return undefined;
  if (resource.password.missingOnCreate === 'reject') throw invalidValue('password is required to create an account');
  // Long and of all character classes; nobody ever learns it.
  return resource.password.missingOnCreate === 'random' ? `${randomBytes(24).toString('base64')}aA1!` : undefined;
}

async function addUnderFreeName(
  backend: Backend,
  resource: ResourceMapping,
  create: CreateMapping,
  wanted: Resource,
  entry: NewEntry,
  password: string | undefined,
): Promise<Resource> {
  const names = candidateNames(create, wanted, entry.rdn);
  for (const [i, rdn] of names.entries()) {
    try {
      return await addEntry(backend, resource, wanted, { ...entry, attributes: renamedAttributes(entry, rdn) }, rdn, password);
    } catch (error) {
      const taken =
        error instanceof ScimError && error.status === 409 && error.cause instanceof DirectoryError && error.cause.resultCode === 68;
      if (!taken || i === names.length - 1) throw error;
    }
  }
  throw uniqueness('A resource with this name exists already');
}

/** The RDN, and where the mapping says so the RDN with something appended (` (ann@example.com)`, then with a number). */
function candidateNames(create: CreateMapping, wanted: Resource, rdn: Rdn): readonly Rdn[] {
  const { onRdnConflict } = create;
  const [first, ...rest] = rdn;
  if (!onRdnConflict || !first) return [rdn];
  const suffix = onRdnConflict.append.render(scimLookup(wanted)) ?? '';
  const named = (text: string): Rdn => [{ ...first, value: `${String(first.value)}${text}` }, ...rest];
  return [rdn, ...Array.from({ length: onRdnConflict.tries }, (_, i) => named(i === 0 ? suffix : `${suffix} ${i + 1}`))];
}

function renamedAttributes(entry: NewEntry, rdn: Rdn): NewEntry['attributes'] {
  const attributes = new Map(entry.attributes);
  for (const [i, { type, value }] of rdn.entries()) {
    const old = entry.rdn[i]?.value;
    if (old === value) continue;
    const name = [...attributes.keys()].find((key) => key.toLowerCase() === type.toLowerCase()) ?? type;
    attributes.set(
      name,
      (attributes.get(name) ?? []).map((each) => (String(each) === String(old) ? value : each)),
    );
  }
  return attributes;
}

function addEntry(
  backend: Backend,
  resource: ResourceMapping,
  wanted: Resource,
  entry: NewEntry,
  rdn: Rdn,
  password: string | undefined,
): Promise<Resource> {
  const attributes = attributesFor(backend, resource, everything);
  const prepare: Prepare<Resource> = async (previous) => {
    const plan = planCreate(entry, rdn, password, resource.password?.strategy);
    const dn = childOf(rdn, entry.base);
    const answer = (added: Entry | undefined) => answerFor(backend, resource, dn, added, attributes);
    // After an unknown outcome: an entry that holds all that was sent is the one that was sent. Its password is set, again or at last.
    if (previous?.outcomeUnknown && (await holds(backend, dn, entry))) {
      return { plan: { ...plan, steps: plan.steps.slice(1) }, answer, repeatable: true };
    }
    await guardEntry(backend, dn);
    await refuseDuplicates(backend, resource, wanted);
    return { plan, answer };
  };
  return runWrite({ backend, operation: 'add', postRead: attributes }, prepare);
}

async function holds({ directory }: Backend, dn: Dn, { attributes }: NewEntry): Promise<boolean> {
  const found = await directory.read(dn, [...attributes.keys()]);
  return (
    found !== undefined &&
    [...attributes].every(([name, values]) =>
      values.every((value) => found.octets(name).some((octets) => octets.equals(Buffer.from(value)))),
    )
  );
}

async function answerFor(
  backend: Backend,
  resource: ResourceMapping,
  dn: Dn,
  added: Entry | undefined,
  attributes: readonly string[],
): Promise<Resource> {
  const entry = added ?? (await backend.directory.read(dn, attributes, resource.scope.filter));
  const [read] = entry ? await readEntries(backend, resource, [entry], everything) : [];
  if (!read) throw new ScimError(500, 'The entry was added, but the search filter of the mapping does not match it');
  return read;
}

/** Values that the mapping calls unique and that another resource has. The directory's own rule, where it has one, decides races (L-040). */
export async function refuseDuplicates(
  backend: Backend,
  resource: ResourceMapping,
  wanted: Resource,
  own?: { readonly id: string; readonly before: Resource },
): Promise<void> {
  for (const target of resource.unique) {
    const value = valueAt(wanted, target);
    if (typeof value !== 'string' || (own && valueAt(own.before, target) === value)) continue;
    const filter: ResolvedFilter = { kind: 'compare', attribute: target, operator: 'eq', value };
    const { over } = translateFilter(resource, filter, { schema: backend.directory.capabilities().schema, dnOf: () => undefined });
    const name = attributeName({ target });
    const attributes = attributesFor(backend, resource, (attribute) => attribute === name);
    const matches = compileFilter(filter);
    for await (const entry of searchScope(backend, resource, over, attributes)) {
      const [other] = await readEntries(backend, resource, [entry], (attribute) => attribute === name);
      if (other && other['id'] !== own?.id && matches(other))
        throw uniqueness(`Another ${resource.type.name} has this ${target.name} already`);
    }
  }
}
