// What a directory knows about its attributes: types, syntaxes, matching rules, classes, as pure data.
// RFC 4512 sections 2.4, 2.5 and 4.1; rule and syntax OIDs of RFC 4517 and RFC 4530; [MS-ADTS] 3.1.1.2.2.2 for Active Directory.

export interface AttributeType {
  readonly name: string;
  readonly names: readonly string[];
  readonly oid: string;
  readonly syntax: string | undefined;
  readonly equality: string | undefined;
  readonly ordering: string | undefined;
  readonly substring: string | undefined;
  readonly singleValue: boolean;
  readonly noUserModification: boolean;
  readonly operational: boolean;
}
export interface ObjectClass {
  readonly name: string;
  readonly names: readonly string[];
  readonly oid: string;
  readonly kind: 'abstract' | 'structural' | 'auxiliary';
  readonly must: readonly string[];
  readonly may: readonly string[];
  readonly sup: readonly string[];
}

/** The subschema of a directory, SUP inheritance resolved. Names and OIDs are looked up case-insensitively, attribute options are ignored. */
export interface DirectorySchema {
  attribute(name: string): AttributeType | undefined;
  objectClass(name: string): ObjectClass | undefined;
  readonly attributes: readonly AttributeType[];
  readonly objectClasses: readonly ObjectClass[];
}

/** The values of a subschema entry. Active Directory says in `dITContentRules` what auxiliary classes add to a class. */
export interface SchemaSource {
  readonly attributeTypes: readonly string[];
  readonly objectClasses: readonly string[];
  readonly dITContentRules?: readonly string[];
}

/** Parses the descriptions of RFC 4512 sections 4.1.1, 4.1.2 and 4.1.6; malformed ones are skipped, of two with one name the first counts. */
export function parseSchema(source: SchemaSource): DirectorySchema {
  const types = source.attributeTypes.flatMap((text) => parseDescription(text) ?? []);
  const classes = source.objectClasses.flatMap((text) => parseDescription(text) ?? []);
  const rules = (source.dITContentRules ?? []).flatMap((text) => parseDescription(text) ?? []);
  return indexSchema(resolveTypes(types), resolveClasses(classes, rules));
}

interface Description {
  readonly oid: string;
  readonly names: readonly string[];
  /** Keyword in upper case, without its value for flags such as SINGLE-VALUE. */
  readonly fields: ReadonlyMap<string, readonly string[]>;
}

