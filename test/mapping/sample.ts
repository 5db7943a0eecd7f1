// What the tests of the mapping share: mappings from YAML, the schemas of the directories, and the world around an entry.
import { readFileSync } from 'node:fs';
import { Entry, type Change } from '../../src/ldap/entry.ts';
import type { Value } from '../../src/ldap/filter.ts';
import { parseSchema, type DirectorySchema } from '../../src/ldap/schema.ts';
import { compileMapping } from '../../src/mapping/compile.ts';
import { mappingDefinition, type Problem } from '../../src/mapping/definition.ts';
import { type Mapping, resourceNamed, type ResourceMapping } from '../../src/mapping/mapping.ts';
import { parseDefinition } from '../../src/mapping/problems.ts';
import type { Located, ReadContext, WriteContext } from '../../src/mapping/rule.ts';
import { keyBySchema } from '../../src/mapping/value-key.ts';
import { parseFilter, resolveFilter, type ResolvedFilter } from '../../src/scim/filter.ts';
import { parseYaml } from '../../src/yaml.ts';

export const baseDn = 'dc=example,dc=com';

export function compileText(text: string): { readonly mapping: Mapping; readonly problems: readonly Problem[] } {
  const { document, mistakes } = parseYaml(text, 'mapping.yaml');
  if (!document) throw new Error(JSON.stringify(mistakes));
  return compileData(document.data);
}

/** As compileText, of data that has been read already. */
export function compileData(data: unknown): ReturnType<typeof compileText> {
  const { value, problems } = parseDefinition(mappingDefinition, data);
  if (!value) throw new Error(JSON.stringify(problems));
  const compiled = compileMapping(value, { baseDn });
  return { mapping: compiled.mapping, problems: [...problems, ...compiled.problems] };
}

export const compileFile = (file: string) => compileText(readFileSync(file, 'utf8'));

/** `/resources/User/attributes/title: message`, warnings with their severity in front. */
export const describeProblem = ({ severity, path, message, suggestion }: Problem): string =>
  `${severity === 'warning' ? 'warning ' : ''}${path.join('/')}: ${message}${suggestion === undefined ? '' : ` (${suggestion}?)`}`;

export interface ResourceText {
  readonly attributes: string;
  readonly extra?: string;
  readonly schemas?: string;
}

/** A User mapping on OpenLDAP of which only the interesting part is given, as YAML without indentation. */
export function userText({ attributes, extra = '', schemas = '' }: ResourceText): string {
  const indent = (text: string, by: number) => text.replace(/^(?=.)/gm, ' '.repeat(by));
  return `version: 1
resources:
  User:
    search: { bases: [{ dn: "ou=people,{baseDn}" }], filter: "(objectClass=inetOrgPerson)" }
    id: { ldap: entryUUID }
    create: { objectClasses: [inetOrgPerson], rdn: "uid={userName}", placement: [{ base: "ou=people,{baseDn}" }] }
    rename: { rdn: follow }
    attributes:
      userName: { ldap: uid, required: true }
${indent(attributes, 6)}
${indent(extra, 4)}
  Group:
    search: { bases: [{ dn: "ou=groups,{baseDn}" }], filter: "(objectClass=groupOfNames)" }
    id: { ldap: entryUUID }
    membership: { ldap: member, reference: { to: [User, Group] }, empty: { placeholder: "cn=nobody,{baseDn}" } }
    attributes:
      displayName: { ldap: cn, required: true }
${schemas === '' ? '' : `schemas:\n${indent(schemas, 2)}`}`;
}

/** The User mapping with these attributes; it must compile. */
export function userMapping(attributes: string, rest: Omit<ResourceText, 'attributes'> = {}): ResourceMapping {
  const { mapping, problems } = compileText(userText({ attributes, ...rest }));
  const errors = problems.filter(({ severity }) => severity !== 'warning');
  if (errors.length > 0) throw new Error(errors.map(describeProblem).join('\n'));
  return requireResource(mapping, 'User');
}

export function requireResource(mapping: Mapping, name: string): ResourceMapping {
  const resource = resourceNamed(mapping, name);
  if (!resource) throw new Error(`no resource type ${name}`);
  return resource;
}

const syntax = '1.3.6.1.4.1.1466.115.121.1';
const text = `EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX ${syntax}.15`;
const integer = `EQUALITY integerMatch ORDERING integerOrderingMatch SYNTAX ${syntax}.27 SINGLE-VALUE`;
const time = `EQUALITY generalizedTimeMatch ORDERING generalizedTimeOrderingMatch SYNTAX ${syntax}.24 SINGLE-VALUE`;

const kinds: readonly (readonly [kind: string, ...names: string[]])[] = [
  [
    text,
    'uid',
    'cn',
    'sn',
    'givenName',
    'title',
    'street',
    'l',
    'st',
    'postalCode',
    'description',
    'carLicense',
    'employeeType',
    'departmentNumber',
    'o',
    'proxy',
  ],
  [`${text} SINGLE-VALUE`, 'displayName', 'preferredLanguage', 'employeeNumber', 'kind', 'nsAccountLock'],
  [`EQUALITY caseIgnoreIA5Match SUBSTR caseIgnoreIA5SubstringsMatch SYNTAX ${syntax}.26`, 'mail'],
  [`EQUALITY telephoneNumberMatch SUBSTR telephoneNumberSubstringsMatch SYNTAX ${syntax}.50`, 'telephoneNumber', 'mobile', 'homePhone'],
  [`SYNTAX ${syntax}.22`, 'facsimileTelephoneNumber'],
  [`EQUALITY distinguishedNameMatch SYNTAX ${syntax}.12`, 'member', 'manager', 'secretary', 'seeAlso', 'memberOf'],
  [integer, 'flags', 'userAccountControl'],
  [time, 'createTimestamp', 'modifyTimestamp', 'pwdAccountLockedTime'],
  [`EQUALITY octetStringMatch SYNTAX ${syntax}.40 SINGLE-VALUE`, 'raw'],
  ['EQUALITY UUIDMatch SYNTAX 1.3.6.1.1.16.1 SINGLE-VALUE', 'entryUUID'],
];

