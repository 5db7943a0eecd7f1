// The mapped SCIM paths of one resource type, from `attributes:` and from the schemas of the file; what can only be wrong is reported.
// RFC 7643 sections 3.1 (common attributes) and 3.3 (extensions).
import type { AttributeReference } from '../scim/path.ts';
import { parsePath, resolvePath } from '../scim/path.ts';
import { attributesOf, type ResourceType } from '../scim/schema.ts';
import type { AttributeDefinition, MappingDefinition, ResourceDefinition, SchemaAttributeDefinition } from './definition.ts';
import { type Item, makeItem } from './item.ts';
import { nearest } from './nearest.ts';
import type { Path, Report } from './report.ts';
import { aliasOf, type Reading, resolveAlias } from './text.ts';

/** One resource type of the file, before the mapping reduces it to what is mapped. */
export interface ResourceSource extends Reading {
  readonly name: string;
  readonly resource: ResourceDefinition;
  readonly full: ResourceType;
  readonly schemas: NonNullable<MappingDefinition['schemas']>;
}

export function collectItems(source: ResourceSource): readonly Item[] {
  const listed = listedItems(source);
  const unmapped = new Set(listed.flatMap(({ reference, definition }) => (definition === null ? [reference.name] : [])));
  const items = [
    ...listed.flatMap(({ at, reference, definition }) => (definition ? [makeItem(at, reference, definition, source.report)] : [])),
    ...schemaItems(source).filter(({ reference }) => !unmapped.has(reference.name)),
  ];
  refuseOverlaps(items, source.report);
  return items.filter((item) => isMappable(item, source.report));
}

interface Listed {
  readonly at: Path;
  readonly reference: AttributeReference;
  readonly definition: AttributeDefinition | null;
}

/** What stands under `attributes:`. */
function listedItems({ name, resource, full, aliases, report }: ResourceSource): readonly Listed[] {
  return Object.entries(resource.attributes).flatMap(([key, definition]): Listed[] => {
    const at: Path = ['resources', name, 'attributes', key];
    const reference = resolveAlias(key, full, aliases);
    if (reference) return [{ at, reference, definition }];
    const best = nearest(key, pathsOf(full));
    report.add(at, `${key} is no attribute of ${name}`, { atKey: true, ...(best && { suggestion: best }) });
    return [];
  });
}

const pathsOf = (type: ResourceType): readonly string[] => [
  ...attributesOf(type).flatMap((a) => [a.name, ...(a.subAttributes ?? []).map((sub) => `${a.name}.${sub.name}`)]),
  ...type.extensions.flatMap(({ schema }) => schema.attributes.map((a) => `${aliasOf(schema.id) ?? schema.id}:${a.name}`)),
];

/** What stands beside the attributes of extension schemas and of an own base schema. */
function schemaItems({ name, resource, full, schemas, report }: ResourceSource): readonly Item[] {
  return schemas.flatMap((schema, i) => {
    if (schema.extends !== name && schema.urn !== resource.schema) return [];
    return Object.entries(schema.attributes).flatMap(([key, attribute]) => {
      const at: Path = ['schemas', i, 'attributes', key];
      const subs = Object.entries(attribute.subAttributes ?? {});
      const parts = subs.map(([sub, part]) => ({ at: [...at, 'subAttributes', sub], path: `${key}.${sub}`, definition: part }));
      return [{ at, path: key, definition: attribute }, ...parts].flatMap(({ at: where, path, definition }): Item[] => {
        const reference = isName(path) ? resolvePath(parsePath(`${schema.urn}:${path}`) ?? { attribute: '' }, full) : undefined;
        if (!reference) report.add(where, `${path} is no legal attribute name`, { atKey: true });
        return reference && hasSource(definition) ? [makeItem(where, reference, definition, report)] : [];
      });
    });
  });
}

const isName = (path: string): boolean => path.split('.').every((name) => /^[A-Za-z$][\w$-]*$/.test(name));

const hasSource = (definition: AttributeDefinition | SchemaAttributeDefinition): boolean =>
  [definition.ldap, definition.read, definition.constant, definition.elements, definition.memberships, definition.write].some(
    (source) => source !== undefined,
  );

/** One path twice, or a whole attribute beside its parts. */
function refuseOverlaps(items: readonly Item[], report: Report): void {
  const seen = new Set<string>();
  for (const { at, reference } of items) {
    const whole = reference.sub && reference.name.slice(0, -reference.sub.name.length - 1);
    const isInside = whole !== undefined && items.some((item) => item.reference.name === whole);
    if (seen.has(reference.name) || isInside) report.add(at, `${reference.name} is mapped twice`, { atKey: true });
    seen.add(reference.name);
  }
}

/** Attributes that the gateway makes, or that a block of their own maps. */
const made: ReadonlyMap<string, string> = new Map([
  ['id', 'it comes from `id`'],
  ['schemas', 'the gateway makes it'],
  ['meta', 'only meta.created and meta.lastModified are mapped'],
  ['meta.resourceType', 'the gateway makes it'],
  ['meta.location', 'the gateway makes it'],
  ['meta.version', 'it comes from `version`'],
  ['password', 'it is mapped by the block `password`'],
  ['members', 'it is mapped by the block `membership`'],
]);

function isMappable({ at, reference, definition }: Item, report: Report): boolean {
  const { extension, attribute, sub, name } = reference;
  const why = extension === undefined ? made.get(name) : undefined;
  if (why !== undefined) report.add(at, `${name} cannot be mapped here: ${why}`, { atKey: true });
  else if (sub && attribute.multiValued) report.add(at, `${attribute.name} has many values: map it with \`elements\``, { atKey: true });
  else if (name === 'groups' && !definition.memberships) report.add(at, 'groups is mapped with `memberships`', { atKey: true });
  else return true;
  return false;
}
