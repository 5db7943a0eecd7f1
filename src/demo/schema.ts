// A directory schema from its definitions: look-up by name or OID, with inheritance resolved.
// RFC 4512 sections 2.5, 4.1.1 and 4.1.2.
import type { MatchingRule } from './matching.ts';
import type { AttributeTypeDefinition, ObjectClassDefinition } from './schema-definition.ts';
import type { Dn } from '../ldap/dn.ts';
import { prettyDn, type Names } from './names.ts';
import type { Syntax } from './syntax.ts';

export interface AttributeType {
  readonly name: string;
  readonly oid: string;
  readonly sup: AttributeType | undefined;
  readonly syntax: Syntax;
  readonly equality: MatchingRule | undefined;
  readonly ordering: MatchingRule | undefined;
  readonly substring: MatchingRule | undefined;
  readonly singleValue: boolean;
  readonly noUserModification: boolean;
  readonly operational: boolean;
  /** Most characters of a value, where the product counts them. */
  readonly length: number | undefined;
}

export interface ObjectClass {
  readonly name: string;
  readonly oid: string;
  readonly kind: ObjectClassDefinition['kind'];
  /** Superclasses included, as are their attributes below. */
  readonly lineage: ReadonlySet<ObjectClass>;
  readonly must: ReadonlySet<AttributeType>;
  readonly may: ReadonlySet<AttributeType>;
}

/** An attribute type with tagging options, such as `cn;lang-ja` (RFC 4512 section 2.5). */
export interface AttributeDescription {
  readonly type: AttributeType;
  readonly options: readonly string[];
  /** The schema's spelling. */
  readonly text: string;
}

export interface SchemaSource {
  readonly syntaxes: readonly Syntax[];
  readonly matchingRules: readonly MatchingRule[];
  readonly attributeTypes: readonly AttributeTypeDefinition[];
  readonly objectClasses: readonly ObjectClassDefinition[];
  /** The form of names in answers; without it that of slapd. */
  readonly writeDn?: (dn: Dn) => string;
}

export class Schema implements Names {
  readonly writeDn: (dn: Dn) => string;
  readonly #syntaxes: ReadonlyMap<string, Syntax>;
  readonly #rules = new Map<string, MatchingRule>();
  readonly #attributes = new Map<string, AttributeType>();
  readonly #descriptions = new Map<string, AttributeDescription>();
  readonly #classes = new Map<string, ObjectClass>();
  readonly #subtypes = new Map<AttributeType, AttributeType[]>();

  /** Definitions may only refer to earlier ones. @throws TypeError for a reference to nothing */
  constructor(source: SchemaSource) {
    this.writeDn = source.writeDn ?? prettyDn;
    this.#syntaxes = new Map(source.syntaxes.map((syntax) => [syntax.oid, syntax]));
    for (const rule of source.matchingRules) this.#register(this.#rules, rule, [rule.name]);
    for (const definition of source.attributeTypes) {
      const type = this.#resolveAttribute(definition);
      this.#register(this.#attributes, type, definition.names);
      const description = { type, options: [], text: type.name };
      for (const name of [type.oid, ...definition.names]) this.#descriptions.set(name.toLowerCase(), description);
    }
    for (const definition of source.objectClasses) this.#register(this.#classes, this.#resolveClass(definition), definition.names);
  }

  attribute(name: string): AttributeType | undefined {
    return this.#attributes.get(name.toLowerCase());
  }

  objectClass(name: string): ObjectClass | undefined {
    return this.#classes.get(name.toLowerCase());
  }

  matchingRule(name: string): MatchingRule | undefined {
    return this.#rules.get(name.toLowerCase());
  }

  attributeTypes(): readonly AttributeType[] {
    return [...new Set(this.#attributes.values())];
  }

  attributeName(name: string): string | undefined {
    return this.attribute(name)?.name;
  }

  objectClassName(name: string): string | undefined {
    return this.objectClass(name)?.name;
  }

  /** The type itself and every type derived from it. */
  withSubtypes(type: AttributeType): readonly AttributeType[] {
    return this.#subtypes.get(type) ?? [type];
  }

  /** Undefined for an unknown type or option; `;binary` is taken where the syntax wants it, `;lang-` everywhere. */
  description(text: string): AttributeDescription | undefined {
    if (!text.includes(';')) return this.#descriptions.get(text.toLowerCase());
    const [name = '', ...rawOptions] = text.split(';');
    const type = this.attribute(name);
    if (type === undefined) return undefined;
    const options = [...new Set(rawOptions.map((option) => option.toLowerCase()))].toSorted();
    const known = options.every((option) => /^lang-[a-z0-9-]*$/.test(option) || (option === 'binary' && type.syntax.binary === true));
    return known ? { type, options, text: [type.name, ...options].join(';') } : undefined;
  }

  #register<T extends { readonly oid: string }>(map: Map<string, T>, item: T, names: readonly string[]): void {
    for (const name of [item.oid, ...names]) map.set(name.toLowerCase(), item);
  }

  #resolveAttribute(definition: AttributeTypeDefinition): AttributeType {
    const sup = definition.sup === undefined ? undefined : required(this.attribute(definition.sup), definition.sup);
    const findRule = (name: string | undefined): MatchingRule | undefined =>
      name === undefined ? undefined : required(this.matchingRule(name), name);
    const syntaxOid = definition.syntax ?? sup?.syntax.oid ?? '';
    const type: AttributeType = {
      name: definition.names[0],
      oid: definition.oid,
      sup,
      syntax: required(this.#syntaxes.get(syntaxOid), syntaxOid),
      equality: findRule(definition.equality) ?? sup?.equality,
      ordering: findRule(definition.ordering) ?? sup?.ordering,
      substring: findRule(definition.substring) ?? sup?.substring,
      singleValue: definition.singleValue ?? false,
      noUserModification: definition.noUserModification ?? false,
      operational: definition.usage !== undefined,
      length: definition.length,
    };
    for (let ancestor: AttributeType | undefined = type; ancestor !== undefined; ancestor = ancestor.sup) {
      this.#subtypes.set(ancestor, [...(this.#subtypes.get(ancestor) ?? []), type]);
    }
    return type;
  }

  #resolveClass(definition: ObjectClassDefinition): ObjectClass {
    const sup = definition.sup === undefined ? undefined : required(this.objectClass(definition.sup), definition.sup);
    const findTypes = (names: readonly string[] = []): AttributeType[] => names.map((name) => required(this.attribute(name), name));
    const inherited = [...(sup ? [sup] : []), ...(definition.aux ?? []).map((name) => required(this.objectClass(name), name))];
    const lineage = new Set<ObjectClass>(sup?.lineage);
    const resolved: ObjectClass = {
      name: definition.names[0],
      oid: definition.oid,
      kind: definition.kind,
      lineage,
      must: new Set([...inherited.flatMap(({ must }) => [...must]), ...findTypes(definition.must)]),
      may: new Set([...inherited.flatMap(({ may }) => [...may]), ...findTypes(definition.may)]),
    };
    lineage.add(resolved);
    return resolved;
  }
}

function required<T>(found: T | undefined, name: string): T {
  if (found === undefined) throw new TypeError(`the schema refers to '${name}', which it does not define before`);
  return found;
}
