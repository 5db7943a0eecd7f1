// A small mapping and a small schema that the linter has nothing to say about: tests spoil one thing at a time.
// Test set-up only.
import { parseSchema, type SchemaSource } from '../../src/ldap/schema.ts';
import { compileMapping } from '../../src/mapping/compile.ts';
import { mappingDefinition } from '../../src/mapping/definition.ts';
import { type Facts, type Finding, lintMapping, type ResourceFacts, type ServerFacts, type Subject } from '../../src/mapping/lint.ts';
import { parseDefinition } from '../../src/mapping/problems.ts';
import { parseYaml, setYaml, type YamlDocument } from '../../src/yaml.ts';

const text = `
version: 1
resources:
  User:
    search:
      bases: [{ dn: "ou=people,{baseDn}" }]
      filter: "(objectClass=inetOrgPerson)"
    id: { ldap: entryUUID }
    create:
      objectClasses: [top, person, organizationalPerson, inetOrgPerson]
      rdn: "uid={userName}"
      placement: [{ base: "ou=people,{baseDn}" }]
    rename: { rdn: follow }
    delete: { mode: purge }
    password: { strategy: passwordModify }
    accountState: { ldap: employeeType, activeValue: active, inactiveValue: disabled, absentMeans: active }
    attributes:
      userName: { ldap: uid, required: true, unique: server }
      name.familyName: { ldap: sn, default: "{userName}" }
      title: title
      groups: { memberships: { reverse: Group }, filter: off }
    set:
      cn: { always: "{name.familyName|userName}" }
  Group:
    search:
      bases: [{ dn: "ou=groups,{baseDn}" }]
      filter: "(objectClass=groupOfNames)"
    id: { ldap: entryUUID }
    create:
      objectClasses: [top, groupOfNames]
      rdn: "cn={displayName}"
      placement: [{ base: "ou=groups,{baseDn}" }]
    membership: { ldap: member, reference: { to: [User] }, empty: { placeholder: "cn=nobody,{baseDn}" } }
    attributes:
      displayName: { ldap: cn, required: true, unique: server }
`;

export const schemaSource: SchemaSource = {
  attributeTypes: [
    "( 2.5.4.0 NAME 'objectClass' EQUALITY objectIdentifierMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.38 )",
    "( 1.3.6.1.1.16.4 NAME 'entryUUID' EQUALITY UUIDMatch ORDERING UUIDOrderingMatch SYNTAX 1.3.6.1.1.16.1 SINGLE-VALUE NO-USER-MODIFICATION USAGE directoryOperation )",
    "( 2.5.18.1 NAME 'createTimestamp' EQUALITY generalizedTimeMatch ORDERING generalizedTimeOrderingMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.24 SINGLE-VALUE NO-USER-MODIFICATION USAGE directoryOperation )",
    "( 2.5.4.41 NAME 'name' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )",
    "( 2.5.4.3 NAME ( 'cn' 'commonName' ) SUP name )",
    "( 2.5.4.4 NAME ( 'sn' 'surname' ) SUP name )",
    "( 2.5.4.12 NAME 'title' SUP name )",
    "( 0.9.2342.19200300.100.1.1 NAME ( 'uid' 'userid' ) EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )",
    "( 2.16.840.1.113730.3.1.4 NAME 'employeeType' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )",
    "( 2.16.840.1.113730.3.1.241 NAME 'displayName' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )",
    "( 0.9.2342.19200300.100.1.3 NAME ( 'mail' ) EQUALITY caseIgnoreIA5Match SUBSTR caseIgnoreIA5SubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.26 )",
    "( 2.5.4.49 NAME 'distinguishedName' EQUALITY distinguishedNameMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.12 )",
    "( 2.5.4.31 NAME 'member' SUP distinguishedName )",
    "( 0.9.2342.19200300.100.1.10 NAME 'manager' EQUALITY distinguishedNameMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.12 )",
    "( 2.5.4.23 NAME 'facsimileTelephoneNumber' SYNTAX 1.3.6.1.4.1.1466.115.121.1.22 )",
    "( 2.5.4.13 NAME 'description' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )",
    "( 1.2.3.1 NAME 'flag' EQUALITY booleanMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.7 SINGLE-VALUE )",
    "( 1.2.3.2 NAME 'number' EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )",
    "( 1.2.3.3 NAME 'octets' EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 )",
    "( 1.2.3.4 NAME 'badge' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )",
    "( 2.5.4.35 NAME 'userPassword' EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 )",
  ],
  objectClasses: [
    "( 2.5.6.0 NAME 'top' ABSTRACT MUST objectClass )",
    "( 2.5.6.6 NAME 'person' SUP top STRUCTURAL MUST ( sn $ cn ) MAY ( description $ userPassword ) )",
    "( 2.5.6.7 NAME 'organizationalPerson' SUP person STRUCTURAL MAY ( title $ facsimileTelephoneNumber ) )",
    "( 2.16.840.1.113730.3.2.2 NAME 'inetOrgPerson' SUP organizationalPerson STRUCTURAL MAY ( uid $ mail $ displayName $ employeeType $ manager $ flag $ number $ octets ) )",
    "( 2.5.6.9 NAME 'groupOfNames' SUP top STRUCTURAL MUST ( member $ cn ) MAY description )",
    "( 1.2.4.1 NAME 'badgeHolder' SUP top AUXILIARY MAY badge )",
    "( 1.2.4.2 NAME 'device' SUP top STRUCTURAL MUST cn )",
  ],
};

