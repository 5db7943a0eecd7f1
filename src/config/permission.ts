// `allow.attributes`, `allow.bases` and `allow.filter` of a client: the view of the mapping that it gets, and the part of the directory.
// RFC 7643 section 7 (mutability), RFC 7644 section 3.4.2.2 (filters).
import { type NameRule, restrictMapping } from '../mapping/client-view.ts';
import type { Mapping, ResourceMapping } from '../mapping/mapping.ts';
import { resourceNamed } from '../mapping/mapping.ts';
import { nearest } from '../mapping/nearest.ts';
import { compileRestriction, type Restriction } from '../mapping/restriction.ts';
import { intersectBases } from '../mapping/search-base.ts';
import { aliasOf, resolveAlias } from '../mapping/text.ts';
import type { YamlPath } from '../yaml.ts';
import type { AttributesDefinition, ClientDefinition } from './client-definition.ts';
import type { Findings } from './findings.ts';

type Allow = ClientDefinition['allow'];

export interface LoadedPermission {
  readonly view?: Mapping;
  readonly restriction?: Restriction;
}

/** @param at the map `allow` */
export function loadPermission(at: YamlPath, allow: Allow, mapping: Mapping, findings: Findings): LoadedPermission {
  const view = loadView([...at, 'attributes'], allow, mapping, findings);
  const restriction = loadRestriction(at, allow, mapping, findings);
  return { ...(view && { view }), ...(restriction && { restriction }) };
}

function loadView(at: YamlPath, { attributes, resources, operations }: Allow, mapping: Mapping, findings: Findings): Mapping | undefined {
  if (attributes === undefined) return undefined;
  const access = new Map(
    Object.entries(attributes).flatMap(([name, definition]) => {
      const resource = resources.includes(name) ? resourceNamed(mapping, name) : undefined;
      if (!resource) {
        findings.refuse([...at, name], `the client has no resource type ${JSON.stringify(name)}; it has ${resources.join(', ')}`, {
          atKey: true,
          suggestion: nearest(name, resources),
        });
        return [];
      }
      const read = loadNames([...at, name, 'read'], definition.read, resource, findings);
      const write = loadNames([...at, name, 'write'], definition.write, resource, findings);
      return [[name, { read, write }] as const];
    }),
  );
  const view = restrictMapping(mapping, access);
  for (const name of access.keys()) warnOfEchoes([...at, name], name, mapping, view, findings);
  if (operations.includes('create')) for (const name of access.keys()) checkCreation([...at, name], name, mapping, view, findings);
  return view;
}

function loadNames(at: YamlPath, names: AttributesDefinition['read'], resource: ResourceMapping, findings: Findings): NameRule | undefined {
  if (names === undefined) return undefined;
  const isList = Array.isArray(names);
  const listed: readonly string[] = isList ? names : names.except;
  const resolved = new Set(
    listed.flatMap((text, index) => {
      const name = resolveName(text, resource);
      if ('mistake' in name) findings.refuse([...at, ...(isList ? [] : ['except']), index], name.mistake, { suggestion: name.suggestion });
      return 'mistake' in name ? [] : [name.name];
    }),
  );
  return isList ? { only: resolved } : { except: resolved };
}

function resolveName(
  text: string,
  { type, rules }: ResourceMapping,
): { readonly name: string } | { readonly mistake: string; readonly suggestion?: string | undefined } {
  const aliases = new Map(
    type.extensions.flatMap(({ schema: { id } }) => (aliasOf(id) === undefined ? [] : [[aliasOf(id) ?? '', id] as const])),
  );
  const reference = resolveAlias(text, type, aliases);
  if (!reference) {
    const known = rules.map(({ target }) => target.name);
    return { mistake: `${text} is no attribute that ${type.name} has here`, suggestion: nearest(text, known) };
  }
  const { name, sub, attribute } = reference;
  if (['id', 'schemas', 'meta'].includes(attribute.name) && reference.extension === undefined)
    return { mistake: `${attribute.name} is always there: leave it out` };
  if (sub && !rules.some(({ target }) => target.name === name)) {
    return { mistake: `${text} cannot be told from the rest of ${attribute.name}, which is mapped as a whole: write ${attribute.name}` };
  }
  return { name };
}

/** What is hidden can stand elsewhere, too: two attributes read the same of the directory, or one is computed from the other. */
function warnOfEchoes(at: YamlPath, name: string, mapping: Mapping, view: Mapping, findings: Findings): void {
  const [whole, seen] = [resourceNamed(mapping, name), resourceNamed(view, name)];
  if (!whole || !seen) return;
  const visible = new Set(seen.rules.map(({ target }) => target.name));
  const lower = (names: readonly string[]): readonly string[] => names.map((each) => each.toLowerCase());
  for (const rule of whole.rules.filter(({ target }) => !visible.has(target.name))) {
    const computed = whole.set.filter(({ template }) => template.names.includes(rule.target.name)).map(({ ldap }) => ldap);
    const places = new Set([...lower(rule.reads), ...lower(computed)]);
    const echo = seen.rules.find(({ reads, target }) => target.attribute.name !== 'meta' && lower(reads).some((ldap) => places.has(ldap)));
    if (echo)
      findings.warn(at, `the client does not see ${rule.target.name} of ${name}, but ${echo.target.name}, which shows it: leave out both`, {
        atKey: true,
      });
  }
}

/** What is required must be sent by whoever creates. */
function checkCreation(at: YamlPath, name: string, mapping: Mapping, view: Mapping, findings: Findings): void {
  const [whole, seen] = [resourceNamed(mapping, name), resourceNamed(view, name)];
  if (!whole?.create || !seen) return;
  const { defaults, type } = whole;
  const missing = type.schema.attributes.find(
    (attribute) =>
      attribute.required &&
      attribute.mutability !== 'readOnly' &&
      !defaults.some(({ path }) => path === attribute.name) &&
      !seen.type.schema.attributes.some((own) => own.name === attribute.name && own.mutability !== 'readOnly'),
  );
  if (!missing) return;
  const message = `the client may create a ${name}, and may not write ${missing.name}, which every ${name} must have: allow it, or take create from \`operations\``;
  findings.refuse(at, message, { atKey: true });
}

function loadRestriction(at: YamlPath, { resources, bases, filter }: Allow, mapping: Mapping, findings: Findings): Restriction | undefined {
  if (bases === undefined && filter === undefined) return undefined;
  const known = resources.flatMap((name) => resourceNamed(mapping, name) ?? []);
  for (const { type, scope } of bases === undefined ? [] : known) {
    if (intersectBases(scope.bases, bases ?? []).length > 0) continue;
    findings.refuse(
      [...at, 'bases'],
      `none of \`bases\` is in the search bases of ${type.name}: the client would have no ${type.name} at all`,
      { atKey: true },
    );
  }
  const texts: readonly (readonly [name: string, text: string, place: YamlPath])[] =
    typeof filter === 'string'
      ? known.map(({ type }) => [type.name, filter, [...at, 'filter']] as const)
      : Object.entries(filter ?? {}).map(([name, text]) => [name, text, [...at, 'filter', name]] as const);
  const filters = texts.flatMap(([name, text, place]) => {
    const resource = known.find(({ type }) => type.name === name);
    try {
      if (!resource) throw new Error(`is for the resource type ${name}, which the client does not have`);
      return [[name, compileRestriction(resource, text)] as const];
    } catch (error) {
      findings.refuse(place, `\`filter\` ${error instanceof Error ? error.message : String(error)}`);
      return [];
    }
  });
  return { bases, filters: new Map(filters) };
}
