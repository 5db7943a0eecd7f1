// OpenLDAP's face: what slapd 2.5 says about itself, how it stamps entries and which result codes it gives for which mistake.
// RFC 4512 section 5.1 (root DSE) and 4.2 (subschema); RFC 3674, RFC 4526; operational attributes of RFC 4530 and RFC 5020.
import { collectAttributes, makeAttribute } from './attribute.ts';
import { whoAmIOid } from './authentication.ts';
import type { Attributes } from './attribute.ts';
import { controlOid } from './control.ts';
import type { Face } from './face.ts';
import { openLdapSchema as schema } from './openldap-schema.ts';
import { passwordModifyOid } from './password.ts';
import { resultCode } from './result.ts';
import type { Node } from './node.ts';

const allOperationalAttributes = '1.3.6.1.4.1.4203.1.5.1';
const absoluteFilters = '1.3.6.1.4.1.4203.1.5.3';
const languageTags = '1.3.6.1.4.1.4203.1.5.4';
const subschemaDn = 'cn=Subschema';

function makeAttributes(attributes: Iterable<readonly [name: string, values: readonly string[]]>): Attributes {
  return collectAttributes(Array.from(attributes, ([name, values]) => makeAttribute(name, values, schema)));
}

export const openLdap: Face = {
  schema,
  codes: {
    valueExists: resultCode.attributeOrValueExists,
    valueMissing: resultCode.noSuchAttribute,
    unknownAttribute: resultCode.undefinedAttributeType,
    invalidValue: resultCode.invalidAttributeSyntax,
    tooManyValues: resultCode.constraintViolation,
    missingAttribute: resultCode.objectClassViolation,
    forbiddenAttribute: resultCode.objectClassViolation,
    namingAttribute: resultCode.namingViolation,
    readOnlyAttribute: resultCode.constraintViolation,
    parentMissing: resultCode.noSuchObject,
  },
  indexed: ['objectClass', 'entryUUID', 'entryCSN', 'uid', 'cn', 'mail', 'employeeNumber', 'member', 'manager'],
  nameAttribute: 'entryDN',
  sizeLimit: 500,
  subschemaDn,

  rootDse: (suffix) =>
    makeAttributes([
      ['objectClass', ['top', 'OpenLDAProotDSE']],
      ['structuralObjectClass', ['OpenLDAProotDSE']],
      ['namingContexts', [suffix]],
      ['supportedControl', Object.values(controlOid).toSorted()],
      ['supportedExtension', [passwordModifyOid, whoAmIOid]],
      ['supportedFeatures', [allOperationalAttributes, absoluteFilters, languageTags]],
      ['supportedLDAPVersion', ['3']],
      ['entryDN', ['']],
      ['subschemaSubentry', [subschemaDn]],
    ]),

  subschema: () =>
    makeAttributes([
      ['objectClass', ['top', 'subentry', 'subschema', 'extensibleObject']],
      ['structuralObjectClass', ['subentry']],
      ['cn', ['Subschema']],
      ['entryDN', [subschemaDn]],
      ['subschemaSubentry', [subschemaDn]],
      ...schema.published,
    ]),

  computed: (latestCsn) =>
    new Map<string, (node: Node) => readonly string[]>([
      ['entryDN', (node) => [node.name]],
      ['subschemaSubentry', () => [subschemaDn]],
      ['hasSubordinates', (node) => [node.children.size > 0 ? 'TRUE' : 'FALSE']],
      ['contextCSN', (node) => (node.parent === undefined ? [latestCsn()] : [])],
    ]),

  stampCreation: ({ time, csn, authorDn, uuid, structuralClass }) => [
    ['structuralObjectClass', structuralClass],
    ['entryUUID', uuid],
    ['creatorsName', authorDn],
    ['createTimestamp', time],
    ['entryCSN', csn],
    ['modifiersName', authorDn],
    ['modifyTimestamp', time],
  ],
  stampChange: ({ time, csn, authorDn }) => [
    ['entryCSN', csn],
    ['modifiersName', authorDn],
    ['modifyTimestamp', time],
  ],
};
