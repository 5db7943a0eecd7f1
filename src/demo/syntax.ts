// The value syntaxes of the directory: which octets an attribute takes.
// RFC 4517 section 3.3; UUID of RFC 4530; the CSN of OpenLDAP.
import { decodeText } from '../ldap/syntax.ts';
import type { Names } from './names.ts';
import { resolveDn } from './names.ts';
import { prepareTime } from './text-preparation.ts';

export interface Syntax {
  readonly oid: string;
  readonly description: string;
  /** The value as it is stored, undefined when it is none of this syntax. */
  readonly accept: (value: Buffer, names: Names) => Buffer | undefined;
  /** Values travel with the option `;binary` (RFC 4522). */
  readonly binary?: boolean;
}

const ldap = '1.3.6.1.4.1.1466.115.121.1';
export const syntaxOid = {
  attributeTypeDescription: `${ldap}.3`,
  binary: `${ldap}.5`,
  boolean: `${ldap}.7`,
  certificate: `${ldap}.8`,
  country: `${ldap}.11`,
  dn: `${ldap}.12`,
  directoryString: `${ldap}.15`,
  fax: `${ldap}.22`,
  generalizedTime: `${ldap}.24`,
  ia5String: `${ldap}.26`,
  integer: `${ldap}.27`,
  jpeg: `${ldap}.28`,
  matchingRuleDescription: `${ldap}.30`,
  numericString: `${ldap}.36`,
  objectClassDescription: `${ldap}.37`,
  oid: `${ldap}.38`,
  octetString: `${ldap}.40`,
  postalAddress: `${ldap}.41`,
  printableString: `${ldap}.44`,
  telephoneNumber: `${ldap}.50`,
  syntaxDescription: `${ldap}.54`,
  uuid: '1.3.6.1.1.16.1',
  csn: '1.3.6.1.4.1.4203.666.11.2.1',
} as const;

const asText = (fits: (text: string) => boolean) => (value: Buffer) => {
  const text = decodeText(value);
  return text !== undefined && fits(text) ? value : undefined;
};
const matching = (pattern: RegExp) => asText((text) => pattern.test(text));
const anything = (value: Buffer): Buffer => value;

const printable = /^[A-Za-z0-9'()+,\-./:? =]+$/;

function acceptDn(value: Buffer, names: Names): Buffer | undefined {
  const dn = resolveDn(value.toString('utf8'), names);
  return dn === undefined ? undefined : Buffer.from(names.writeDn(dn));
}

/** Names of classes and attributes become the schema's spelling; an unknown name is no value, an unknown OID is. */
function acceptOid(value: Buffer, names: Names): Buffer | undefined {
  const text = value.toString('latin1');
  const known = names.objectClassName(text) ?? names.attributeName(text);
  if (known !== undefined) return Buffer.from(known);
  return /^\d+(\.\d+)+$/.test(text) ? value : undefined;
}

export const syntaxes: readonly Syntax[] = [
  { oid: syntaxOid.attributeTypeDescription, description: 'Attribute Type Description', accept: asText((text) => text !== '') },
  { oid: syntaxOid.binary, description: 'Binary', accept: anything },
  { oid: syntaxOid.boolean, description: 'Boolean', accept: matching(/^(?:TRUE|FALSE)$/) },
  { oid: syntaxOid.certificate, description: 'Certificate', accept: anything, binary: true },
  { oid: syntaxOid.country, description: 'Country String', accept: matching(/^[A-Za-z]{2}$/) },
  { oid: syntaxOid.dn, description: 'Distinguished Name', accept: acceptDn },
  { oid: syntaxOid.directoryString, description: 'Directory String', accept: asText((text) => text !== '') },
  { oid: syntaxOid.fax, description: 'Facsimile Telephone Number', accept: matching(printable) },
  { oid: syntaxOid.generalizedTime, description: 'Generalized Time', accept: asText((text) => prepareTime(text) !== undefined) },
  // eslint-disable-next-line no-control-regex
  { oid: syntaxOid.ia5String, description: 'IA5 String', accept: matching(/^[\x00-\x7f]*$/) },
  { oid: syntaxOid.integer, description: 'Integer', accept: matching(/^(?:0|-?[1-9]\d*)$/) },
  { oid: syntaxOid.jpeg, description: 'JPEG', accept: anything },
  { oid: syntaxOid.matchingRuleDescription, description: 'Matching Rule Description', accept: asText((text) => text !== '') },
  { oid: syntaxOid.numericString, description: 'Numeric String', accept: matching(/^[\d ]+$/) },
  { oid: syntaxOid.objectClassDescription, description: 'Object Class Description', accept: asText((text) => text !== '') },
  { oid: syntaxOid.oid, description: 'OID', accept: acceptOid },
  { oid: syntaxOid.octetString, description: 'Octet String', accept: anything },
  { oid: syntaxOid.postalAddress, description: 'Postal Address', accept: asText((text) => text !== '') },
  { oid: syntaxOid.printableString, description: 'Printable String', accept: matching(printable) },
  { oid: syntaxOid.telephoneNumber, description: 'Telephone Number', accept: matching(printable) },
  { oid: syntaxOid.syntaxDescription, description: 'LDAP Syntax Description', accept: asText((text) => text !== '') },
  { oid: syntaxOid.uuid, description: 'UUID', accept: matching(/^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i) },
  { oid: syntaxOid.csn, description: 'CSN', accept: matching(/^\d{14}\.\d{6}Z#[\da-f]{6}#[\da-f]{3}#[\da-f]{6}$/i) },
];
