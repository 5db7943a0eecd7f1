// Resolves parsed filters against a resource type: paths exist, operators suit the types, literals have the right type.
// RFC 7644 section 3.4.2.2 (table 3) with D-04 to D-07; RFC 7643 section 7 (returned, caseExact).
import { instantOf } from './datetime.ts';
import { invalidFilter } from './error.ts';
import type { CompareOperator, Filter, FilterOptions, Literal, ResolvedFilter } from './filter.ts';
import { compileFilter } from './match.ts';
import { formatPath, referTo, resolvePath, type AttributePath, type AttributeReference } from './path.ts';
import { findAttribute, type Attribute, type AttributeType, type ResourceType } from './schema.ts';

type Comparison = Extract<Filter, { kind: 'compare' }>;

/** How the paths of a filter become references: against a type, or against the elements of one attribute. */
interface Scope {
  readonly options: FilterOptions;
  /** Undefined: the attribute has no value here. @throws ScimError invalidFilter when it does not exist or must not be searched. */
  refer(path: AttributePath): AttributeReference | undefined;
  /** What the service provider knows without looking at a resource. */
  settle(leaf: ResolvedFilter, attribute: AttributeReference): ResolvedFilter;
}

/** @throws ScimError invalidFilter when a path is unknown (D-07), an operator does not suit the type, or a literal has the wrong type. */
export function resolveFilter(filter: Filter, type: ResourceType, options: FilterOptions = {}): ResolvedFilter {
  const find = (path: AttributePath, each: ResourceType): AttributeReference | undefined =>
    resolvePath(path, each, { unqualified: options.lenient ?? false });
  return resolve(filter, {
    options,
    refer: (path) => {
      const reference = find(path, type);
      return !reference && options.others?.some((other) => find(path, other)) ? undefined : searchable(reference, path);
    },
    settle: (leaf, attribute) => settleByType(leaf, attribute, type),
  });
}

/**
 * Resolves the filter in the brackets of a value path: its paths name sub-attributes of the attribute, or with `value` the elements of a
 * simple multi-valued one.
 * @throws ScimError invalidFilter as `resolveFilter` does.
 */
export function resolveValueFilter(filter: Filter, attribute: AttributeReference, options: FilterOptions = {}): ResolvedFilter {
  const { extension, attribute: definition, sub: narrowed, name } = attribute;
  const isList = definition.multiValued && definition.type !== 'complex';
  if (narrowed || (definition.type !== 'complex' && !isList)) throw invalidFilter(`"${name}" cannot be followed by a filter in brackets`);
  return resolve(filter, {
    options,
    refer: (path) => {
      const isElement = isList && path.attribute.toLowerCase() === 'value';
      const sub = findAttribute(definition.subAttributes, path.attribute);
      const isPlain = path.urn === undefined && path.sub === undefined;
      return searchable(isPlain && (sub || isElement) ? referTo(extension, definition, sub) : undefined, path);
    },
    settle: (leaf) => leaf,
  });
}

function resolve(filter: Filter, scope: Scope): ResolvedFilter {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return { kind: filter.kind, filters: filter.filters.map((inner) => resolve(inner, scope)) };
    case 'not':
      return { kind: 'not', filter: resolve(filter.filter, scope) };
    case 'present':
      return resolvePresent(filter.path, scope);
    case 'compare':
      return resolveComparison(filter, scope);
    case 'valuePath': {
      const attribute = scope.refer(filter.path);
      if (!attribute) return noValue;
      const inner = resolveValueFilter(filter.filter, attribute, scope.options);
      return scope.settle({ kind: 'valuePath', attribute, filter: inner }, attribute);
    }
  }
}

const noValue: ResolvedFilter = { kind: 'constant', value: false };

function resolvePresent(path: AttributePath, scope: Scope): ResolvedFilter {
  const attribute = scope.refer(path);
  return attribute ? scope.settle({ kind: 'present', attribute }, attribute) : noValue;
}

