// Attributes that a change of another attribute has nothing to do with: what they refer to need not be looked up for it.
// RFC 7644 section 3.5.2; L-035.
import { formatPath, parsePath } from '../scim/path.ts';
import type { ResourceMapping } from './mapping.ts';
import { attributeName } from './read.ts';
import type { Rule } from './rule.ts';

const known = new WeakMap<ResourceMapping, ReadonlySet<string>>();

/** Canonical names of the attributes made of references that are neither required nor part of what the gateway computes from a resource. */
export function detachedReferences(mapping: ResourceMapping): ReadonlySet<string> {
  const found = known.get(mapping) ?? findDetached(mapping);
  known.set(mapping, found);
  return found;
}

function findDetached(mapping: ResourceMapping): ReadonlySet<string> {
  const { rules, type, create, set } = mapping;
  const computed = new Set(
    [...set.map(({ template }) => template), ...(create?.rdn ?? []).map(({ value }) => value)].flatMap(attributesOf),
  );
  if (create?.onRdnConflict) for (const name of attributesOf(create.onRdnConflict.append)) computed.add(name);
  const required = new Set(type.extensions.flatMap(({ schema, required: isRequired }) => (isRequired ? [schema.id] : [])));
  const isRequired = ({ target: { attribute, extension } }: Rule): boolean =>
    attribute.required || (extension !== undefined && required.has(extension));
  const isDetached = (rule: Rule): boolean => rule.references !== undefined && !isRequired(rule) && !computed.has(attributeName(rule));
  return new Set(rules.filter(isDetached).map(attributeName));
}

/** The attributes that a template names, without their sub-attributes. */
function attributesOf({ names }: { readonly names: readonly string[] }): readonly string[] {
  return names.flatMap((name) => {
    const path = parsePath(name);
    return path ? [formatPath({ ...(path.urn !== undefined && { urn: path.urn }), attribute: path.attribute })] : [];
  });
}
