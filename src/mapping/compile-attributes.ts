// The attributes of one resource type: every mapped SCIM path becomes an offer (what the schema shows) and a rule (what it does).
import { parsePath, resolvePath, type AttributeReference } from '../scim/path.ts';
import { attributesOf, type ResourceType } from '../scim/schema.ts';
import { compileRule } from './compile-rule.ts';
import type { AttributeDefinition, MappingDefinition, ResourceDefinition, SchemaAttributeDefinition } from './definition.ts';
import { accessOf, type Item, warnAboutDefer } from './item.ts';
import type { MembershipMapping, ResourceMapping } from './mapping.ts';
import { nearest } from './nearest.ts';
import type { Path, Report } from './report.ts';
import type { Rule } from './rule.ts';
import { accountStateRule, passwordRule } from './rules/account.ts';
import { referenceRule } from './rules/reference.ts';
import { aliasOf, compileDn, type CompileOptions, compileScimTemplate, expandAlias } from './text.ts';
import { type Offer, offerType } from './view.ts';

type Compiled = Pick<ResourceMapping, 'type' | 'ignoresWrites' | 'rules' | 'defaults' | 'membership' | 'groupsFrom' | 'unfilterable' | 'unique'>;

export function compileAttributes(name: string, resource: ResourceDefinition, full: ResourceType, definition: MappingDefinition, options: CompileOptions, report: Report): Compiled {
  const items = [...listedItems(name, resource, full, definition, report), ...schemaItems(name, resource, full, definition, report)];
  refuseOverlaps(items, report);
  const special = specialOffers(resource, full, name, report);
  const type = offerType(full, [...items.map((item) => offerOf(item, resource)), ...special]);
  const find = (reference: AttributeReference) => resolvePath(parsePath(reference.name) ?? { attribute: '' }, type);
  const rules = items.flatMap((item): Rule[] => {
    const target = find(item.reference);
    const rule = target && compileRule(item, target, report);
    return rule ? [rule] : [];
  });
  const membership = compileMembership(name, resource, options, report);
  const target = (path: string) => resolvePath({ attribute: path }, type);
  const members = target('members');
  const active = target('active');
  const password = target('password');
  if (membership && members) rules.push(referenceRule({ target: members, access: 'readWrite', ...membership }));
  if (resource.accountState && active) rules.push(accountStateRule(active, resource.accountState));
  if (resource.password && password) rules.push(passwordRule(password));
  refuseSharedAttributes(name, rules, resource, report);
  checkRequired(name, type, full, report);
  return {
    type,
    rules,
    membership,
    ignoresWrites: rules.filter((rule) => rule.access === 'ignoreWrites').map((rule) => rule.target.name),
    unfilterable: items.filter((item) => item.definition.filter === 'off').map((item) => item.reference.name),
    unique: items.flatMap((item) => (item.definition.unique === undefined ? [] : (find(item.reference) ?? []))),
    groupsFrom: items.find((item) => item.definition.memberships?.reverse !== undefined)?.definition.memberships?.reverse,
    defaults: items.flatMap((item) => {
      const template = item.definition.default === undefined ? undefined : compileScimTemplate([...item.at, 'default'], item.definition.default, type, report);
      return template ? [{ path: item.reference.name, template }] : [];
    }),
  };
}

/** What stands under `attributes:`. */
function listedItems(name: string, resource: ResourceDefinition, full: ResourceType, definition: MappingDefinition, report: Report): readonly Item[] {
  const aliases = new Map((definition.schemas ?? []).map((schema) => [schema.alias ?? aliasOf(schema.urn) ?? schema.urn, schema.urn] as const));
  return Object.entries(resource.attributes).flatMap(([key, attribute]): Item[] => {
    const at: Path = ['resources', name, 'attributes', key];
    const path = parsePath(expandAlias(key, full, aliases));
    const reference = path && resolvePath(path, full);
    if (!reference) {
      const best = nearest(key, pathsOf(full));
      report.add(at, `${key} is no attribute of ${name}`, { atKey: true, ...(best && { suggestion: best }) });
      return [];
    }
    return attribute === null ? [] : [{ at, reference, definition: attribute }];
  });
}

