// Compiles a mapping definition: paths against the SCIM schemas, texts into DNs, filters and templates; every mistake with its place.
// RFC 7643 sections 6 and 7.
import { and, equal, type Filter, not, parseFilter, present } from '../ldap/filter.ts';
import { defineAttribute } from '../scim/attribute.ts';
import type { ResourceType } from '../scim/schema.ts';
import { checkSchemas } from './check-schemas.ts';
import { defaultCodec } from './codec.ts';
import { compileAttributes } from './compile-attributes.ts';
import { compileCreate } from './compile-create.ts';
import { compileMatch } from './compile-match.ts';
import { codecFor } from './compile-value.ts';
import type { MappingDefinition, Problem } from './definition.ts';
import type { ResourceSource } from './items.ts';
import type { Mapping, Quarantine, ResourceMapping, SearchBase, SetMapping } from './mapping.ts';
import { type Path, Report } from './report.ts';
import { fullType } from './resource-type.ts';
import { collectAliases, compileDn, type CompileOptions, compileScimTemplate } from './text.ts';

/** All mistakes at once; the mapping is usable only when none of them is an error. */
export function compileMapping(
  definition: MappingDefinition,
  { baseDn }: CompileOptions,
): { readonly mapping: Mapping; readonly problems: readonly Problem[] } {
  const report = new Report();
  const schemas = definition.schemas ?? [];
  checkSchemas(definition, report);
  const reading = { baseDn, aliases: collectAliases(schemas, report), report };
  const names = Object.keys(definition.resources);
  const resources = Object.entries(definition.resources).flatMap(([name, resource]) => {
    const full = fullType(name, resource, definition, report);
    return full ? [compileResource({ ...reading, name, resource, full, schemas }, names)] : [];
  });
  for (const resource of resources) checkGroupsFrom(resource, resources, report);
  checkEndpoints(
    resources.map(({ type }) => type),
    report,
  );
  return { mapping: { resources }, problems: report.problems };
}

function compileResource(source: ResourceSource, names: readonly string[]): ResourceMapping {
  const { name, resource, report } = source;
  const at = (...path: Path): Path => ['resources', name, ...path];
  const bases = resource.search.bases.flatMap((base, i): SearchBase[] => {
    const dn = compileDn(at('search', 'bases', i, 'dn'), base.dn, source);
    return dn ? [{ dn, scope: base.scope }] : [];
  });
  const filter = report.attempt(at('search', 'filter'), () => parseFilter(resource.search.filter)) ?? present('objectClass');
  const attributes = compileAttributes(source, names);
  const { type } = attributes;
  const quarantine = compileQuarantine(source, filter);
  const { strategy, absentMeans, activeValue } = resource.accountState ?? {};
  if (strategy === undefined && absentMeans === 'inactive' && activeValue === undefined)
    report.add(at('accountState'), '`absentMeans: inactive` needs `activeValue`: otherwise nobody could be activated', { atKey: true });
  return {
    ...attributes,
    scope: { bases, filter: quarantine ? and([filter, not(equal(quarantine.marker.ldap, quarantine.marker.value))]) : filter },
    id: { ldap: resource.id.ldap, codec: idCodec(source) },
    create: resource.create && compileCreate(resource.create, at('create'), type, bases, source),
    match: resource.match && compileMatch(resource.match, source, type),
    renames: resource.rename?.rdn === 'follow',
    delete: quarantine ?? (resource.delete && { mode: 'purge' }),
    password: resource.password && { strategy: resource.password.strategy, missingOnCreate: resource.password.missingOnCreate },
    set: compileSet(source, type),
    version: resource.version,
  };
}

function compileQuarantine({ name, resource, report, ...reading }: ResourceSource, filter: Filter): Quarantine | undefined {
  const at = (...path: Path): Path => ['resources', name, 'delete', ...path];
  const { mode, marker, moveTo, purgeAfter, restoreOnCreate = true } = resource.delete ?? {};
  if (mode !== 'quarantine') return undefined;
  if (!marker) {
    report.add(at(), '`quarantine` needs `marker`: what says in LDAP that an entry is deleted');
    return undefined;
  }
  const dn = moveTo === undefined ? undefined : compileDn(at('moveTo'), moveTo, { report, ...reading });
  if (marker.time !== undefined && marker.time.toLowerCase() === marker.ldap.toLowerCase())
    report.add(at('marker', 'time'), 'must be another attribute than that of the marker');
  return {
    mode,
    marker,
    moveTo: dn,
    filter: and([filter, equal(marker.ldap, marker.value)]),
    purgeAfter: purgeAfter === undefined ? undefined : parseHours(purgeAfter),
    restores: restoreOnCreate,
  };
}

/** `12h`, `90d` to milliseconds. */
function parseHours(text: string): number {
  return Number.parseInt(text, 10) * (text.endsWith('d') ? 24 : 1) * 3_600_000;
}

const idAttribute = defineAttribute('id', 'string', 'The identifier of the resource.', { caseExact: true });

function idCodec({ name, resource, report }: ResourceSource): ResourceMapping['id']['codec'] {
  return codecFor(['resources', name, 'id'], resource.id.codec, idAttribute, report) ?? defaultCodec('string');
}

function compileSet({ name, resource, ...reading }: ResourceSource, type: ResourceType): readonly SetMapping[] {
  return Object.entries(resource.set ?? {}).flatMap(([ldap, rule]): SetMapping[] => {
    const when = rule.always === undefined ? 'onCreate' : 'always';
    const template = compileScimTemplate(['resources', name, 'set', ldap, when], rule.always ?? rule.onCreate ?? '', type, reading);
    return template ? [{ ldap, template, when, numberOnConflict: rule.onConflict === 'number' }] : [];
  });
}

/** `memberships: { reverse: … }` searches the membership of that type. */
function checkGroupsFrom({ type, groupsFrom }: ResourceMapping, resources: readonly ResourceMapping[], report: Report): void {
  const groups = resources.find((resource) => resource.type.name === groupsFrom);
  if (groups && !groups.membership)
    report.add(['resources', type.name, 'attributes', 'groups'], `${groupsFrom} has no \`membership\` to search`, { atKey: true });
}

const reservedEndpoints: ReadonlySet<string> = new Set(['/schemas', '/resourcetypes', '/serviceproviderconfig', '/bulk', '/me']);

function checkEndpoints(types: readonly ResourceType[], report: Report): void {
  const taken = new Map<string, string>();
  for (const { name, endpoint } of types) {
    const key = endpoint.toLowerCase();
    const other = taken.get(key);
    if (other !== undefined) report.add(['resources', name], `${name} has the same endpoint as ${other}: ${endpoint}`, { atKey: true });
    if (reservedEndpoints.has(key)) report.add(['resources', name], `${endpoint} is an endpoint of the protocol`, { atKey: true });
    taken.set(key, name);
  }
}
