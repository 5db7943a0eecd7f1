// The mapping as one client sees it: attributes that it may not see are absent, and those that it may not write are read-only.
// RFC 7643 sections 6 and 7 (schemas), RFC 7644 section 3.5.1: what a client cannot see or write survives its PUT.
import { referTo } from '../scim/path.ts';
import type { Attribute, Resource, ResourceType } from '../scim/schema.ts';
import { commonAttributes } from '../scim/schema.ts';
import { type Mapping, type ResourceMapping, resourceNamed } from './mapping.ts';
import type { Rule } from './rule.ts';
import { setAt, valueAt } from './value-at.ts';

/** Canonical names, as in `AttributeReference.name`, of attributes and of sub-attributes: only these, or all but these. */
export type NameRule = { readonly only: ReadonlySet<string> } | { readonly except: ReadonlySet<string> };

/** What one client sees of a resource type, and what of that it may write; absent: all. */
export interface AttributeAccess {
  readonly read: NameRule | undefined;
  readonly write: NameRule | undefined;
}

/** The mapping as a client sees it: attributes that it may not see are absent, those that it may not write are read-only. By resource type. */
export function restrictMapping(mapping: Mapping, access: ReadonlyMap<string, AttributeAccess>): Mapping {
  return {
    ...mapping,
    resources: mapping.resources.map((resource) => {
      const own = access.get(resource.type.name);
      return own ? restrictResource(resource, own) : resource;
    }),
  };
}

function restrictResource(whole: ResourceMapping, access: AttributeAccess): ResourceMapping {
  const rules = whole.rules.flatMap((rule): readonly Rule[] => {
    const permission = permissionFor(access, rule.target.name);
    if (permission === 'none') return [];
    return [permission === 'write' ? rule : { ...rule, access: 'readOnly' }];
  });
  return { ...whole, type: restrictType(whole, access), rules, whole };
}

type Permission = 'none' | 'read' | 'write';

/** Those of the gateway itself. */
const alwaysSeen: ReadonlySet<string> = new Set(['schemas', 'id', 'meta']);

/** A name stands for all that is in it. */
function permissionFor({ read, write }: AttributeAccess, name: string): Permission {
  const [, whole = name] = /^(.*)\.[^.:]+$/.exec(name) ?? [];
  if (alwaysSeen.has(whole)) return 'write';
  const isNamed = (names: ReadonlySet<string>): boolean => names.has(name) || names.has(whole);
  const allows = (rule: NameRule | undefined): boolean =>
    rule === undefined || ('only' in rule ? isNamed(rule.only) : !isNamed(rule.except));
  if (!allows(read)) return 'none';
  return allows(write) ? 'write' : 'read';
}

function restrictType({ type, rules }: ResourceMapping, access: AttributeAccess): ResourceType {
  const restrict = (extension: string | undefined, attributes: readonly Attribute[]): readonly Attribute[] =>
    attributes.flatMap((attribute) => {
      const isInParts = rules.some(
        ({ target }) => target.sub && target.extension === extension && target.attribute.name === attribute.name,
      );
      return restrictAttribute(attribute, referTo(extension, attribute).name, isInParts, access) ?? [];
    });
  return {
    ...type,
    schema: { ...type.schema, attributes: restrict(undefined, type.schema.attributes) },
    extensions: type.extensions
      .map((each) => ({ ...each, schema: { ...each.schema, attributes: restrict(each.schema.id, each.schema.attributes) } }))
      .filter(({ schema }) => schema.attributes.length > 0),
    common: restrict(undefined, type.common ?? commonAttributes),
  };
}

/** @param isInParts its sub-attributes are mapped each for itself, and so may be seen or not */
function restrictAttribute(attribute: Attribute, name: string, isInParts: boolean, access: AttributeAccess): Attribute | undefined {
  if (!isInParts || alwaysSeen.has(name)) return withPermission(attribute, permissionFor(access, name));
  const parts = (attribute.subAttributes ?? []).flatMap((sub) => withPermission(sub, permissionFor(access, `${name}.${sub.name}`)) ?? []);
  if (parts.length === 0) return undefined;
  const isFixed = parts.every(({ mutability }) => mutability === 'readOnly');
  return { ...(isFixed ? asReadOnly(attribute) : attribute), subAttributes: parts };
}

function withPermission(attribute: Attribute, permission: Permission): Attribute | undefined {
  if (permission === 'write') return attribute;
  // What can only be written is not there for who may not.
  return permission === 'none' || attribute.mutability === 'writeOnly' ? undefined : asReadOnly(attribute);
}

function asReadOnly(attribute: Attribute): Attribute {
  const { subAttributes } = attribute;
  return { ...attribute, mutability: 'readOnly', required: false, ...(subAttributes && { subAttributes: subAttributes.map(asReadOnly) }) };
}

/** The resource afterwards with what the client may not see or write as it was before. */
export function keepDenied(
  view: Mapping | undefined,
  { type, rules }: ResourceMapping,
  before: Resource | undefined,
  after: Resource,
): Resource {
  const seen = view && resourceNamed(view, type.name);
  if (!seen?.whole) return after;
  const writable = new Set(seen.rules.flatMap(({ access, target }) => (access === 'readOnly' ? [] : [target.name])));
  return rules
    .filter(({ access, target }) => access !== 'readOnly' && !writable.has(target.name))
    .reduce((current, { target }) => setAt(current, target, valueAt(before, target)), after);
}
