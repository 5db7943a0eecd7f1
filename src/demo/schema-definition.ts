// Attribute types and object classes as they are defined, and the descriptions by which a subschema publishes them.
// RFC 4512 sections 4.1.1 and 4.1.2.
import type { SchemaSource } from './schema.ts';

export interface AttributeTypeDefinition {
  readonly oid: string;
  readonly names: readonly [preferred: string, ...others: string[]];
  readonly sup?: string;
  readonly equality?: string;
  readonly ordering?: string;
  readonly substring?: string;
  readonly syntax?: string;
  /** Upper bound: a suggestion that is published, or a rule, by product. */
  readonly length?: number;
  readonly singleValue?: boolean;
  readonly noUserModification?: boolean;
  readonly usage?: 'directoryOperation' | 'dSAOperation' | 'distributedOperation';
}

export interface ObjectClassDefinition {
  readonly oid: string;
  readonly names: readonly [preferred: string, ...others: string[]];
  readonly sup?: string;
  /** Auxiliary classes that every entry of the class has without saying so (RFC 4512 section 4.1.6). */
  readonly aux?: readonly string[];
  readonly kind: 'abstract' | 'structural' | 'auxiliary';
  readonly must?: readonly string[];
  readonly may?: readonly string[];
}

/** The values of the subschema's attributes, by attribute name, as RFC 4512 section 4.2 has them. */
export function publishSchema({ syntaxes, matchingRules, attributeTypes, objectClasses }: SchemaSource): Map<string, readonly string[]> {
  return new Map([
    ['ldapSyntaxes', syntaxes.map(({ oid, description }) => `( ${oid} DESC '${description}' )`)],
    ['matchingRules', matchingRules.map(({ oid, name, syntax }) => `( ${oid} NAME '${name}' SYNTAX ${syntax} )`)],
    ['attributeTypes', attributeTypes.map(describeAttribute)],
    ['objectClasses', objectClasses.map(describeClass)],
  ]);
}

function describeAttribute(definition: AttributeTypeDefinition): string {
  const { oid, names, sup, equality, ordering, substring, syntax, length, usage } = definition;
  return joinDescription([
    oid,
    `NAME ${quoteNames(names)}`,
    sup && `SUP ${sup}`,
    equality && `EQUALITY ${equality}`,
    ordering && `ORDERING ${ordering}`,
    substring && `SUBSTR ${substring}`,
    syntax && `SYNTAX ${syntax}${length === undefined ? '' : `{${length}}`}`,
    definition.singleValue && 'SINGLE-VALUE',
    definition.noUserModification && 'NO-USER-MODIFICATION',
    usage && `USAGE ${usage}`,
  ]);
}

function describeClass({ oid, names, sup, kind, must, may }: ObjectClassDefinition): string {
  return joinDescription([
    oid,
    `NAME ${quoteNames(names)}`,
    sup && `SUP ${sup}`,
    kind.toUpperCase(),
    must && `MUST ${listOids(must)}`,
    may && `MAY ${listOids(may)}`,
  ]);
}

function joinDescription(parts: readonly (string | false | undefined)[]): string {
  return `( ${parts.filter((part) => typeof part === 'string' && part !== '').join(' ')} )`;
}

function quoteNames(names: readonly string[]): string {
  return names.length === 1 ? `'${names[0]}'` : `( ${names.map((name) => `'${name}'`).join(' ')} )`;
}

function listOids(names: readonly string[]): string {
  return names.length === 1 ? String(names[0]) : `( ${names.join(' $ ')} )`;
}
