// Replace (RFC 7644 section 3.5.1) and modify (3.5.2): read, compute, write the difference.
import { setImmediate as turn } from 'node:timers/promises';
import type { DirectoryError } from '../ldap/directory.ts';
import { equalDn, parseDn, type Rdn } from '../ldap/dn.ts';
import type { Entry } from '../ldap/entry.ts';
import type { ResourceMapping } from '../mapping/mapping.ts';
import { attributeName, type Wanted } from '../mapping/read.ts';
import { keepDenied } from '../mapping/client-view.ts';
import { detachedReferences } from '../mapping/detached.ts';
import type { IdReference } from '../mapping/rule.ts';
import { idsOf } from '../mapping/rules/reference.ts';
import { diffEntry, idsToResolve, normalizeResource, setAt, valueAt } from '../mapping/write.ts';
import { isJsonObject, readMembers } from '../scim/attribute-value.ts';
import { mutability, notFound } from '../scim/error.ts';
import { applyPatch, type PatchOperation } from '../scim/patch.ts';
import { checkRequired, equalValues, parseResource, withSchemas } from '../scim/resource.ts';
import type { Json, Resource, ResourceType } from '../scim/schema.ts';
import { noteMembers, noteSubject } from './account.ts';
import { askAtOnce } from './at-once.ts';
import { type Backend, findEntry, mappingOf } from './backend.ts';
import type { Client } from './client.ts';
import { pendingOf, settle, translateReferences, type Unresolved, withPending } from './deferred.ts';
import type { Deferral } from './deferrals.ts';
import { type Prepare, runWrite, staleFacts } from './execute.ts';
import { alternativeRdn } from './free-name.ts';
import type { Conditions } from './gateway.ts';
import { guardBindName, guardEntry, guardName } from './guards.ts';
import { lossesOfUpdate } from './limits.ts';
import { findLinks } from './links.ts';
import { requireHashing } from './password-storage.ts';
import { nothingToDo, planUpdate } from './plan.ts';
import { attributesFor, lookUp, readEntries } from './read-entries.ts';
import { dnsOf } from './references.ts';
import { requireReach, updatedEntry } from './restriction.ts';
import { refuseFixed } from './self.ts';
import { refuseDuplicates } from './unique-values.ts';
import { checkConditions, versionAssertion, versionAttributes, versionOf } from './version.ts';
import { journalling, writeContext } from './write-context.ts';

/** How the resource afterwards follows from the one before. */
interface Revision {
  readonly revise: (before: Resource) => Resource;
  /** Attributes that the computation reads. */
  readonly needs: Wanted;
  /** Resources that the request names. */
  readonly named: readonly Pick<IdReference, 'id' | 'to'>[];
  readonly method: 'PUT' | 'PATCH';
}

/** entryAlreadyExists: of a rename, another entry in the same place has the name. */
const nameTaken = 68;

/** Members from which on each step of a change takes a while. */
const many = 1000;

export function replaceResource(
  backend: Backend,
  client: Client,
  type: ResourceType,
  id: string,
  body: unknown,
  conditions: Conditions,
  shown: Wanted,
): Promise<Resource> {
  const journal = journalling(backend, client);
  const sent = parseResource(body, type, client.dialect, (name) => journal.ignored(name, 'unknown attribute'));
  const keepsMembers = client.dialect.keepOmittedMembers && sent['members'] === undefined && !emptiesMembers(body);
  const needs: Wanted = (name) => name !== 'groups' && !(name === 'members' && keepsMembers);
  const resource = mappingOf(backend, type);
  const revise = (before: Resource) => {
    const after = { ...sent, ...keepOmitted(before, sent, keepsMembers) };
    return withFixed(resource, before, after);
  };
  const named = idsToResolve(resource, undefined, sent);
  return update(backend, client, type, id, conditions, shown, { revise, needs, named, method: 'PUT' });
}

/** An empty list is said, and empties the group; null says no more than absence (RFC 7643 section 2.5). */
function emptiesMembers(body: unknown): boolean {
  const members: unknown = isJsonObject(body) ? readMembers(body).get('members')?.value : undefined;
  return Array.isArray(members) && members.length === 0;
}