/** What stands beside the attributes of extension schemas and of an own base schema. */
function schemaItems(name: string, resource: ResourceDefinition, full: ResourceType, definition: MappingDefinition, report: Report): readonly Item[] {
  return (definition.schemas ?? []).flatMap((schema, i) => {
    if (schema.extends !== name && schema.urn !== resource.schema) return [];
    return Object.entries(schema.attributes).flatMap(([key, attribute]): Item[] => {
      const at: Path = ['schemas', i, 'attributes', key];
      const paths = attribute.subAttributes ? Object.keys(attribute.subAttributes).map((sub) => `${key}.${sub}`) : [key];
      return paths.flatMap((path): Item[] => {
        const reference = resolvePath(parsePath(`${schema.urn}:${path}`) ?? { attribute: '' }, full);
        const [, sub] = path.split('.');
        const own = sub === undefined ? attribute : attribute.subAttributes?.[sub];
        if (!reference || !own) {
          report.add(at, `${path} is no legal attribute name`, { atKey: true });
          return [];
        }
        return hasSource(own) ? [{ at: sub === undefined ? at : [...at, 'subAttributes', sub], reference, definition: own }] : [];
      });
    });
  });
}

const hasSource = (definition: AttributeDefinition | SchemaAttributeDefinition): boolean =>
  definition.ldap !== undefined || definition.read !== undefined || definition.constant !== undefined || definition.elements !== undefined || definition.write !== undefined;

const pathsOf = (type: ResourceType): readonly string[] => [
  ...attributesOf(type).flatMap((a) => [a.name, ...(a.subAttributes ?? []).map((sub) => `${a.name}.${sub.name}`)]),
  ...type.extensions.flatMap(({ schema }) => schema.attributes.map((a) => `${aliasOf(schema.id) ?? schema.id}:${a.name}`)),
];

function offerOf({ reference, definition }: Item, resource: ResourceDefinition): Offer {
  const access = accessOf(definition);
  const { extension, attribute, sub } = reference;
  const defined = (sub ?? attribute).uniqueness;
  return {
    extension,
    attribute: attribute.name,
    sub: sub?.name,
    ...partsOf(reference, definition),
    characteristics: {
      ...(definition.required !== undefined && { required: definition.required }),
      ...(access === 'readOnly' && { mutability: 'readOnly' as const }),
      ...(access === 'createOnly' && { mutability: 'immutable' as const }),
      ...(access === 'writeOnly' && { mutability: 'writeOnly' as const, returned: 'never' as const }),
      ...((definition.unique || defined !== 'none') && { uniqueness: definition.unique && isEnforced(reference, definition, resource) ? ('server' as const) : ('none' as const) }),
    },
  };
}

/** Attributes that Active Directory keeps unique by itself. */
const enforcedNames = ['userprincipalname', 'samaccountname'];

/** Only a directory can promise uniqueness: by its own rule, or by the name of the entry in one flat container (L-040). */
function isEnforced(reference: AttributeReference, definition: AttributeDefinition, resource: ResourceDefinition): boolean {
  const attribute = typeof definition.ldap === 'string' ? definition.ldap.toLowerCase() : '';
  if (enforcedNames.includes(attribute)) return true;
  const named = resource.create?.rdn.toLowerCase().replace(/\s/g, '') === `${attribute}={${reference.name.toLowerCase()}}`;
  return named && resource.create?.placement.length === 1 && resource.search.bases.length === 1;
}

function partsOf({ attribute, sub }: AttributeReference, definition: AttributeDefinition): Pick<Offer, 'subs' | 'types'> {
  if (sub || !attribute.subAttributes) return {};
  const { elements, reference, memberships } = definition;
  if (elements) {
    const names = elements.flatMap((e) => [...Object.keys(e.match), ...Object.keys(e.slot ?? e.list ?? {}), ...(e.primary ? ['primary'] : [])]);
    return { subs: names, types: elements.flatMap((e) => (typeof e.match['type'] === 'string' ? [e.match['type']] : [])) };
  }
  if (memberships) return { subs: ['value', '$ref', 'display', 'type'], types: ['direct'] };
  if (reference) return { subs: ['value', '$ref', 'display', 'displayName', 'type'], types: reference.to };
  if (definition.codec?.json) return {};
  return { subs: ['value'] };
}

