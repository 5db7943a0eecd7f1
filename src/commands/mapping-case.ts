// One case of a mapping test: the real use cases over the entries of the file, and how what comes out differs from what is expected.
import type { EntryDefinition, LdapValue, MappingCase, MappingCases } from '../config.ts';
import type { Backend } from '../gateway/backend.ts';
import type { Client } from '../gateway/client.ts';
import { createCursors } from '../gateway/cursor.ts';
import { recordOf } from '../gateway/explain.ts';
import type { Plan } from '../gateway/plan.ts';
import { createGateway } from '../gateway/use-cases.ts';
import type { Capabilities } from '../ldap/directory.ts';
import { formatDn, parseDn } from '../ldap/dn.ts';
import { Entry } from '../ldap/entry.ts';
import type { Value } from '../ldap/filter.ts';
import { formatFilter } from '../ldap/filter.ts';
import { formatChange, isSecret, mask, normalizeLdif } from '../ldap/ldif.ts';
import { type Mapping, type ResourceMapping, resourceNamed } from '../mapping/mapping.ts';
import { readId } from '../mapping/read.ts';
import { findDialect } from '../scim/dialects.ts';
import { ScimError } from '../scim/error.ts';
import { fileDirectory } from './file-directory.ts';

/** Lines that are expected (`-`) and lines that came instead (`+`), or why nothing came; empty: it is as expected. */
export async function runCase(
  given: MappingCase,
  file: MappingCases,
  mapping: Mapping,
  baseDn: string,
  vendor: Capabilities['vendor'],
): Promise<readonly string[]> {
  const resource = resourceNamed(mapping, given.type);
  if (!resource)
    return [`the mapping has no resource type ${given.type}: it has ${mapping.resources.map(({ type }) => type.name).join(', ')}`];
  const dialect = findDialect(given.dialect);
  if (!dialect) return [`there is no dialect ${given.dialect}`];
  const client: Client = {
    name: 'test',
    dialect,
    directory: 'test',
    resources: mapping.resources.map(({ type }) => type.name),
    operations: ['read', 'create', 'update', 'delete'],
  };
  const plans: Plan[] = [];
  const entries = [...file.directory, ...(given.entry && !given.create ? [given.entry] : [])].map(toEntry);
  const backend: Backend = {
    name: 'test',
    baseUrl: 'http://test',
    mapping,
    directory: fileDirectory(entries, vendor),
    cursors: createCursors({ secrets: ['test'], salt: 'test', timeout: 3600 }),
    guards: { protect: [], allowPrivileged: true },
    bindDn: undefined,
    baseDn: parseDn(baseDn),
    observe: true,
    onPlan: (plan) => plans.push(plan),
  };
  const refusal = await attempt(async () => {
    const gateway = createGateway(backend, '');
    if (given.create) return gateway.create(client, resource.type, given.create, {});
    const id = idOf(resource, entries.at(-1));
    if (!given.patch) return (await gateway.get(client, resource.type, id, {}, {})).resource;
    const body = { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: given.patch };
    return gateway.patch(client, resource.type, id, body, {}, {});
  });
  return judge(given, refusal, plans.at(-1), resource);
}

type Outcome = { readonly refused: ScimError } | { readonly answer: unknown };

async function attempt(work: () => Promise<unknown>): Promise<Outcome> {
  try {
    return { answer: await work() };
  } catch (error) {
    if (error instanceof ScimError) return { refused: error };
    throw error;
  }
}

function idOf(resource: ResourceMapping, entry: Entry | undefined): string {
  const id = entry && readId(resource, entry);
  if (id === undefined) throw new ScimError(404, `the entry has no ${resource.id.ldap}, so it has no id`);
  return id;
}