/** What a PUT does not clear by leaving it out: `active` (L-066), and by dialect the members of a group. */
function keepOmitted(before: Resource, sent: Resource, keepsMembers: boolean): Record<string, Json> {
  return Object.fromEntries(
    ['active', ...(keepsMembers ? ['members'] : [])].flatMap((name): [string, Json][] => {
      const value = sent[name] === undefined ? before[name] : undefined;
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/**
 * What a PUT cannot clear: values that clients never see, and immutable ones, which must be repeated or left out.
 * @throws ScimError mutability
 */
function withFixed({ rules }: ResourceMapping, before: Resource, after: Resource): Resource {
  return rules.reduce((current, { target }) => {
    const { mutability: kind, returned } = target.sub ?? target.attribute;
    const [old, next] = [valueAt(before, target), valueAt(after, target)];
    if (old === undefined || equalValues(old, next)) return current;
    if (next === undefined && returned === 'never') return setAt(current, target, old);
    if (kind !== 'immutable' || target.attribute.multiValued) return current;
    if (next !== undefined) throw mutability(`${target.name} cannot be changed once it is set`);
    return setAt(current, target, old);
  }, after);
}

export function patchResource(
  backend: Backend,
  client: Client,
  type: ResourceType,
  id: string,
  operations: readonly PatchOperation[],
  conditions: Conditions,
  shown: Wanted,
): Promise<Resource> {
  const resource = mappingOf(backend, type);
  const touched = new Set(operations.map(({ target }) => attributeName({ target })));
  const detached = detachedReferences(resource);
  const needs: Wanted = (name) => touched.has(name) || !detached.has(name);
  const revise = (before: Resource) => applyPatch(before, operations, type, client.dialect);
  const named = operations.flatMap((operation) => idsNamedBy(resource, operation));
  return update(backend, client, type, id, conditions, shown, { revise, needs, named, method: 'PATCH' });
}

/** The ids that an operation wants to be there afterwards. */
function idsNamedBy({ rules }: ResourceMapping, { op, target, value }: PatchOperation): readonly IdReference[] {
  if (op === 'remove' || (target.sub && target.sub.name !== 'value')) return [];
  const own = rules.filter((rule) => rule.access !== 'readOnly' && attributeName(rule) === attributeName({ target }));
  return own.flatMap((rule) => rule.ids?.(value) ?? []);
}

/** What is shown of the resource afterwards. */
async function update(
  backend: Backend,
  client: Client,
  type: ResourceType,
  id: string,
  conditions: Conditions,
  shown: Wanted,
  { revise, needs, named, method }: Revision,
): Promise<Resource> {
  const resource = mappingOf(backend, type);
  const { directory } = backend;
  const answered: Wanted = (name) => name === 'meta' || shown(name);
  // Where nothing is written, the answer is made of what is there.
  const wanted: Wanted = backend.observe ? (name) => needs(name) || answered(name) : needs;
  // Members may be many: they are read only for who needs them.
  const attributes = attributesWith(backend, resource, (name) => wanted(name) || (name !== 'members' && answered(name)));
  const postRead = attributesWith(backend, resource, answered);
  const isWholeRead = resource.membership === undefined || wanted('members') || !answered('members');
  let tried: Rdn | undefined;
  let pending: readonly Deferral[] = [];
  let unresolved: readonly Unresolved[] = [];
  const prepare: Prepare<Resource> = async (previous) => {
    const [entry] = await askAtOnce([findEntry(backend, resource, id, attributes), dnsOf(backend, named)]);
    checkConditions(conditions, versionOf(backend, resource, entry));
    const before = await readOne(backend, resource, entry, wanted);
    noteSubject(before);
    // A large group takes a while in each step: others get their turn in between.
    const pause = Array.isArray(before['members']) && before['members'].length > many ? turn : () => undefined;
    await pause();
    pending = pendingOf(backend, resource, id);
    unresolved = [];
    const revised = revise(withPending(resource, before, pending, wanted));
    const asked = keepDenied(backend.view, resource, before, normalizeResource(resource, revised));
    const after = await translateReferences(backend, resource, before, asked);
    noteMembers(changedMembers(before, after));
    checkRequired(after, type);
    refuseFixed(client, before, after);
    const dn = parseDn(entry.dn);
    const password = typeof after['password'] === 'string' ? after['password'] : undefined;
    const answerFrom = (now: Entry): Promise<Resource> => readOne(backend, resource, now, answered);
    const answerAgain = async (): Promise<Resource> => answerFrom(await findEntry(backend, resource, id, postRead));
    const answerUnchanged = (): Promise<Resource> => (isWholeRead ? answerFrom(entry) : answerAgain());
    if (password === undefined && equalValues(before, after))
      return { plan: nothingToDo(dn), answer: answerUnchanged, foreseen: { answer: answerUnchanged } };
    const assertion = conditions.ifMatch ? versionAssertion(backend, resource, entry) : undefined;
    await pause();
    const context = await writeContext(backend, client, resource, before, after, entry, wanted);
    await pause();
    ({ unresolved } = context);
    const guarded = conditions.ifMatch !== undefined && !assertion;
    const difference = diffEntry(resource, entry, dn.rdns[0] ?? [], before, after, {
      ...context,
      schema: directory.capabilities().schema,
      guarded,
    });
    const rename = difference.rename && freeRdn(resource, after, difference.rename, tried, previous);
    tried = rename;
    const changes = { ...difference, ...(rename && { rename }) };
    const links = rename ? await findLinks(backend, resource, dn) : [];
    const plan = planUpdate({ entry, dn, assertion, links }, changes, password, resource.password?.strategy);
    const written = updatedEntry(entry, dn, changes);
    const guards: Promise<void>[] = [];
    if (plan.steps.length > 0) {
      requireReach(backend, resource, plan.result ?? dn, written);
      guardBindName(backend, changes.changes);
      guards.push(guardEntry(backend, dn));
      if (plan.result && !equalDn(plan.result, dn)) guards.push(guardName(backend, resource, plan.result));
    }
    await askAtOnce([...guards, refuseDuplicates(backend, resource, after, { id, before })]);
    if (password !== undefined) await requireHashing(backend, resource);
    const answer = (now: Entry | undefined): Promise<Resource> => {
      if (plan.steps.length === 0) return answerUnchanged();
      return now ? answerFrom(now) : answerAgain();
    };
    // Who names the entry may change with its name.
    const meanwhile = rename ? undefined : () => lookUp(backend, resource, [written], answered);
    const losses = lossesOfUpdate(backend, resource, before, after);
    const foreseen = { answer: async () => foresee(resource, before, after) };
    return { plan, losses, answer, foreseen, ...(meanwhile && { meanwhile }) };
  };
  const retryOn = resource.create?.onRdnConflict ? new Set([...staleFacts, nameTaken]) : staleFacts;
  const answer = await runWrite(
    { backend, type, id, operation: 'update', method, postRead, conditional: conditions.ifMatch !== undefined, retryOn },
    prepare,
  );
  settle(backend, resource, id, unresolved, pending, wanted);
  return answer;
}

/** Those behind the wanted part of a resource, and those of its version. */
const attributesWith = (backend: Backend, resource: ResourceMapping, wanted: Wanted): readonly string[] => [
  ...new Set([...attributesFor(backend, resource, wanted), ...versionAttributes(backend, resource)]),
];

/** The new name of an entry; when it was taken and the mapping knows another, that one. @throws DirectoryError the reason why there is none */
function freeRdn(
  { create }: ResourceMapping,
  after: Resource,
  rename: Rdn,
  tried: Rdn | undefined,
  previous: DirectoryError | undefined,
): Rdn {
  if (previous?.resultCode !== nameTaken || !tried || !create) return rename;
  const next = alternativeRdn(create, after, rename, tried);
  if (!next) throw previous;
  return next;
}

/** Ids of those who come or go. */
function changedMembers(before: Resource, after: Resource): readonly string[] {
  const [old, now] = [new Set(idsOf(before['members'])), new Set(idsOf(after['members']))];
  return [...[...old].filter((id) => !now.has(id)), ...[...now].filter((id) => !old.has(id))];
}

/** The resource afterwards without asking the directory: what clients do not write, and the version, are as they were. */
function foresee({ rules, type }: ResourceMapping, before: Resource, after: Resource): Resource {
  const { id = null, meta = null } = before;
  const kept = rules
    .filter(({ access }) => access === 'readOnly' || access === 'ignoreWrites')
    .reduce((current, { target }) => setAt(current, target, valueAt(before, target)), after);
  return withSchemas({ ...kept, id, meta }, type);
}

async function readOne(backend: Backend, resource: ResourceMapping, entry: Entry, wanted: Wanted): Promise<Resource> {
  const [read] = await readEntries(backend, resource, [entry], wanted);
  if (!read) throw notFound();
  return read;
}