/** Attributes that a block of their own maps: `active`, `password`, `members`. */
function specialOffers(resource: ResourceDefinition, full: ResourceType, name: string, report: Report): readonly Offer[] {
  const offers: Offer[] = [];
  const offer = (block: string, attribute: string, extra: Partial<Offer> = {}) => {
    if (!attributesOf(full).some((a) => a.name === attribute)) report.add(['resources', name, block], `${name} has no attribute ${attribute}`, { atKey: true });
    else if (resource.attributes[attribute]) report.add(['resources', name, 'attributes', attribute], `is already mapped by \`${block}\``, { atKey: true });
    else offers.push({ extension: undefined, attribute, sub: undefined, characteristics: {}, ...extra });
  };
  if (resource.accountState) offer('accountState', 'active');
  if (resource.password) offer('password', 'password');
  if (resource.membership) offer('membership', 'members', { subs: ['value', '$ref', 'type', 'display'], types: resource.membership.reference.to });
  return offers;
}

function compileMembership(name: string, resource: ResourceDefinition, options: CompileOptions, report: Report): MembershipMapping | undefined {
  if (!resource.membership) return undefined;
  const { ldap, reference, empty } = resource.membership;
  const at: Path = ['resources', name, 'membership'];
  warnAboutDefer([...at, 'reference', 'onUnresolved'], reference.onUnresolved, report);
  const placeholder = empty && compileDn([...at, 'empty', 'placeholder'], empty.placeholder, options, report);
  return { ldap, to: reference.to, onUnresolved: reference.onUnresolved, placeholder };
}

/** One path twice, or a whole attribute beside its parts. */
function refuseOverlaps(items: readonly Item[], report: Report): void {
  const seen = new Set<string>();
  for (const { at, reference } of items) {
    const whole = reference.sub && reference.name.slice(0, -reference.sub.name.length - 1);
    if (seen.has(reference.name) || (whole !== undefined && items.some((item) => item.reference.name === whole))) report.add(at, `${reference.name} is mapped twice`, { atKey: true });
    seen.add(reference.name);
  }
}

/** Two rules may write one LDAP attribute only if each owns its own part: disjoint bits, or values with different prefixes. */
function refuseSharedAttributes(name: string, rules: readonly Rule[], resource: ResourceDefinition, report: Report): void {
  const owners = new Map<string, Rule>();
  for (const rule of rules) {
    if (['readOnly', 'ignoreWrites'].includes(rule.access)) continue;
    for (const attribute of rule.writes.map((ldap) => ldap.toLowerCase())) {
      const other = owners.get(attribute);
      const shares = other && rule.owns !== undefined && other.owns !== undefined && !overlaps(rule.owns, other.owns);
      if (other && !shares) report.add(['resources', name], `${rule.target.name} and ${other.target.name} both write ${attribute}: give them disjoint masks or prefixes, or make one readOnly`, { atKey: true });
      owners.set(attribute, rule);
    }
  }
  for (const ldap of Object.keys(resource.set ?? {})) {
    const other = owners.get(ldap.toLowerCase());
    if (other) report.add(['resources', name, 'set', ldap], `is already written by ${other.target.name}`, { atKey: true });
  }
}

const overlaps = (a: number | string, b: number | string): boolean =>
  typeof a === 'number' && typeof b === 'number' ? (a & b) !== 0 : typeof a !== typeof b || String(a).startsWith(String(b)) || String(b).startsWith(String(a));

/** Without a place for what the schema requires, no resource could be created or shown. */
function checkRequired(name: string, type: ResourceType, full: ResourceType, report: Report): void {
  for (const attribute of full.schema.attributes) {
    if (attribute.required && !type.schema.attributes.some((a) => a.name === attribute.name)) report.add(['resources', name, 'attributes'], `${attribute.name} is required by the schema and not mapped`, { atKey: true });
  }
}
