// Resources as they are sent: what of a resource a client gets to see.
// RFC 7644 section 3.9 (attributes, excludedAttributes), 3.10 (notation); RFC 7643 section 3 (schemas), 7 (returned).
import { isJsonObject } from './attribute-value.ts';
import { invalidValue } from './error.ts';
import { parsePath, referTo, resolvePath } from './path.ts';
import { attributesOf, findSchema, type Attribute, type Json, type JsonObject, type Resource, type ResourceType } from './schema.ts';

/** What a client asked to see: `attributes` or `excludedAttributes`, unresolved names (unknown ones are ignored, R-145). */
export interface Projection {
  readonly attributes?: readonly string[];
  readonly excludedAttributes?: readonly string[];
  /** Attributes that this very request has written: those with `returned: request` are in its answer. */
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
  const { core, extensions } = selectMembers(type, projection);
  return (resource) => {
    const { meta, ...projected }: MutableObject = projectMembers(resource, core) ?? {};
    for (const { id, selected } of extensions) {
      const container = resource[id];
      const attributes = isJsonObject(container) ? projectMembers(container, selected) : undefined;
      if (attributes) projected[id] = attributes;
    }
    if (meta !== undefined) projected['meta'] = meta;
    return withSchemas(projected, type);
  };
}

/** What a projection leaves of the members of a resource: in the resource itself, and in its extensions. */
export function selectMembers(
  type: ResourceType,
  projection: Projection,
): { readonly core: Selections; readonly extensions: readonly { readonly id: string; readonly selected: Selections }[] } {
  const selections = selectAttributes(type, projection);
  return {
    core: selectIn(attributesOf(type), '', selections),
    extensions: type.extensions.map(({ schema }) => ({
      id: schema.id,
      selected: selectIn(schema.attributes, `${schema.id}:`, selections),
    })),
  };
}

/** The names of what a body sets, with their sub-attributes where they have some: for `written`. */
export function writtenNames(body: unknown, prefix = ''): readonly string[] {
  if (!isJsonObject(body)) return [];
  return Object.entries(body).flatMap(([name, value]) => {
    // A URN among the members is an extension.
    if (name.includes(':')) return writtenNames(value, `${name}:`);
    const elements: readonly Json[] = Array.isArray(value) ? value : [value];
    const subs = new Set(elements.flatMap((element) => (isJsonObject(element) ? Object.keys(element) : [])));
    return subs.size === 0 ? [prefix + name] : [...subs].map((sub) => `${prefix}${name}.${sub}`);
  });
}

/** Whether an attribute (canonical name as in AttributeReference.name, without sub) can appear in a projected answer. */
export function isProjected(name: string, type: ResourceType, projection: Projection): boolean {
  return selectAttributes(type, projection).has(name);
}

/** The resource with `schemas` first: the base schema, and the extensions that are required or of which it holds something. */
export function withSchemas(resource: Resource, type: ResourceType): Resource {
  return { schemas: schemasOf(resource, type), ...omitSchemas(resource) };
}

/** What `schemas` of a resource says. */
export function schemasOf(resource: Resource, { schema: base, extensions }: ResourceType): readonly string[] {
  const used = extensions.filter(({ schema, required }) => {
    const container = resource[schema.id];
    return required || (isJsonObject(container) && Object.keys(container).length > 0);
  });
  return [base.id, ...used.map(({ schema }) => schema.id)];
}

/** Which attributes are sent: by name those that are. */
export type Selections = ReadonlyMap<string, Selection>;

/** What is sent of an attribute: of a complex one the sub-attributes that are. */
export interface Selection {
  readonly subAttributes?: Selections;
  /** All that there can be. */
  readonly isWhole: boolean;
}

type MutableObject = { [name: string]: Json };

/** Names asked for: whole attributes, or some sub-attributes of one. */
type Names = ReadonlyMap<string, 'whole' | ReadonlySet<string>>;

/** By projection and type: a request asks many times, and its names may be many. */
const known = new WeakMap<Projection, WeakMap<ResourceType, Selections>>();

