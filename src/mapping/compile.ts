// Compiles a mapping definition: paths against the SCIM schemas, texts into DNs, filters and templates; every mistake with its place.
import { type Dn, isUnder } from '../ldap/dn.ts';
import { type Filter as LdapFilter, parseFilter as parseLdapFilter, present } from '../ldap/filter.ts';
import { parseFilter, resolveFilter } from '../scim/filter.ts';
import type { ResourceType } from '../scim/schema.ts';
import { compileAttributes } from './compile-attributes.ts';
import { compileCodec, defaultCodec } from './codec.ts';
import type { MappingDefinition, Problem, ResourceDefinition } from './definition.ts';
import type { CreateMapping, Mapping, RdnTemplate, ResourceMapping, SearchBase, SetMapping } from './mapping.ts';
import { type Path, Report } from './report.ts';
import { fullType } from './resource-type.ts';
import { compileDn, type CompileOptions, compileScimTemplate } from './text.ts';

/** All mistakes at once; the mapping is usable only when none of them is an error. */
export function compileMapping(definition: MappingDefinition, options: CompileOptions): { readonly mapping: Mapping; readonly problems: readonly Problem[] } {
  const report = new Report();
  const resources = Object.entries(definition.resources).flatMap(([name, resource]) => {
    const full = fullType(name, resource, definition, report);
    return full ? [compileResource(name, resource, full, definition, options, report)] : [];
  });
  const endpoints = new Map<string, string>();
  for (const { type } of resources) {
    const other = endpoints.get(type.endpoint.toLowerCase());
    if (other) report.add(['resources', type.name], `has the same endpoint as ${other}: ${type.endpoint}`, { atKey: true });
    endpoints.set(type.endpoint.toLowerCase(), type.name);
  }
  return { mapping: { resources }, problems: report.problems };
}

function compileResource(
  name: string,
  resource: ResourceDefinition,
  full: ResourceType,
  definition: MappingDefinition,
  options: CompileOptions,
  report: Report,
): ResourceMapping {
  const at = (...path: Path): Path => ['resources', name, ...path];
  const dn = (path: Path, text: string) => compileDn(path, text, options, report);
  const bases = resource.search.bases.flatMap((base, i): SearchBase[] => {
    const parsed = dn(at('search', 'bases', i, 'dn'), base.dn);
    return parsed ? [{ dn: parsed, scope: base.scope }] : [];
  });
  const filter: LdapFilter = report.attempt(at('search', 'filter'), () => parseLdapFilter(resource.search.filter)) ?? present('objectClass');
  const attributes = compileAttributes(name, resource, full, definition, options, report);
  const { type } = attributes;
  if (resource.delete?.mode === 'quarantine') report.add(at('delete', 'mode'), '`quarantine` is not in this version', { suggestion: 'purge' });
  return {
    type,
    ignoresWrites: attributes.ignoresWrites,
    unfilterable: attributes.unfilterable,
    unique: attributes.unique,
    scope: { bases, filter },
    id: { ldap: resource.id.ldap, codec: (resource.id.codec && compileCodec(resource.id.codec)) ?? defaultCodec('string') },
    rules: attributes.rules,
    defaults: attributes.defaults,
    create: resource.create && compileCreate(resource.create, at('create'), type, bases, dn, report),
    renames: resource.rename?.rdn === 'follow',
    delete: resource.delete && { mode: 'purge' },
    password: resource.password && { strategy: resource.password.strategy, missingOnCreate: resource.password.missingOnCreate },
    membership: attributes.membership,
    groupsFrom: attributes.groupsFrom,
    set: Object.entries(resource.set ?? {}).flatMap(([ldap, rule]): SetMapping[] => {
      const when = rule.always === undefined ? 'onCreate' : 'always';
      const template = compileScimTemplate(at('set', ldap, when), rule.always ?? rule.onCreate ?? '', type, report);
      return template ? [{ ldap, template, when, numberOnConflict: rule.onConflict === 'number' }] : [];
    }),
    version: resource.version,
  };
}

function compileCreate(
  create: NonNullable<ResourceDefinition['create']>,
  path: Path,
  type: ResourceType,
  bases: readonly SearchBase[],
  dn: (path: Path, text: string) => Dn | undefined,
  report: Report,
): CreateMapping | undefined {
  const placement = create.placement.flatMap((place, i) => {
    const base = dn([...path, 'placement', i, 'base'], place.base);
    if (base && !bases.some((search) => isUnder(base, search.dn))) report.add([...path, 'placement', i, 'base'], 'lies outside every search base: what is created there could not be found again');
    const when = place.when === undefined ? undefined : report.attempt([...path, 'placement', i, 'when'], () => resolveFilter(parseFilter(place.when ?? ''), type));
    return base ? [{ when, base }] : [];
  });
  const rdn = compileRdn(create.rdn, [...path, 'rdn'], type, report);
  const append = create.onRdnConflict && compileScimTemplate([...path, 'onRdnConflict', 'append'], create.onRdnConflict.append, type, report);
  return rdn && { objectClasses: create.objectClasses, rdn, placement, onRdnConflict: append && { append, tries: create.onRdnConflict?.tries ?? 3 } };
}

/** `uid={userName}`, `cn={displayName}+serialNumber={id}`: the templates' braces protect `+` and `=`. */
export function compileRdn(text: string, path: Path, type: ResourceType, report: Report): RdnTemplate | undefined {
  const parts = text.match(/(?:\{[^}]*\}|[^+{])+/g) ?? [];
  const compiled = parts.map((part) => {
    const [, attribute = '', value = ''] = /^\s*([A-Za-z][A-Za-z0-9-]*)\s*=(.*)$/s.exec(part) ?? [];
    const template = attribute === '' ? undefined : compileScimTemplate(path, value.trim(), type, report);
    if (attribute === '') report.add(path, 'must be attribute=template, such as uid={userName}');
    return template && { attribute, value: template };
  });
  return compiled.every((part) => part !== undefined) && compiled.length > 0 ? compiled : undefined;
}
