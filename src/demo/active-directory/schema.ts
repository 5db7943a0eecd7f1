// The schema of the Active Directory face, and how a domain controller publishes it: without matching rules, all in one entry.
// MS-ADTS 3.1.1.3.1.1.1 (subSchema): attributeTypes, objectClasses and dITContentRules, which carry the auxiliary classes.
import type { Dn } from '../../ldap/dn.ts';
import type { AttributeTypeDefinition, ObjectClassDefinition } from '../schema-definition.ts';
import { Schema } from '../schema.ts';
import { attributeTypes } from './attributes.ts';
import { objectClasses } from './classes.ts';
import { matchingRules, rulesOf, type Kind } from './matching.ts';
import { syntaxes } from './syntax.ts';

/** They are in no schema of a domain, and the root DSE has them all the same. */
const rootDseAttributes: readonly AttributeTypeDefinition[] = (
  [
    ['dn', 'configurationNamingContext defaultNamingContext dsServiceName namingContexts rootDomainNamingContext schemaNamingContext'],
    ['dn', 'serverName'],
    ['oid', 'supportedCapabilities supportedControl supportedExtension'],
    ['unicode', 'dnsHostName ldapServiceName supportedLDAPPolicies supportedSASLMechanisms'],
    ['integer', 'domainControllerFunctionality domainFunctionality forestFunctionality supportedLDAPVersion'],
    ['large', 'highestCommittedUSN'],
    ['boolean', 'isGlobalCatalogReady isSynchronized'],
    ['time', 'currentTime'],
  ] as const satisfies readonly (readonly [Kind, string])[]
).flatMap(([kind, names]) => names.split(' ').map((name) => ({ oid: name, names: [name], ...rulesOf(kind) }) as const));

export const adSchema = new Schema({
  syntaxes,
  matchingRules,
  attributeTypes: [...attributeTypes, ...rootDseAttributes],
  objectClasses,
  writeDn,
});

/** Types in capitals; what RFC 4514 section 2.4 escapes, and `=`, with a backslash; line ends in hexadecimal, as in the names of tombstones. */
export function writeDn({ rdns }: Dn): string {
  return rdns.map((rdn) => rdn.map(({ type, value }) => `${type.toUpperCase()}=${escapeValue(String(value))}`).join('+')).join(',');
}

function escapeValue(value: string): string {
  return value
    .replace(/["+,;<>\\=]|^[ #]| $/g, '\\$&')
    .replace(/[\0\n\r]/g, (character) => `\\${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}

const list = (names: readonly string[]): string => `(${names.join(' $ ')} )`;

function describeAttribute({ oid, names, syntax, singleValue, noUserModification }: AttributeTypeDefinition): string {
  const flags = `${singleValue ? ' SINGLE-VALUE' : ''}${noUserModification ? ' NO-USER-MODIFICATION' : ''}`;
  return `( ${oid} NAME '${names[0]}' SYNTAX '${syntax}'${flags} )`;
}

function describeClass({ oid, names, sup, kind, must, may }: ObjectClassDefinition): string {
  const inherits = sup === undefined ? '' : ` SUP ${sup}`;
  return `( ${oid} NAME '${names[0]}'${inherits} ${kind.toUpperCase()}${must ? ` MUST ${list(must)}` : ''}${may ? ` MAY ${list(may)}` : ''} )`;
}

function describeContentRule({ oid, names, aux = [] }: ObjectClassDefinition): string {
  const auxiliary = objectClasses.filter((definition) => aux.includes(definition.names[0]));
  const collect = (part: 'must' | 'may'): readonly string[] => [...new Set(auxiliary.flatMap((definition) => definition[part] ?? []))];
  const [must, may] = [collect('must'), collect('may')];
  return `( ${oid} NAME '${names[0]}' AUX (${aux.join(' $ ')} )${must.length > 0 ? ` MUST ${list(must)}` : ''} MAY ${list(may)} )`;
}

/** The values of the subschema's attributes, by attribute name. */
export const published: ReadonlyMap<string, readonly string[]> = new Map([
  ['attributeTypes', attributeTypes.map(describeAttribute)],
  ['objectClasses', objectClasses.map(describeClass)],
  ['dITContentRules', objectClasses.filter(({ aux }) => aux !== undefined).map(describeContentRule)],
]);
