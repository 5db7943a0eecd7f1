// Resources as they are sent: what of a resource a client gets to see.
// RFC 7644 section 3.9 (attributes, excludedAttributes), 3.10 (notation); RFC 7643 section 3 (schemas), 7 (returned).
import { isJsonObject } from './attribute-value.ts';
import { invalidValue } from './error.ts';
import { parsePath, referTo, resolveContainer, resolvePath } from './path.ts';
import {
  attributesOf,
  findAttribute,
  findSchema,
  type Attribute,
  type Json,
  type JsonObject,
  type Resource,
  type ResourceType,
} from './schema.ts';

/** What a client asked to see: `attributes` or `excludedAttributes`, unresolved names (unknown ones are ignored, R-145). */
export interface Projection {
  readonly attributes?: readonly string[];
  readonly excludedAttributes?: readonly string[];
  /** Names of the attributes that this client has just written: those with `returned: request` are in the answer to that request. */
  readonly written?: readonly string[];
}

/** The parameters as they come, a comma list or a list; empty ones count as absent. @throws ScimError invalidValue for both (D-19) */
export function parseProjection(attributes?: string | readonly string[], excludedAttributes?: string | readonly string[]): Projection {
  const named = splitNames(attributes);
  const excluded = splitNames(excludedAttributes);
  const projection = { ...(named.length > 0 && { attributes: named }), ...(excluded.length > 0 && { excludedAttributes: excluded }) };
  checkExclusive(projection);
  return projection;
}

/** @throws ScimError invalidValue when both `attributes` and `excludedAttributes` are given (D-19) */
export function projectResource(resource: Resource, type: ResourceType, projection: Projection): Resource {
  return compileProjection(type, projection)(resource);
}

/** `projectResource` for many resources. */
export function compileProjection(type: ResourceType, projection: Projection): (resource: Resource) => Resource {
  const selections = selectAttributes(type, projection);
  return (resource) => {
    const core = projectContainer(resource, attributesOf(type), '', selections);
    const extensions = type.extensions.flatMap(({ schema }): [string, JsonObject][] => {
      const container = resource[schema.id];
      if (!isJsonObject(container)) return [];
      const projected = projectContainer(container, schema.attributes, `${schema.id}:`, selections);
      return Object.keys(projected).length > 0 ? [[schema.id, projected]] : [];
    });
    const { meta, ...rest } = core;
    return withSchemas({ ...rest, ...Object.fromEntries(extensions), ...(meta !== undefined && { meta }) }, type);
  };
}

/** Whether an attribute (canonical name as in AttributeReference.name, without sub) can appear in a projected answer. */
export function isProjected(name: string, type: ResourceType, projection: Projection): boolean {
  return selectAttributes(type, projection).has(name);
}

/** The resource with `schemas` first: the base schema, and the extensions that are required or of which it holds something. */
export function withSchemas(resource: Resource, type: ResourceType): Resource {
  const used = type.extensions.filter(({ schema, required }) => {
    const container = resource[schema.id];
    return required || (isJsonObject(container) && Object.keys(container).length > 0);
  });
  return { schemas: [type.schema.id, ...used.map(({ schema }) => schema.id)], ...omitSchemas(resource) };
}

/** Which attributes are sent, by canonical name, and of complex ones which sub-attributes. */
type Selections = ReadonlyMap<string, (sub: Attribute) => boolean>;

/** Names asked for: whole attributes, or some sub-attributes of one. */
type Names = ReadonlyMap<string, 'whole' | ReadonlySet<string>>;

function selectAttributes(type: ResourceType, projection: Projection): Selections {
  checkExclusive(projection);
  const select = projection.attributes
    ? selectNamed(resolveNames(projection.attributes, type))
    : selectDefaults(resolveNames(projection.excludedAttributes ?? [], type), resolveNames(projection.written ?? [], type));
  const selections = new Map<string, (sub: Attribute) => boolean>();
  for (const [name, attribute] of listAttributes(type)) {
    const selection = attribute.returned === 'never' ? undefined : select(name, attribute);
    if (selection) selections.set(name, (sub) => sub.returned !== 'never' && (sub.returned === 'always' || selection(sub)));
  }
  return selections;
}

