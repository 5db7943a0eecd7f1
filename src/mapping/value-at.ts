// Where the value of a rule stands in a resource: read, set, and looked up by the names in templates.
// RFC 7643 section 3.3 (extensions are containers of their own), 2.4 (`primary`, `value`).
import { isJsonObject } from '../scim/attribute-value.ts';
import { type AttributeReference, parsePath } from '../scim/path.ts';
import type { Json, JsonObject, Resource } from '../scim/schema.ts';

function containerOf(resource: Resource | undefined, extension: string | undefined): JsonObject | undefined {
  const container = extension === undefined ? resource : resource?.[extension];
  return isJsonObject(container) ? container : undefined;
}

/** The value of a rule's attribute in a resource. */
export function valueAt(resource: Resource | undefined, { extension, attribute, sub }: AttributeReference): Json | undefined {
  const value = containerOf(resource, extension)?.[attribute.name];
  if (!sub) return value;
  return isJsonObject(value) ? value[sub.name] : undefined;
}

/** The resource with another value there; undefined unassigns it. */
export function setAt(resource: Resource, { extension, attribute, sub }: AttributeReference, value: Json | undefined): Resource {
  const container = containerOf(resource, extension) ?? {};
  const old = container[attribute.name];
  const whole = sub ? withMember(isJsonObject(old) ? old : {}, sub.name, value) : value;
  const changed = withMember(container, attribute.name, isEmpty(whole) ? undefined : whole);
  return extension === undefined ? changed : withMember(resource, extension, isEmpty(changed) ? undefined : changed);
}

function withMember(object: JsonObject, name: string, value: Json | undefined): JsonObject {
  const { [name]: _old, ...rest } = object;
  return value === undefined ? rest : { ...rest, [name]: value };
}

const isEmpty = (value: Json | undefined): boolean => isJsonObject(value) && Object.keys(value).length === 0;

/** Text of a SCIM path, for templates: of several elements the primary one, else the first; of a complex value its `value`. */
export function scimLookup(resource: Resource): (path: string) => string | undefined {
  return (text) => {
    const path = parsePath(text);
    const value = path && oneOf(containerOf(resource, path.urn)?.[path.attribute]);
    const part = isJsonObject(value) ? value[path?.sub ?? 'value'] : path?.sub === undefined ? value : undefined;
    return part === undefined || part === null || typeof part === 'object' ? undefined : String(part);
  };
}

function oneOf(value: Json | undefined): Json | undefined {
  if (!Array.isArray(value)) return value;
  const elements = value as readonly Json[];
  return elements.find((element) => isJsonObject(element) && element['primary'] === true) ?? elements[0];
}
