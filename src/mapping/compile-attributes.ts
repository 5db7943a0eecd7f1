// The attributes of one resource type: every mapped SCIM path becomes an offer (what the schema shows) and a rule (what it does).
// RFC 7643 section 7.
import { type AttributeReference, parsePath, resolvePath } from '../scim/path.ts';
import type { ResourceType } from '../scim/schema.ts';
import { checkReferences, checkRequired, type PlacedRule, refuseSharedAttributes } from './check-rules.ts';
import { checkDeferral, compileRule } from './compile-rule.ts';
import type { Item } from './item.ts';
import { collectItems, type ResourceSource } from './items.ts';
import type { MembershipMapping, ResourceMapping } from './mapping.ts';
import { offerOf, specialOffers } from './offers.ts';
import type { Path } from './report.ts';
import { accountStateRule, passwordRule } from './rules/account.ts';
import { referenceRule } from './rules/reference.ts';
import { compileDn, compileScimTemplate } from './text.ts';
import { offerType } from './view.ts';

type Compiled = Pick<
  ResourceMapping,
  'type' | 'ignoresWrites' | 'rules' | 'defaults' | 'membership' | 'groupsFrom' | 'unfilterable' | 'sensitive' | 'unique'
>;

/** @param names of all resource types of the file, which references may name */
export function compileAttributes(source: ResourceSource, names: readonly string[]): Compiled {
  const { name, resource, full, report } = source;
  const items = collectItems(source);
  const type = offerType(full, [...items.map((item) => offerOf(item, resource)), ...specialOffers(source)]);
  const membership = compileMembership(source);
  const placed = [
    ...items.flatMap((item): PlacedRule[] => {
      const target = findOffered(item.reference, type);
      const rule = target && compileRule(item, target, report);
      return rule ? [{ at: item.at, rule }] : [];
    }),
    ...blockRules(source, type, membership),
  ];
  refuseSharedAttributes(name, placed, resource, report);
  checkReferences(placed, names, report);
  checkRequired(name, type, full, report);
  const rules = placed.map(({ rule }) => rule);
  return {
    type,
    rules,
    membership,
    ignoresWrites: rules.filter((rule) => rule.access === 'ignoreWrites').map((rule) => rule.target.name),
    unfilterable: items.filter((item) => item.definition.filter === 'off').map((item) => item.reference.name),
    sensitive: items.filter((item) => item.definition.sensitive === true).map((item) => item.reference.name),
    unique: items.flatMap((item) => (item.definition.unique === undefined ? [] : (findOffered(item.reference, type) ?? []))),
    groupsFrom: items.find((item) => item.definition.memberships?.reverse !== undefined)?.definition.memberships?.reverse,
    defaults: items.flatMap((item) => compileDefault(item, type, source)),
  };
}

function findOffered({ name }: AttributeReference, type: ResourceType): AttributeReference | undefined {
  const path = parsePath(name);
  return path && resolvePath(path, type);
}

/** The rules of attributes that a block of their own maps. */
function blockRules(
  { name, resource }: ResourceSource,
  type: ResourceType,
  membership: MembershipMapping | undefined,
): readonly PlacedRule[] {
  const at = (block: string): Path => ['resources', name, block];
  const target = (attribute: string) => resolvePath({ attribute }, type);
  const [members, active, password] = [target('members'), target('active'), target('password')];
  return [
    ...(membership && members
      ? [{ at: at('membership'), rule: referenceRule({ target: members, access: 'readWrite', ...membership }) }]
      : []),
    ...(resource.accountState && active ? [{ at: at('accountState'), rule: accountStateRule(active, resource.accountState) }] : []),
    ...(resource.password && password ? [{ at: at('password'), rule: passwordRule(password) }] : []),
  ];
}

function compileMembership(source: ResourceSource): MembershipMapping | undefined {
  const { name, resource, report } = source;
  if (!resource.membership) return undefined;
  const { ldap, reference, empty } = resource.membership;
  const at: Path = ['resources', name, 'membership'];
  checkDeferral([...at, 'reference'], reference, report);
  const placeholder = empty && compileDn([...at, 'empty', 'placeholder'], empty.placeholder, source);
  return { ldap, to: reference.to, onUnresolved: reference.onUnresolved, resolveBy: reference.resolveBy ?? [], placeholder };
}

function compileDefault({ at, reference, definition }: Item, type: ResourceType, source: ResourceSource): ResourceMapping['defaults'] {
  if (definition.default === undefined) return [];
  const where = [...at, 'default'];
  const attribute = reference.sub ?? reference.attribute;
  if (attribute.multiValued || (attribute.type !== 'string' && attribute.type !== 'reference')) {
    source.report.add(
      where,
      `a template gives one text, ${reference.name} is ${attribute.multiValued ? 'a list of ' : ''}${attribute.type}`,
    );
    return [];
  }
  const template = compileScimTemplate(where, definition.default, type, source);
  return template ? [{ path: reference.name, template }] : [];
}