function judge(
  { error, create, entry, patch, ldif, scim }: MappingCase,
  outcome: Outcome,
  plan: Plan | undefined,
  { scope }: ResourceMapping,
): readonly string[] {
  // A create that came to a plan is refused only because nothing is written here.
  const refused = 'refused' in outcome && !(create && plan) ? outcome.refused : undefined;
  if (error || refused) {
    const describe = (status?: number, type?: string): string =>
      `refused: ${[status, type].filter((part) => part !== undefined).join(' ')}`;
    const expected = error ? [describe(error.status, error.scimType)] : ['done'];
    const actual = refused ? describe(refused.status, error && error.scimType === undefined ? undefined : refused.scimType) : 'done';
    const difference = diff(expected, [actual]);
    if (difference.length === 0) return [];
    const hint = refused?.status === 404 ? `is the entry below a base, and does it match ${formatFilter(scope.filter)}?` : undefined;
    return [...difference, ...(refused ? [refused.message] : []), ...(hint === undefined ? [] : [hint])];
  }
  if (create) return diff(entry ? entryLines(entry) : [], addedLines(plan));
  if (patch) return diff(lines(normalizeLdif(ldif ?? '')), lines(normalizeLdif(formatPlan(plan))));
  return 'answer' in outcome ? diff(resourceLines(scim, scim), resourceLines(outcome.answer, scim)) : [];
}

const lines = (text: string): readonly string[] => (text === '' ? [] : text.split('\n'));

function formatPlan(plan: Plan | undefined): string {
  const records = plan?.steps.map(({ step }) => {
    const record = recordOf(step);
    if (record) return formatChange(record);
    // Not LDIF, but it should be possible to expect it.
    return step.kind === 'setPassword' ? `dn: ${formatDn(step.dn)}\nchangetype: password\npassword: ${mask}` : '';
  });
  return (records ?? []).join('\n\n');
}

function toEntry({ dn, ...attributes }: EntryDefinition): Entry {
  return new Entry(
    dn,
    Object.entries(attributes).map(([name, values]) => [name, values.map(toOctets)] as const),
  );
}

const toOctets = (value: LdapValue): Value => (typeof value === 'string' ? value : Buffer.from(value.base64, 'base64'));

function entryLines({ dn, ...attributes }: EntryDefinition): readonly string[] {
  const all = Object.entries(attributes).flatMap(([name, values]) => values.map((value) => valueLine(name, toOctets(value))));
  return [`dn: ${formatDn(parseDn(dn))}`, ...all.toSorted()];
}

function addedLines(plan: Plan | undefined): readonly string[] {
  const step = plan?.steps[0]?.step;
  if (step?.kind !== 'add') return [];
  const all = [...step.attributes].flatMap(([name, values]) => values.map((value) => valueLine(name, value)));
  return [`dn: ${formatDn(step.dn)}`, ...all.toSorted()];
}

const valueLine = (name: string, value: Value): string =>
  normalizeLdif(`${name}:: ${(isSecret(name) ? Buffer.from(mask) : Buffer.from(value as string)).toString('base64')}`);

/** `schemas`, `meta` and `id` count only where they are expected; `$ref` never does. Values of a list have no order. */
function resourceLines(resource: unknown, expected: unknown): readonly string[] {
  const asked = (name: string): boolean => typeof expected === 'object' && expected !== null && Object.hasOwn(expected, name);
  const members = Object.entries(typeof resource === 'object' && resource !== null ? resource : {});
  return members
    .filter(([name]) => !['schemas', 'meta', 'id'].includes(name) || asked(name))
    .flatMap(([name, value]) => leaves(name, value))
    .toSorted();
}

function leaves(path: string, value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.map((element: unknown) => `${path}: ${canonical(element)}`);
  if (typeof value !== 'object' || value === null) return [`${path}: ${JSON.stringify(value)}`];
  return Object.entries(value).flatMap(([name, part]) => (name === '$ref' ? [] : leaves(`${path}.${name}`, part)));
}

function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).toSorted().join(', ')}]`;
  const members = Object.entries(value).filter(([name]) => name !== '$ref');
  return `{ ${members
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, part]) => `${name}: ${canonical(part)}`)
    .join(', ')} }`;
}

/** What only one side has, in place. */
function diff(expected: readonly string[], actual: readonly string[]): readonly string[] {
  if (expected.join('\n') === actual.join('\n')) return [];
  const rest = [...actual];
  const missing = expected.filter((line) => {
    const at = rest.indexOf(line);
    if (at >= 0) rest.splice(at, 1);
    return at < 0;
  });
  const difference = [...missing.map((line) => `- ${line}`), ...rest.map((line) => `+ ${line}`)];
  return difference.length > 0
    ? difference
    : ['the same lines in another order', ...expected.map((line) => `- ${line}`), ...actual.map((line) => `+ ${line}`)];
}
