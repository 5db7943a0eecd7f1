// A shipped preset as data, and which LDAP attributes its SCIM attributes stand on.
import { type DirectoryType, effectiveMapping, findMappingFile } from '../../config.ts';
import { type MappingDefinition, mappingDefinition, type ResourceDefinition } from '../../mapping/definition.ts';

export type AttributeDefinition = ResourceDefinition['attributes'][string];
export type Elements = NonNullable<NonNullable<AttributeDefinition>['elements']>;

/** The preset for a kind of server. */
export function presetFor(type: DirectoryType): string {
  return type === 'generic' ? 'openldap' : type;
}

/** @throws Error for a preset that does not load: a defect of the package */
export function loadPreset(name: string): MappingDefinition {
  const found = findMappingFile(name, 'mapping.yaml');
  if ('mistake' in found) throw new Error(found.mistake);
  return mappingDefinition.parse(effectiveMapping(found.file).document?.data);
}

/** The attributes that a definition reads or writes, but for those of `elements`. */
export function ldapNamesOf(definition: AttributeDefinition): readonly string[] {
  if (definition === null) return [];
  const { ldap, read, write } = definition;
  const inTemplate = [...(read ?? '').matchAll(/[A-Za-z][\w-]*(?=[^{}]*\})/g)].map(([name]) => name);
  return [...(typeof ldap === 'string' ? [ldap] : (ldap ?? [])), ...inTemplate, ...(write ?? []).map((part) => part.ldap)];
}

/** The elements whose attributes are there, with the parts of their slots that are. */
export function keepElements(elements: Elements, isThere: (ldap: string) => boolean): readonly Record<string, unknown>[] {
  return elements.flatMap(({ match, primary, slot, list }) => {
    const parts = Object.entries(slot ?? list ?? {}).filter(([, { ldap }]) => isThere(ldap));
    const kept = Object.fromEntries(parts.map(([sub, part]) => [sub, Object.keys(part).length === 1 ? part.ldap : part]));
    return parts.length === 0 ? [] : [{ match, ...(primary !== undefined && { primary }), ...(slot ? { slot: kept } : { list: kept }) }];
  });
}