export type Edit = readonly [path: string, yaml: string];

/** The mapping with keys exchanged; paths are separated by blanks, as SCIM paths contain dots. */
export function mappingWith(...edits: readonly Edit[]): YamlDocument {
  const document = read(text);
  return edits.reduce(
    (current, [path, yaml]) =>
      setYaml(
        current,
        path.split(' ').map((key) => (/^\d+$/.test(key) ? Number(key) : key)),
        read(yaml).root,
      ),
    document,
  );
}

function read(yaml: string): YamlDocument {
  const { document, mistakes } = parseYaml(yaml, 'mapping.yaml');
  if (!document) throw new Error(JSON.stringify(mistakes));
  return document;
}

export const quietServer: ServerFacts = {
  vendor: 'openldap',
  paging: true,
  passwordModify: true,
  secured: true,
  encrypted: true,
  configuration: {
    indexes: new Map(['entryuuid', 'uid', 'cn', 'member', 'mail'].map((name) => [name, new Set(['eq'])])),
    overlays: { memberOf: false, refint: true, refintNothing: ['cn=nobody,dc=example,dc=com'], unique: [], hashesPasswords: false },
  },
};

export const quietResource: ResourceFacts = {
  entries: 5812,
  complete: true,
  around: undefined,
  cut: undefined,
  withoutId: 0,
  present: new Map([
    ['uid', 5812],
    ['sn', 5812],
    ['cn', 5812],
  ]),
  values: new Map(),
  duplicates: new Map(),
};

export interface FactsEdit {
  readonly server?: Partial<ServerFacts>;
  readonly user?: Partial<ResourceFacts>;
  readonly group?: Partial<ResourceFacts>;
  readonly missing?: Facts['missing'];
  readonly placeholders?: Facts['placeholders'];
}

export function factsWith({ server, user, group, missing = [], placeholders = [] }: FactsEdit = {}): Facts {
  return {
    server: { ...quietServer, ...server },
    resources: new Map([
      ['User', { ...quietResource, ...user }],
      ['Group', { ...quietResource, ...group }],
    ]),
    missing,
    placeholders,
  };
}

/** @throws Error when the edited mapping does not compile: then it is not the linter's */
export function lint(
  document: YamlDocument,
  facts?: Facts,
  options: { readonly type?: Subject['type']; readonly schema?: SchemaSource } = {},
): readonly Finding[] {
  const { value: definition, problems } = parseDefinition(mappingDefinition, document.data);
  if (!definition) throw new Error(JSON.stringify(problems));
  const compiled = compileMapping(definition, { baseDn: 'dc=example,dc=com' });
  const errors = compiled.problems.filter(({ severity }) => severity !== 'warning');
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  const schema = parseSchema(options.schema ?? schemaSource);
  return lintMapping({ definition, mapping: compiled.mapping, schema, type: options.type ?? 'openldap', ...(facts && { facts }) });
}
