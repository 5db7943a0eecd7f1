// OpenLDAP's face: what slapd 2.5 says about itself, how it stamps entries and which result codes it gives for which mistake.
// RFC 4512 section 5.1 (root DSE) and 4.2 (subschema); RFC 3674, RFC 4526; operational attributes of RFC 4530 and RFC 5020.
import { collectAttributes, makeAttribute } from '../attribute.ts';
import { authenticate, performExtended, whoAmIOid } from './authentication.ts';
import type { Attributes } from '../attribute.ts';
import { controlOid, type ControlSupport, type Kind } from '../control.ts';
import type { Face } from '../face.ts';
import { compareEntry, search } from './read-operations.ts';
import { openLdapSchema as schema, openLdapSchemaSource } from './schema.ts';
import { addEntry, deleteEntry, modifyEntry, modifyEntryDn } from './write-operations.ts';
import { passwordModifyOid } from '../password.ts';
import { publishSchema } from '../schema-definition.ts';
import type { Node } from '../node.ts';

const allOperationalAttributes = '1.3.6.1.4.1.4203.1.5.1';
const absoluteFilters = '1.3.6.1.4.1.4203.1.5.3';
const languageTags = '1.3.6.1.4.1.4203.1.5.4';
const subschemaDn = 'cn=Subschema';

const everywhere: readonly Kind[] = ['search', 'compare', 'add', 'modify', 'delete', 'modifyDn'];
const controls: ControlSupport = new Map<string, readonly Kind[]>([
  [controlOid.pagedResults, ['search']],
  [controlOid.matchedValues, ['search']],
  [controlOid.assertion, everywhere],
  [controlOid.preRead, ['modify', 'delete', 'modifyDn']],
  [controlOid.postRead, ['add', 'modify', 'modifyDn']],
  [controlOid.manageDsaIt, everywhere],
]);

function makeAttributes(attributes: Iterable<readonly [name: string, values: readonly string[]]>): Attributes {
  return collectAttributes(Array.from(attributes, ([name, values]) => makeAttribute(name, values, schema)));
}

const rootDse = (suffix: string): Attributes =>
  makeAttributes([
    ['objectClass', ['top', 'OpenLDAProotDSE']],
    ['structuralObjectClass', ['OpenLDAProotDSE']],
    ['namingContexts', [suffix]],
    ['supportedControl', [...controls.keys()].toSorted()],
    ['supportedExtension', [passwordModifyOid, whoAmIOid]],
    ['supportedFeatures', [allOperationalAttributes, absoluteFilters, languageTags]],
    ['supportedLDAPVersion', ['3']],
    ['entryDN', ['']],
    ['subschemaSubentry', [subschemaDn]],
  ]);

const subschema = makeAttributes([
  ['objectClass', ['top', 'subentry', 'subschema', 'extensibleObject']],
  ['structuralObjectClass', ['subentry']],
  ['cn', ['Subschema']],
  ['entryDN', [subschemaDn]],
  ['subschemaSubentry', [subschemaDn]],
  ...publishSchema(openLdapSchemaSource),
]);

export const openLdap: Face = {
  schema,
  controls,
  operations: {
    bind: authenticate,
    compare: compareEntry,
    search,
    add: addEntry,
    modify: modifyEntry,
    delete: deleteEntry,
    modifyDn: modifyEntryDn,
    extended: performExtended,
  },
  indexed: ['objectClass', 'entryUUID', 'entryCSN', 'uid', 'cn', 'mail', 'employeeNumber', 'member', 'manager'],
  nameAttribute: 'entryDN',

  unlisted: (suffix) => [
    { dn: '', attributes: rootDse(suffix) },
    { dn: subschemaDn, attributes: subschema },
  ],
  computed: ({ clock }) =>
    new Map<string, (node: Node) => readonly string[]>([
      ['entryDN', (node) => [node.name]],
      ['subschemaSubentry', () => [subschemaDn]],
      ['hasSubordinates', (node) => [node.children.size > 0 ? 'TRUE' : 'FALSE']],
      ['contextCSN', (node) => (node.parent === undefined ? [clock.latest.csn] : [])],
    ]),
};
