// Resources as bodies: read what a client sends into canonical form, and check what every resource must have.
// RFC 7643 sections 2 and 3; RFC 7644 sections 3.3, 3.5.1, 3.10.
import { isJsonObject, isUnassigned, readAttribute, readMembers } from './attribute-value.ts';
import { standardAttributesOf } from './core-schemas.ts';
import type { Dialect } from './dialects.ts';
import { invalidSyntax, invalidValue } from './error.ts';
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

export {
  compileProjection,
  isProjected,
  parseProjection,
  projectResource,
  schemasOf,
  withSchemas,
  writtenNames,
  type Projection,
} from './projection.ts';

type Members = ReturnType<typeof readMembers>;

interface Body {
  readonly type: ResourceType;
  readonly dialect: Dialect;
  readonly onIgnored: (name: string) => void;
}

/** Where attributes stand: in the resource itself, or under the URN of an extension. */
interface Container {
  readonly schemaId: string;
  /** What their names begin with in errors. */
  readonly prefix: string;
}

/**
 * The body of a POST or PUT in canonical form, without `schemas` (which `withSchemas` derives) and without read-only attributes.
 * What must be there is not checked: see `checkRequired`.
 * @param onIgnored is told each name that the dialect ignores, so that nothing is dropped unseen
 * @throws ScimError invalidSyntax for what is no resource, or an attribute or schema that no one knows; invalidValue for a value of the
 * wrong type, or an attribute that the RFC knows and this service provider does not offer
 */
export function parseResource(
  body: unknown,
  type: ResourceType,
  dialect: Dialect,
  onIgnored: (name: string) => void = () => undefined,
): Resource {
  if (!isJsonObject(body)) throw invalidSyntax('The body must be a JSON object');
  const members = readMembers(body);
  const reading = { type, dialect, onIgnored };
  checkSchemas(members.get('schemas')?.value, reading);
  const core = readContainer(members, attributesOf(type), { schemaId: type.schema.id, prefix: '' }, reading);
  const extensions = type.extensions.flatMap(({ schema }): [string, JsonObject][] => {
    const container = members.get(schema.id.toLowerCase())?.value;
    if (isUnassigned(container)) return [];
    if (!isJsonObject(container)) throw invalidValue(`"${schema.id}" must be an object`);
    const place = { schemaId: schema.id, prefix: `${schema.id}:` };
    const attributes = readContainer(readMembers(container), schema.attributes, place, reading);
    return Object.keys(attributes).length > 0 ? [[schema.id, attributes]] : [];
  });
  return { ...core, ...Object.fromEntries(extensions) };
}

/** @throws ScimError invalidValue naming a required attribute, sub-attribute or extension that a resource lacks (R-052, R-095). */
export function checkRequired(resource: Resource, type: ResourceType): void {
  checkContainer(resource, attributesOf(type), '');
  for (const { schema, required } of type.extensions) {
    const container = resource[schema.id];
    if (isJsonObject(container)) checkContainer(container, schema.attributes, `${schema.id}:`);
    else if (required) throw invalidValue(`The extension "${schema.id}" is required`);
  }
}

/** Whether two values are the same JSON; the order of names means nothing, that of elements does. */
export function equalValues(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((element: Json, index) => equalValues(element, b[index]));
  if (!isJsonObject(a) || !isJsonObject(b)) return false;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && equalValues(a[name], b[name]));
}

/** RFC 7643 section 3: the schemas of a body are the base schema and extensions of its type, each once (R-048, R-049). */
function checkSchemas(value: unknown, { type, dialect, onIgnored }: Body): void {
  if (isUnassigned(value)) {
    if (dialect.schemasOptional) return;
    throw invalidSyntax('"schemas" is required');
  }
  if (!Array.isArray(value) || !value.every((urn) => typeof urn === 'string')) throw invalidValue('"schemas" must be a list of strings');
  for (const urn of value.filter((each) => !findSchema(type, each))) {
    if (dialect.unknownAttributes === 'reject') throw invalidSyntax('"schemas" lists a schema that this resource type does not have');
    onIgnored(urn);
  }
  if (dialect.schemasOptional) return;
  const listed = new Set(value.map((urn) => urn.toLowerCase()));
  if (listed.size < value.length) throw invalidValue('"schemas" lists a schema twice');
  if (!listed.has(type.schema.id.toLowerCase())) throw invalidValue(`"schemas" must contain "${type.schema.id}"`);
}

function readContainer(members: Members, attributes: readonly Attribute[], container: Container, body: Body): JsonObject {
  const { prefix } = container;
  for (const { name } of members.values()) {
    if (!findAttribute(attributes, name) && !isExtensionOf(container, name, body.type)) meetUnknown({ name }, container, body);
  }
  const read = attributes.flatMap((attribute): [string, Json][] => {
    const { name, mutability } = attribute;
    if (mutability === 'readOnly' || name === 'schemas') return [];
    const onUnknown = (sub: string): void => meetUnknown({ name, sub }, container, body);
    const value = members.get(name.toLowerCase())?.value;
    const canonical = readAttribute(value, attribute, prefix + name, { dialect: body.dialect, onUnknown });
    return canonical === undefined ? [] : [[name, canonical]];
  });
  return Object.fromEntries(read);
}

function isExtensionOf({ prefix }: Container, name: string, type: ResourceType): boolean {
  const schema = prefix === '' ? findSchema(type, name) : undefined;
  return schema !== undefined && schema !== type.schema;
}

/** An unknown attribute: invalidSyntax, unless the RFC has it and only this service provider does not. */
function meetUnknown({ name, sub }: { name: string; sub?: string }, { schemaId, prefix }: Container, { dialect, onIgnored }: Body): void {
  const spelling = `${prefix}${name}${sub === undefined ? '' : `.${sub}`}`;
  if (dialect.unknownAttributes === 'ignore') return onIgnored(spelling);
  const standard = findAttribute(standardAttributesOf(schemaId), name);
  const isStandard = sub === undefined ? standard : findAttribute(standard?.subAttributes, sub);
  throw isStandard ? invalidValue(`"${spelling}" is not supported here`) : invalidSyntax(`Unknown attribute "${spelling}"`);
}

function checkContainer(container: JsonObject, attributes: readonly Attribute[], prefix: string): void {
  for (const attribute of attributes) {
    const name = prefix + attribute.name;
    const value = container[attribute.name];
    if (attribute.mutability === 'readOnly' || attribute.name === 'schemas') continue;
    if (value === undefined && attribute.required) throw invalidValue(`"${name}" is required`);
    for (const element of Array.isArray(value) ? value : [value]) {
      if (isJsonObject(element)) checkContainer(element, attribute.subAttributes ?? [], `${name}.`);
    }
  }
}