/** Some servers quote SYNTAX and SUP, put bare apostrophes into DESC, or have a word for an OID (`nsFoo-oid`): all are read. */
function parseDescription(text: string): Description | undefined {
  const tokens = text.match(/[()$]|'(?:[^']|'(?![\s)]|$))*'|[^\s()$']+/g) ?? [];
  const [open, oid, ...rest] = tokens;
  if (open !== '(' || oid === undefined || !/^[\w.;-]+$/.test(oid) || rest.pop() !== ')') return undefined;
  const fields = new Map<string, readonly string[]>();
  for (let at = 0; at < rest.length;) {
    const keyword = (rest[at++] ?? '').toUpperCase();
    if (!/^[A-Z][\w-]*$/.test(keyword)) return undefined;
    if (rest[at] === '(') {
      const end = rest.indexOf(')', at);
      if (end < 0) return undefined;
      fields.set(
        keyword,
        rest.slice(at + 1, end).flatMap((token) => (token === '$' ? [] : [unquote(token)])),
      );
      at = end + 1;
    } else if (valuedKeywords.has(keyword) || rest[at]?.startsWith("'")) {
      const value = rest[at++];
      if (value === undefined || value === ')' || value === '$') return undefined;
      fields.set(keyword, [unquote(value)]);
    } else fields.set(keyword, []);
  }
  return { oid, names: fields.get('NAME') ?? [], fields };
}

const valuedKeywords: ReadonlySet<string> = new Set([
  'NAME',
  'DESC',
  'SUP',
  'EQUALITY',
  'ORDERING',
  'SUBSTR',
  'SYNTAX',
  'USAGE',
  'MUST',
  'MAY',
  'AUX',
  'NOT',
]);

function unquote(token: string): string {
  return token.startsWith("'") ? token.slice(1, -1).replace(/\\(27|5c)/gi, (_, code: string) => (code === '27' ? "'" : '\\')) : token;
}

/** Descriptions under each of their names and their OID, lower-cased. */
function indexByName<T extends { readonly oid: string; readonly names: readonly string[] }>(items: readonly T[]): ReadonlyMap<string, T> {
  const index = new Map<string, T>();
  for (const item of items) {
    for (const name of [item.oid, ...item.names].map((each) => each.toLowerCase())) if (!index.has(name)) index.set(name, item);
  }
  return index;
}

function resolveTypes(descriptions: readonly Description[]): readonly AttributeType[] {
  const index = indexByName(descriptions);
  const inherit = (from: Description, keyword: string): string | undefined => {
    const seen = new Set<Description>();
    for (let type: Description | undefined = from; type !== undefined && !seen.has(type);) {
      const value = type.fields.get(keyword)?.[0];
      if (value !== undefined) return value;
      seen.add(type);
      type = index.get(type.fields.get('SUP')?.[0]?.toLowerCase() ?? '');
    }
    return undefined;
  };
  return descriptions.map((type) => ({
    name: type.names[0] ?? type.oid,
    names: type.names,
    oid: type.oid,
    syntax: inherit(type, 'SYNTAX')?.replace(/\{\d*\}$/, ''),
    equality: inherit(type, 'EQUALITY'),
    ordering: inherit(type, 'ORDERING'),
    substring: inherit(type, 'SUBSTR'),
    singleValue: type.fields.has('SINGLE-VALUE'),
    noUserModification: type.fields.has('NO-USER-MODIFICATION'),
    operational: (type.fields.get('USAGE')?.[0] ?? 'userApplications').toLowerCase() !== 'userapplications',
  }));
}

function resolveClasses(descriptions: readonly Description[], rules: readonly Description[]): readonly ObjectClass[] {
  const index = indexByName(descriptions);
  const ruleByClass = indexByName(rules);
  return descriptions.map((description) => {
    const { oid, names, fields } = description;
    const rule = ruleByClass.get(oid.toLowerCase());
    const auxiliaries = (rule?.fields.get('AUX') ?? []).flatMap((name) => index.get(name.toLowerCase()) ?? []);
    const parts = [description, ...(rule === undefined ? [] : [rule]), ...auxiliaries];
    const list = (keyword: string): readonly string[] => [...new Set(parts.flatMap((part) => part.fields.get(keyword) ?? []))];
    const kind = fields.has('ABSTRACT') ? 'abstract' : fields.has('AUXILIARY') ? 'auxiliary' : 'structural';
    return { name: names[0] ?? oid, names, oid, kind, must: list('MUST'), may: list('MAY'), sup: fields.get('SUP') ?? [] };
  });
}

function indexSchema(attributes: readonly AttributeType[], objectClasses: readonly ObjectClass[]): DirectorySchema {
  const typeByName = indexByName(attributes);
  const classByName = indexByName(objectClasses);
  return {
    attribute: (name) => typeByName.get(name.toLowerCase().replace(/;.*$/, '')),
    objectClass: (name) => classByName.get(name.toLowerCase()),
    attributes,
    objectClasses,
  };
}

/**
 * The attributes that entries of these classes must and may have, superclasses included; an attribute that must be there is not in `may`.
 * Lower-cased first names (`AttributeType.name`); names unknown to the schema as they are, unknown classes add nothing.
 */
export function allAttributesOf(
  schema: DirectorySchema,
  classNames: readonly string[],
): { readonly must: ReadonlySet<string>; readonly may: ReadonlySet<string> } {
  const classes = new Set<ObjectClass>();
  const visit = (name: string): void => {
    const found = schema.objectClass(name);
    if (found === undefined || classes.has(found)) return;
    classes.add(found);
    found.sup.forEach(visit);
  };
  classNames.forEach(visit);
  const canonical = (name: string): string => (schema.attribute(name)?.name ?? name).toLowerCase();
  const must = new Set([...classes].flatMap((each) => each.must.map(canonical)));
  const may = new Set([...classes].flatMap((each) => each.may.map(canonical)).filter((name) => !must.has(name)));
  return { must, may };
}

/** How values compare; `none` where there is no rule or one whose meaning is not known here (OIDs, certificates, CSNs). */
export type MatchKind =
  | 'caseIgnore'
  | 'caseExact'
  | 'integer'
  | 'boolean'
  | 'time'
  | 'dn'
  | 'uuid'
  | 'octets'
  | 'telephone'
  | 'numeric'
  | 'none';

export function equalityKind(type: AttributeType): MatchKind {
  return kindOf(equalityRules, type.equality);
}

export function ordersBy(type: AttributeType): MatchKind {
  return kindOf(orderingRules, type.ordering);
}

export function substringKind(type: AttributeType): MatchKind {
  return kindOf(substringRules, type.substring);
}

function kindOf(rules: ReadonlyMap<string, MatchKind>, rule: string | undefined): MatchKind {
  return (rule === undefined ? undefined : rules.get(rule.toLowerCase())) ?? 'none';
}

function ruleTable(rows: readonly (readonly [name: string, oid: string, kind: MatchKind])[]): ReadonlyMap<string, MatchKind> {
  return new Map(
    rows.flatMap(([name, oid, kind]): [string, MatchKind][] => [
      [name.toLowerCase(), kind],
      [oid, kind],
    ]),
  );
}

const equalityRules = ruleTable([
  ['caseIgnoreMatch', '2.5.13.2', 'caseIgnore'],
  ['caseIgnoreIA5Match', '1.3.6.1.4.1.1466.109.114.2', 'caseIgnore'],
  ['caseIgnoreListMatch', '2.5.13.11', 'caseIgnore'],
  ['caseExactMatch', '2.5.13.5', 'caseExact'],
  ['caseExactIA5Match', '1.3.6.1.4.1.1466.109.114.1', 'caseExact'],
  ['integerMatch', '2.5.13.14', 'integer'],
  ['booleanMatch', '2.5.13.13', 'boolean'],
  ['generalizedTimeMatch', '2.5.13.27', 'time'],
  ['distinguishedNameMatch', '2.5.13.1', 'dn'],
  ['uniqueMemberMatch', '2.5.13.23', 'dn'],
  ['uuidMatch', '1.3.6.1.1.16.2', 'uuid'],
  ['octetStringMatch', '2.5.13.17', 'octets'],
  ['telephoneNumberMatch', '2.5.13.20', 'telephone'],
  ['numericStringMatch', '2.5.13.8', 'numeric'],
]);

const orderingRules = ruleTable([
  ['caseIgnoreOrderingMatch', '2.5.13.3', 'caseIgnore'],
  ['caseExactOrderingMatch', '2.5.13.6', 'caseExact'],
  ['integerOrderingMatch', '2.5.13.15', 'integer'],
  ['generalizedTimeOrderingMatch', '2.5.13.28', 'time'],
  ['uuidOrderingMatch', '1.3.6.1.1.16.3', 'uuid'],
  ['octetStringOrderingMatch', '2.5.13.18', 'octets'],
  ['numericStringOrderingMatch', '2.5.13.9', 'numeric'],
]);

const substringRules = ruleTable([
  ['caseIgnoreSubstringsMatch', '2.5.13.4', 'caseIgnore'],
  ['caseIgnoreIA5SubstringsMatch', '1.3.6.1.4.1.1466.109.114.3', 'caseIgnore'],
  ['caseIgnoreListSubstringsMatch', '2.5.13.12', 'caseIgnore'],
  ['caseExactSubstringsMatch', '2.5.13.7', 'caseExact'],
  ['caseExactIA5SubstringsMatch', '1.3.6.1.4.1.4203.1.2.1', 'caseExact'],
  ['octetStringSubstringsMatch', '2.5.13.19', 'octets'],
  ['telephoneNumberSubstringsMatch', '2.5.13.21', 'telephone'],
  ['numericStringSubstringsMatch', '2.5.13.10', 'numeric'],
]);

/**
 * Active Directory publishes no matching rules: its subschema completed from a built-in table by syntax OID ([MS-ADTS] 3.1.1.2.2.2).
 * Rules that a type has are kept. Strings get no ordering, as that of Active Directory follows the locale of the domain controller.
 * Attributes that are computed on reading get none, as filters cannot use them ([MS-ADTS] 3.1.1.4.5).
 */
export function withActiveDirectoryRules(schema: DirectorySchema): DirectorySchema {
  return indexSchema(schema.attributes.map(completeType), schema.objectClasses);
}

function completeType(type: AttributeType): AttributeType {
  const [equality, ordering, substring] = constructedAttributes.has(type.name.toLowerCase())
    ? []
    : (syntaxRules.get(type.syntax ?? '') ?? []);
  return { ...type, equality: type.equality ?? equality, ordering: type.ordering ?? ordering, substring: type.substring ?? substring };
}

type Rules = readonly [equality: string, ordering?: string | undefined, substring?: string | undefined];

const caseIgnoreRules: Rules = ['caseIgnoreMatch', undefined, 'caseIgnoreSubstringsMatch'];
const caseExactRules: Rules = ['caseExactMatch', undefined, 'caseExactSubstringsMatch'];
const caseExactIA5Rules: Rules = ['caseExactIA5Match', undefined, 'caseExactIA5SubstringsMatch'];
const integerRules: Rules = ['integerMatch', 'integerOrderingMatch'];

/** DN with binary (…903), DN with string (…904), OR name and security descriptor (…907) are absent: nothing but presence is sure there. */
const syntaxRules: ReadonlyMap<string, Rules> = new Map([
  ['1.3.6.1.4.1.1466.115.121.1.7', ['booleanMatch']],
  ['1.3.6.1.4.1.1466.115.121.1.12', ['distinguishedNameMatch']],
  ['1.3.6.1.4.1.1466.115.121.1.15', caseIgnoreRules],
  ['1.3.6.1.4.1.1466.115.121.1.24', ['generalizedTimeMatch', 'generalizedTimeOrderingMatch']],
  ['1.3.6.1.4.1.1466.115.121.1.26', caseExactIA5Rules],
  ['1.3.6.1.4.1.1466.115.121.1.27', integerRules],
  ['1.3.6.1.4.1.1466.115.121.1.36', ['numericStringMatch', undefined, 'numericStringSubstringsMatch']],
  ['1.3.6.1.4.1.1466.115.121.1.38', ['objectIdentifierMatch']],
  ['1.3.6.1.4.1.1466.115.121.1.40', ['octetStringMatch']],
  ['1.3.6.1.4.1.1466.115.121.1.44', caseExactRules],
  ['1.2.840.113556.1.4.905', caseIgnoreRules],
  ['1.2.840.113556.1.4.906', integerRules],
  ['1.2.840.113556.1.4.1362', caseExactRules],
]);

const constructedAttributes: ReadonlySet<string> = new Set([
  'allowedattributes',
  'allowedattributeseffective',
  'allowedchildclasses',
  'allowedchildclasseseffective',
  'canonicalname',
  'createtimestamp',
  'entryttl',
  'fromentry',
  'modifytimestamp',
  'ms-ds-useraccountautolocked',
  'msds-approx-immed-subordinates',
  'msds-auxiliary-classes',
  'msds-keyversionnumber',
  'msds-memberoftransitive',
  'msds-membertransitive',
  'msds-principalname',
  'msds-resultantpso',
  'msds-user-account-control-computed',
  'msds-userpasswordexpired',
  'msds-userpasswordexpirytimecomputed',
  'parentguid',
  'possibleinferiors',
  'primarygrouptoken',
  'sdrightseffective',
  'structuralobjectclass',
  'subschemasubentry',
  'tokengroups',
  'tokengroupsglobalanduniversal',
  'tokengroupsnogcacceptable',
]);
