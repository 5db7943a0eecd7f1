// Attribute paths: parse, format, and resolve against a resource type.
// RFC 7644 section 3.10 (attribute notation), figure 1 (attrPath); RFC 7643 erratum 8924 (`$ref`).
import { attributesOf, findAttribute, findSchema, type Attribute, type ResourceType } from './schema.ts';

/** `[urn:]attribute[.sub]` as written, unchecked. The URN is split off at its last colon, for URNs contain dots and digits. */
export interface AttributePath {
  readonly urn?: string;
  readonly attribute: string;
  readonly sub?: string;
}

/** An attribute path that exists in a resource type. */
export interface AttributeReference {
  /** URN of the extension container that holds the attribute; undefined for core and common attributes. */
  readonly extension: string | undefined;
  readonly attribute: Attribute;
  readonly sub: Attribute | undefined;
  /** Canonical spelling, unambiguous inside the resource type: `name.givenName`, `urn:…:User:manager.value`. */
  readonly name: string;
}

export interface PathOptions {
  /** An extension attribute may be named without its URN if no other attribute has that name (`manager`, as Entra ID sends it). */
  readonly unqualified?: boolean;
}

const uriPattern = /^[A-Za-z][A-Za-z0-9+.-]*:[^\s"()[\]]+$/;
const namePattern = /^([A-Za-z$][\w$-]*)(?:\.([A-Za-z$][\w$-]*))?$/;

/** The parts of an attribute path, or undefined where the text is none. */
export function parsePath(text: string): AttributePath | undefined {
  const colon = text.lastIndexOf(':');
  const urn = text.slice(0, Math.max(colon, 0));
  if (colon >= 0 && !uriPattern.test(urn)) return undefined;
  const [, attribute, sub] = namePattern.exec(text.slice(colon + 1)) ?? [];
  if (attribute === undefined) return undefined;
  return { ...(colon >= 0 && { urn }), attribute, ...(sub !== undefined && { sub }) };
}

export function formatPath({ urn, attribute, sub }: AttributePath): string {
  return `${urn === undefined ? '' : `${urn}:`}${attribute}${sub === undefined ? '' : `.${sub}`}`;
}

/** A reference to an attribute of a type, or to one of its sub-attributes. */
export function referTo(extension: string | undefined, attribute: Attribute, sub?: Attribute): AttributeReference {
  const path = { ...(extension !== undefined && { urn: extension }), attribute: attribute.name, ...(sub && { sub: sub.name }) };
  return { extension, attribute, sub, name: formatPath(path) };
}

/** The attribute that a path names in a type: names and URNs in any case, extension attributes only by URN (RFC 7644 section 3.10). */
export function resolvePath(path: AttributePath, type: ResourceType, options: PathOptions = {}): AttributeReference | undefined {
  for (const container of containersOf(path, type, options)) {
    const attribute = findAttribute(container.attributes, path.attribute);
    if (!attribute) continue;
    if (path.sub === undefined) return referTo(container.extension, attribute);
    const sub = findAttribute(attribute.subAttributes, path.sub);
    return sub && referTo(container.extension, attribute, sub);
  }
  return undefined;
}

/** The schema that a text names as a whole: `urn:…:enterprise:2.0:User` is the extension itself, not an attribute `User`. */
export function resolveContainer(text: string, type: ResourceType): string | undefined {
  return findSchema(type, text)?.id;
}

interface Container {
  readonly extension: string | undefined;
  readonly attributes: readonly Attribute[];
}

function containersOf(path: AttributePath, type: ResourceType, options: PathOptions): readonly Container[] {
  const core = { extension: undefined, attributes: attributesOf(type) };
  const extensions = type.extensions.map(({ schema }) => ({ extension: schema.id, attributes: schema.attributes }));
  if (path.urn !== undefined) {
    const schema = findSchema(type, path.urn);
    return [schema === type.schema ? core : extensions.find(({ extension }) => extension === schema?.id)].filter(
      (found) => found !== undefined,
    );
  }
  if (!options.unqualified) return [core];
  const holders = extensions.filter(({ attributes }) => findAttribute(attributes, path.attribute));
  return holders.length === 1 ? [core, ...holders] : [core];
}
