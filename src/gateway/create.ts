// Create (RFC 7644 section 3.3): validate, resolve references, build the entry, add it, answer from what the directory then holds.
import { randomBytes } from 'node:crypto';
import { childOf, type Dn, formatDn } from '../ldap/dn.ts';
import { Entry } from '../ldap/entry.ts';
import { DirectoryError } from '../ldap/directory.ts';
import type { CreateMapping, ResourceMapping } from '../mapping/mapping.ts';
import { attributeName, everything } from '../mapping/read.ts';
import { buildEntry, type NewEntry, withDefaults } from '../mapping/write.ts';
import { invalidValue, ScimError } from '../scim/error.ts';
import { checkRequired, parseResource } from '../scim/resource.ts';
import type { Resource, ResourceType } from '../scim/schema.ts';
import { askAtOnce } from './at-once.ts';
import { type Backend, mappingOf } from './backend.ts';
import type { Client } from './client.ts';
import { pendingOf, settle, translateReferences } from './deferred.ts';
import { isUniqueness } from './errors.ts';
import { type Prepare, runWrite } from './execute.ts';
import { nextNames } from './free-name.ts';
import { guardBindName, guardName } from './guards.ts';
import { adoptMatch } from './match.ts';
import { requireHashing } from './password-storage.ts';
import { planCreate } from './plan.ts';
import { restoreQuarantined } from './quarantine.ts';
import { attributesFor, lookUp, readEntries } from './read-entries.ts';
import { requireReach } from './restriction.ts';
import { refuseDuplicates } from './unique-values.ts';
import { journalling, writeContext } from './write-context.ts';

/** Names that are tried for one new entry: others may take them at the same time. */
const nameAttempts = 20;

/** The new resource, whole. @throws ScimError */
export async function createResource(backend: Backend, client: Client, type: ResourceType, body: unknown): Promise<Resource> {
  const resource = mappingOf(backend, type);
  const { create } = resource;
  if (!create) throw new ScimError(403, `${type.name} resources are not created by this gateway`);
  const journal = journalling(backend, client);
  const parsed = parseResource(body, type, client.dialect, (name) => journal.ignored(name, 'unknown attribute'));
  const sent = await translateReferences(backend, resource, undefined, parsed);
  const wanted = withDefaults(resource, withActive(resource, sent));
  checkRequired(wanted, type);
  const password = newPassword(resource, wanted);
  const context = await writeContext(backend, client, resource, undefined, wanted, undefined);
  const { schema } = backend.directory.capabilities();
  const entry = buildEntry(resource, create, wanted, { ...context, schema });
  const dn = childOf(entry.rdn, entry.base);
  requireReach(backend, resource, dn, new Entry(formatDn(dn), entry.attributes));
  const restored = await restoreQuarantined(backend, client, resource, { wanted, base: entry.base, password });
  const existing = restored ?? (await adoptMatch(backend, client, resource, wanted, sent));
  if (existing) return existing;
  const created = await addUnderFreeName(backend, resource, create, wanted, entry, password);
  const id = String(created['id']);
  settle(backend, resource, id, context.unresolved, pendingOf(backend, resource, id), everything);
  return created;
}

/** `active` absent means true (L-066), and that is what later filters see. An account that gets no password may have to be disabled (L-064). */
function withActive(resource: ResourceMapping, sent: Resource): Resource {
  const offered = resource.rules.some((rule) => attributeName(rule) === 'active');
  if (offered && resource.password?.missingOnCreate === 'createDisabled' && sent['password'] === undefined)
    return { ...sent, active: false };
  return offered && sent['active'] === undefined ? { ...sent, active: true } : sent;
}

function newPassword(resource: ResourceMapping, wanted: Resource): string | undefined {
  const sent = wanted['password'];
  if (typeof sent === 'string') return sent;
  if (!resource.password) return undefined;
  if (resource.password.missingOnCreate === 'reject') throw invalidValue('password is required to create an account');
  return resource.password.missingOnCreate === 'random' ? randomPassword() : undefined;
}

/**
 * Long and of all character classes; nobody ever learns it. Policies refuse passwords that contain a name of their owner: no account name,
 * and no part of a display name as Active Directory takes it apart, has a comma in it ([MS-SAMR] 3.1.1.7.2).
 */
export function randomPassword(): string {
  const pairs = randomBytes(24).toString('base64').match(/../g) ?? [];
  return [...pairs, 'aA', '1!'].join(',');
}

async function addUnderFreeName(
  backend: Backend,
  resource: ResourceMapping,
  create: CreateMapping,
  wanted: Resource,
  entry: NewEntry,
  password: string | undefined,
): Promise<Resource> {
  let candidate: NewEntry = entry;
  for (let attempt = 1; ; attempt++) {
    try {
      return await addEntry(backend, resource, wanted, candidate, password);
    } catch (error) {
      const isTaken = error instanceof ScimError && error.cause instanceof DirectoryError && isUniqueness(error.cause);
      const next = isTaken && attempt < nameAttempts ? await nextNames(backend, resource, create, wanted, entry, candidate) : undefined;
      if (!next) throw error;
      candidate = next;
    }
  }
}

/** Whatever fails after the entry was added, it is there. */
function addEntry(
  backend: Backend,
  resource: ResourceMapping,
  wanted: Resource,
  entry: NewEntry,
  password: string | undefined,
): Promise<Resource> {
  const attributes = attributesFor(backend, resource, everything);
  const prepare: Prepare<Resource> = async (previous) => {
    const plan = planCreate(entry, entry.rdn, password, resource.password?.strategy);
    const dn = childOf(entry.rdn, entry.base);
    const answer = (added: Entry | undefined) => answerFor(backend, resource, dn, added, attributes);
    const meanwhile = () => lookUp(backend, resource, [new Entry(formatDn(dn), entry.attributes)], everything);
    // After an unknown outcome: an entry that holds all that was sent is the one that was sent. Its password is set, again or at last.
    if (previous?.outcomeUnknown && (await holds(backend, dn, entry))) {
      return { plan: { ...plan, steps: plan.steps.slice(1) }, answer, meanwhile, repeatable: true };
    }
    guardBindName(
      backend,
      [...entry.attributes].map(([attribute, values]) => ({ attribute, values })),
    );
    await askAtOnce([guardName(backend, resource, dn), refuseDuplicates(backend, resource, wanted)]);
    if (password !== undefined) await requireHashing(backend, resource);
    return { plan, answer, meanwhile };
  };
  return runWrite({ backend, type: resource.type, operation: 'add', postRead: attributes }, prepare).catch((error: unknown) => {
    backend.snapshot?.noteEntry(formatDn(childOf(entry.rdn, entry.base)));
    throw error;
  });
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