function resolveComparison({ path, operator, value }: Comparison, scope: Scope): ResolvedFilter {
  if (value === null) {
    if (operator !== 'eq' && operator !== 'ne')
      throw invalidFilter(`Operator "${operator}" cannot compare "${formatPath(path)}" with null`);
    const present = resolvePresent(path, scope);
    return operator === 'ne' ? present : { kind: 'not', filter: present };
  }
  if (operator === 'ne') return { kind: 'not', filter: resolveComparison({ kind: 'compare', path, operator: 'eq', value }, scope) };
  const attribute = scope.refer(path);
  if (!attribute) return noValue;
  const target = comparable(attribute, scope.options);
  const definition = target.sub ?? target.attribute;
  if (!operatorsOf[definition.type].has(operator)) {
    throw invalidFilter(`Operator "${operator}" does not suit "${target.name}", which is of type ${definition.type}`);
  }
  const literal = readLiteral(value, definition.type, scope.options);
  if (literal === undefined) throw invalidFilter(`The value compared with "${target.name}" is not of type ${definition.type}`);
  return scope.settle({ kind: 'compare', attribute: target, operator, value: literal }, target);
}

function searchable(reference: AttributeReference | undefined, path: AttributePath): AttributeReference {
  if (!reference) throw invalidFilter(`Unknown attribute "${formatPath(path)}"`);
  if (isSecret(reference.attribute) || (reference.sub && isSecret(reference.sub))) {
    throw invalidFilter(`"${reference.name}" cannot be used in a filter`);
  }
  return reference;
}

function isSecret({ returned, mutability }: Attribute): boolean {
  return returned === 'never' || mutability === 'writeOnly';
}

/** What a comparison is about: of a complex attribute its `value`, where it is multi-valued (D-06) or the client is lenient. */
function comparable(reference: AttributeReference, { lenient = false }: FilterOptions): AttributeReference {
  const { attribute, sub, extension, name } = reference;
  if (sub || attribute.type !== 'complex') return reference;
  const value = attribute.multiValued || lenient ? findAttribute(attribute.subAttributes, 'value') : undefined;
  if (!value) throw invalidFilter(`"${name}" is complex: name one of its sub-attributes`);
  return searchable(referTo(extension, attribute, value), { attribute: name });
}

const equality: readonly CompareOperator[] = ['eq', 'ne'];
const ordering: readonly CompareOperator[] = ['gt', 'ge', 'lt', 'le'];
const substrings: readonly CompareOperator[] = ['co', 'sw', 'ew'];

const operatorsOf: Readonly<Record<AttributeType, ReadonlySet<CompareOperator>>> = {
  string: new Set([...equality, ...ordering, ...substrings]),
  reference: new Set([...equality, ...substrings]),
  binary: new Set(equality),
  boolean: new Set(equality),
  dateTime: new Set([...equality, ...ordering]),
  decimal: new Set([...equality, ...ordering]),
  integer: new Set([...equality, ...ordering]),
  complex: new Set(),
};

function readLiteral(value: Exclude<Literal, null>, type: AttributeType, { lenient = false }: FilterOptions): typeof value | undefined {
  switch (type) {
    case 'boolean':
      if (lenient && typeof value === 'string' && /^(?:true|false)$/i.test(value)) return value.toLowerCase() === 'true';
      return typeof value === 'boolean' ? value : undefined;
    case 'decimal':
    case 'integer':
      if (lenient && typeof value === 'string' && /^-?\d+(?:\.\d+)?$/.test(value)) return Number(value);
      return typeof value === 'number' ? value : undefined;
    case 'dateTime':
      return typeof value === 'string' && instantOf(value) !== undefined ? value : undefined;
    default:
      if (lenient && typeof value === 'number') return String(value);
      return typeof value === 'string' ? value : undefined;
  }
}

/** `schemas` and `meta.resourceType` follow from the type and from which extensions are in use, so no one later needs to know them. */
function settleByType(leaf: ResolvedFilter, { attribute, sub, extension }: AttributeReference, type: ResourceType): ResolvedFilter {
  if (extension !== undefined) return leaf;
  if (attribute.name === 'meta' && sub?.name === 'resourceType') {
    return { kind: 'constant', value: compileFilter(leaf)({ meta: { resourceType: type.name } }) };
  }
  if (attribute.name !== 'schemas') return leaf;
  const accepts = (urn: string): boolean => compileFilter(leaf)({ schemas: [urn] });
  const accepted = type.extensions.filter(({ schema }) => accepts(schema.id));
  if (accepts(type.schema.id) || accepted.some(({ required }) => required)) return { kind: 'constant', value: true };
  const uses = accepted.flatMap(({ schema }) => schema.attributes.filter(isReturned).map((used) => referTo(schema.id, used)));
  if (uses.length === 0) return { kind: 'constant', value: false };
  return { kind: 'or', filters: uses.map((used) => ({ kind: 'present', attribute: used })) };
}

function isReturned({ returned }: Attribute): boolean {
  return returned !== 'never';
}