function selectAttributes(type: ResourceType, projection: Projection): Selections {
  const byType = known.get(projection) ?? new WeakMap<ResourceType, Selections>();
  const found = byType.get(type);
  if (found) return found;
  const selections = computeSelections(type, projection);
  known.set(projection, byType.set(type, selections));
  return selections;
}

function computeSelections(type: ResourceType, projection: Projection): Selections {
  checkExclusive(projection);
  const select = projection.attributes
    ? selectNamed(resolveNames(projection.attributes, type))
    : selectDefaults(resolveNames(projection.excludedAttributes ?? [], type), resolveNames(projection.written ?? [], type));
  return new Map(
    listAttributes(type).flatMap(([name, attribute]) => {
      const selectSub = attribute.returned === 'never' ? undefined : select(name, attribute);
      if (!selectSub) return [];
      if (attribute.type !== 'complex') return [[name, whole]];
      const all = attribute.subAttributes ?? [];
      const subs = all.filter((sub) => sub.returned !== 'never' && (sub.returned === 'always' || selectSub(sub)));
      return [[name, { subAttributes: new Map(subs.map((sub) => [sub.name, whole])), isWhole: subs.length === all.length }]];
    }),
  );
}

const whole: Selection = { isWhole: true };

type Select = (name: string, attribute: Attribute) => ((sub: Attribute) => boolean) | undefined;

/** `attributes`: what is always returned and what is named; of a complex attribute named as a whole, what is returned by default. */
function selectNamed(named: Names): Select {
  return (name, { returned }) => {
    const wanted = named.get(name);
    if (wanted === undefined) return returned === 'always' ? isDefault : undefined;
    if (wanted === 'whole') return isDefault;
    return (sub) => wanted.has(sub.name) || (returned === 'always' && isDefault(sub));
  };
}

/** Otherwise: what is returned by default or was written on request, without what `excludedAttributes` names and that is not always returned. */
function selectDefaults(excluded: Names, written: Names): Select {
  return (name, { returned }) => {
    const [unwanted, set] = [excluded.get(name), written.get(name)];
    if (returned === 'request' && set === undefined) return undefined;
    const isShown = (sub: Attribute): boolean =>
      isDefault(sub) || (sub.returned === 'request' && set !== undefined && (set === 'whole' || set.has(sub.name)));
    if (unwanted === undefined || returned === 'always') return isShown;
    return unwanted === 'whole' ? undefined : (sub) => isShown(sub) && !unwanted.has(sub.name);
  };
}

function isDefault({ returned }: Attribute): boolean {
  return returned === 'default' || returned === 'always';
}

function resolveNames(names: readonly string[], type: ResourceType): Names {
  const resolved = new Map<string, 'whole' | Set<string>>();
  for (const text of names) {
    const schema = findSchema(type, text);
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

/** The selections of one container, by plain names. */
function selectIn(attributes: readonly Attribute[], prefix: string, selections: Selections): Selections {
  return new Map(
    attributes.flatMap(({ name }) => {
      const selection = selections.get(prefix + name);
      return selection ? [[name, selection]] : [];
    }),
  );
}

/** An object with the selected members only; undefined when none is left. */
function projectMembers(object: JsonObject, selections: Selections): JsonObject | undefined {
  const projected: MutableObject = {};
  let isEmpty = true;
  for (const name of Object.keys(object)) {
    const selection = selections.get(name);
    const value = object[name];
    if (!selection || value === undefined) continue;
    const kept = selection.subAttributes ? projectComplex(value, selection.subAttributes) : value;
    if (kept === undefined) continue;
    projected[name] = kept;
    isEmpty = false;
  }
  return isEmpty ? undefined : projected;
}

function projectComplex(value: Json, subAttributes: Selections): Json | undefined {
  if (isJsonObject(value)) return projectMembers(value, subAttributes);
  if (!Array.isArray(value)) return undefined;
  const elements = value.map((element: Json) => projectComplex(element, subAttributes)).filter((element) => element !== undefined);
  return elements.length > 0 ? elements : undefined;
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