type Select = (name: string, attribute: Attribute) => ((sub: Attribute) => boolean) | undefined;

/** `attributes`: what is always returned and what is named; of a complex attribute that is named as a whole, what is returned by default. */
function selectNamed(named: Names): Select {
  return (name, { returned }) => {
    const wanted = named.get(name);
    if (wanted === undefined) return returned === 'always' ? isDefault : undefined;
    if (wanted === 'whole') return isDefault;
    return (sub) => wanted.has(sub.name) || (returned === 'always' && isDefault(sub));
  };
}

/** No parameter or `excludedAttributes`: what is returned by default without what is named, which cannot take away what is always returned. */
function selectDefaults(excluded: Names, written: Names): Select {
  return (name, { returned }) => {
    const unwanted = excluded.get(name);
    if (returned === 'request' && !written.has(name)) return undefined;
    if (unwanted === undefined || returned === 'always') return isDefault;
    return unwanted === 'whole' ? undefined : (sub) => isDefault(sub) && !unwanted.has(sub.name);
  };
}

function isDefault({ returned }: Attribute): boolean {
  return returned === 'default' || returned === 'always';
}

function resolveNames(names: readonly string[], type: ResourceType): Names {
  const resolved = new Map<string, 'whole' | Set<string>>();
  for (const text of names) {
    const container = resolveContainer(text, type);
    const schema = container === undefined ? undefined : findSchema(type, container);
    const extension = schema === type.schema ? undefined : schema?.id;
    for (const attribute of schema?.attributes ?? []) resolved.set(referTo(extension, attribute).name, 'whole');

    const path = parsePath(text);
    const reference = path && resolvePath(path, type);
    if (!reference) continue;
    const name = referTo(reference.extension, reference.attribute).name;
    const subs = resolved.get(name) ?? new Set();
    if (!reference.sub) resolved.set(name, 'whole');
    else if (subs !== 'whole') resolved.set(name, subs.add(reference.sub.name));
  }
  return resolved;
}

function listAttributes(type: ResourceType): readonly (readonly [name: string, attribute: Attribute])[] {
  const core = attributesOf(type).map((attribute) => [attribute.name, attribute] as const);
  const extensions = type.extensions.flatMap(({ schema }) =>
    schema.attributes.map((attribute) => [referTo(schema.id, attribute).name, attribute] as const),
  );
  return [...core, ...extensions];
}

function projectContainer(container: JsonObject, attributes: readonly Attribute[], prefix: string, selections: Selections): JsonObject {
  const projected = Object.entries(container).flatMap(([name, value]): [string, Json][] => {
    const attribute = findAttribute(attributes, name);
    const isSelected = attribute && selections.get(prefix + attribute.name);
    if (!isSelected) return [];
    const kept = attribute.type === 'complex' ? projectComplex(value, attribute, isSelected) : value;
    return kept === undefined ? [] : [[attribute.name, kept]];
  });
  return Object.fromEntries(projected);
}

/** A complex value with the selected sub-attributes only; undefined when none is left. */
function projectComplex(value: Json, attribute: Attribute, isSelected: (sub: Attribute) => boolean): Json | undefined {
  if (Array.isArray(value)) {
    const elements = value
      .map((element: Json) => projectComplex(element, attribute, isSelected))
      .filter((element) => element !== undefined);
    return elements.length > 0 ? elements : undefined;
  }
  if (!isJsonObject(value)) return undefined;
  const members = Object.entries(value).filter(([name]) => {
    const sub = findAttribute(attribute.subAttributes, name);
    return sub !== undefined && isSelected(sub);
  });
  return members.length > 0 ? Object.fromEntries(members) : undefined;
}

function splitNames(names: string | readonly string[] = []): readonly string[] {
  const list = typeof names === 'string' ? names.split(',') : names;
  return list.map((name) => name.trim()).filter((name) => name !== '');
}

function checkExclusive({ attributes, excludedAttributes }: Projection): void {
  if (attributes && excludedAttributes) throw invalidValue('attributes and excludedAttributes exclude each other');
}

function omitSchemas(resource: Resource): JsonObject {
  const { schemas: _, ...rest } = resource;
  return rest;
}