/** An OpenLDAP server's attribute types, and some of other servers. */
export const openLdap: DirectorySchema = parseSchema({
  attributeTypes: kinds.flatMap(([kind, ...names], i) => names.map((name, j) => `( 9.${i}.${j} NAME '${name}' ${kind} )`)),
  objectClasses: [],
});

export type Values = Readonly<Record<string, Value | readonly Value[]>>;

const uuid = '6e9f0b7c-0000-4000-8000-000000000001';

/** A user entry with an id; its DN takes the first uid. */
export function entryOf(values: Values, dn?: string): Entry {
  const listed = Object.entries({ entryUUID: uuid, ...values }).map(
    ([name, value]) => [name, typeof value === 'string' || Buffer.isBuffer(value) ? [value] : value] as const,
  );
  return new Entry(dn ?? `uid=${String([values['uid'] ?? 'ann'].flat()[0])},ou=people,${baseDn}`, listed);
}

/** Resources that DNs may name: `cn=NAME,ou=groups,…` is Group g-NAME, `uid=NAME,ou=people,…` is User u-NAME, nothing else is ours. */
export function locate({ dn, to }: { readonly dn: string; readonly to: readonly string[] }): Located | undefined {
  const [, attribute = '', name = ''] = /^(uid|cn)=([^,]+),ou=(?:people|groups),dc=example,dc=com$/i.exec(dn) ?? [];
  const type = { uid: 'User', cn: 'Group' }[attribute.toLowerCase()];
  return type !== undefined && to.includes(type) ? { id: `${type === 'User' ? 'u' : 'g'}-${name}`, type, display: name } : undefined;
}

export const dnOf = (id: string, to: readonly string[]): string | undefined => {
  const [, prefix, name = ''] = /^([ug])-(.+)$/.exec(id) ?? [];
  if (name === 'missing') return undefined;
  if (prefix === 'u' && to.includes('User')) return `uid=${name},ou=people,${baseDn}`;
  return prefix === 'g' && to.includes('Group') ? `cn=${name},ou=groups,${baseDn}` : undefined;
};

export const readContext: ReadContext = {
  locate,
  groupsOf: () => [
    { id: 'g-z', type: 'Group', display: 'z' },
    { id: 'g-a', type: 'Group', display: 'a' },
  ],
  locationOf: (type, id) => `https://scim.example.com/${type}s/${id}`,
};

/** A context that writes down what was ignored. */
export function writeContext(
  extraElements: WriteContext['extraElements'] = 'reject',
): WriteContext & { readonly journal: string[]; readonly schema: DirectorySchema } {
  const journal: string[] = [];
  return { dnOf, locate, extraElements, ignored: (path, reason) => void journal.push(`${path}: ${reason}`), journal, schema: openLdap };
}

export const filterFor = (mapping: ResourceMapping, text: string): ResolvedFilter => resolveFilter(parseFilter(text), mapping.type);

const toOctets = (value: Value): Buffer => Buffer.from(value);

/** What a server does with a modification (RFC 4511 section 4.6), told apart by the schema's equality rules. @throws Error with the result code */
export function applyChanges(entry: Entry, changes: readonly Change[], dn = entry.dn): Entry {
  const keyOf = keyBySchema(openLdap);
  const attributes = new Map(entry.names().map((name) => [name, entry.octets(name)] as const));
  for (const { operation, attribute, values } of changes) {
    const name = attribute.toLowerCase();
    const key = (value: Value) => keyOf(name, toOctets(value));
    const present = attributes.get(name) ?? [];
    const given = new Set(values.map(key));
    if (given.size < values.length) throw new Error(`20 ${name}`);
    if (operation === 'replace') attributes.set(name, values.map(toOctets));
    if (operation === 'add') {
      if (present.some((value) => given.has(key(value)))) throw new Error(`20 ${name}`);
      attributes.set(name, [...present, ...values.map(toOctets)]);
    }
    if (operation === 'delete') {
      const held = new Set(present.map(key));
      if (present.length === 0 || ![...given].every((each) => held.has(each))) throw new Error(`16 ${name}`);
      attributes.set(name, values.length === 0 ? [] : present.filter((value) => !given.has(key(value))));
    }
    if (openLdap.attribute(name)?.singleValue && (attributes.get(name) ?? []).length > 1) throw new Error(`19 ${name}`);
    if (operation !== 'replace' && openLdap.attribute(name) && openLdap.attribute(name)?.equality === undefined)
      throw new Error(`18 ${name}`);
  }
  return new Entry(dn, attributes);
}

/** Changes for people to compare: `replace title Boss`. */
export const describeChanges = (changes: readonly Change[]): readonly string[] =>
  changes.map(({ operation, attribute, values }) => [operation, attribute, ...values.map(String)].join(' '));
