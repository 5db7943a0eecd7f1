// What the mapping offers of a resource type, as clients see it in the schema: which attributes, and with which characteristics.
// RFC 7643 section 7; R-045 (what is published is what is implemented), L-040 (uniqueness).
import type { AttributeReference } from '../scim/path.ts';
import { attributesOf, type Attribute } from '../scim/schema.ts';
import type { AttributeDefinition, ResourceDefinition } from './definition.ts';
import type { Item } from './item.ts';
import type { ResourceSource } from './items.ts';
import type { Offer } from './view.ts';

export function offerOf({ reference, definition, access }: Item, resource: ResourceDefinition): Offer {
  const { extension, attribute, sub } = reference;
  const isUnique = definition.unique !== undefined || (sub ?? attribute).uniqueness !== 'none';
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
      ...(isUnique && { uniqueness: uniquenessOf(reference, definition, resource) }),
    },
  };
}

/** `global` says what the values are, `server` what the directory does. */
function uniquenessOf(
  reference: AttributeReference,
  definition: AttributeDefinition,
  resource: ResourceDefinition,
): Attribute['uniqueness'] {
  if (definition.unique === 'global') return 'global';
  return isEnforced(reference, definition, resource) ? 'server' : 'none';
}

/** Attributes that Active Directory keeps unique by itself. */
const enforcedNames: ReadonlySet<string> = new Set(['userprincipalname', 'samaccountname']);

/** Only a directory can promise uniqueness: by its own rule, or by the name of the entry in one flat container (L-040). */
function isEnforced(reference: AttributeReference, { ldap, unique }: AttributeDefinition, { create, search }: ResourceDefinition): boolean {
  if (unique === undefined) return false;
  const attribute = typeof ldap === 'string' ? ldap.toLowerCase() : '';
  if (enforcedNames.has(attribute)) return true;
  const isNamed = create?.rdn.toLowerCase().replace(/\s/g, '') === `${attribute}={${reference.name.toLowerCase()}}`;
  return isNamed && create?.placement.length === 1 && search.bases.length === 1;
}

function partsOf({ attribute, sub }: AttributeReference, definition: AttributeDefinition): Pick<Offer, 'subs' | 'types'> {
  if (sub || !attribute.subAttributes) return {};
  const { elements, reference, memberships } = definition;
  if (elements) {
    const names = elements.flatMap((e) => [
      ...Object.keys(e.match),
      ...Object.keys(e.slot ?? e.list ?? {}),
      ...(e.primary ? ['primary'] : []),
    ]);
    const types = elements.flatMap((e) => (typeof e.match['type'] === 'string' ? [e.match['type']] : []));
    return { subs: names, types: [...new Set(types)] };
  }
  if (memberships) return { subs: ['value', '$ref', 'display', 'type'], types: ['direct'] };
  if (reference) return { subs: ['value', '$ref', 'display', 'displayName', 'type'], types: reference.to };
  return definition.codec?.json ? {} : { subs: ['value'] };
}

/** Attributes that a block of their own maps: `active`, `password`, `members`. */
export function specialOffers({ name, resource, full, report }: ResourceSource): readonly Offer[] {
  const offers: Offer[] = [];
  const offer = (block: string, attribute: string, extra: Partial<Offer> = {}) => {
    if (!attributesOf(full).some((a) => a.name === attribute))
      report.add(['resources', name, block], `${name} has no attribute ${attribute}`, { atKey: true });
    else if (Object.hasOwn(resource.attributes, attribute) && resource.attributes[attribute])
      report.add(['resources', name, 'attributes', attribute], `${attribute} is already mapped by \`${block}\``, { atKey: true });
    else offers.push({ extension: undefined, attribute, sub: undefined, characteristics: {}, ...extra });
  };
  if (resource.accountState) offer('accountState', 'active');
  if (resource.password) offer('password', 'password');
  if (resource.membership)
    offer('membership', 'members', { subs: ['value', '$ref', 'type', 'display'], types: resource.membership.reference.to });
  return offers;
}
