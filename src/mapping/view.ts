// The schemas as this mapping offers them: an attribute without a place in the directory is absent.
// RFC 7643 sections 6 and 7; what is published is what is implemented.
import type { Attribute, ResourceType, Schema } from '../scim/schema.ts';
import { commonAttributes } from '../scim/schema.ts';

/** What the mapping says of one attribute or sub-attribute. */
export interface Offer {
  readonly extension: string | undefined;
  readonly attribute: string;
  readonly sub: string | undefined;
  /** For a whole complex attribute: the sub-attributes that have a place. */
  readonly subs?: readonly string[];
  /** Accepted values of `type`. */
  readonly types?: readonly string[];
  readonly characteristics: Partial<Pick<Attribute, 'required' | 'mutability' | 'returned' | 'uniqueness'>>;
}

/** A resource type reduced to what the mapping offers. */
export function offerType(full: ResourceType, offers: readonly Offer[]): ResourceType {
  const of = (extension: string | undefined) => offers.filter((offer) => offer.extension === extension);
  const core = of(undefined);
  return {
    ...full,
    schema: offerSchema(full.schema, core),
    extensions: full.extensions
      .map((e) => ({ ...e, schema: offerSchema(e.schema, of(e.schema.id)) }))
      .filter((e) => e.schema.attributes.length > 0),
    common: offerCommon(core),
  };
}

function offerSchema(schema: Schema, offers: readonly Offer[]): Schema {
  return { ...schema, attributes: schema.attributes.flatMap((attribute) => offerAttribute(attribute, offers) ?? []) };
}

function offerAttribute(attribute: Attribute, offers: readonly Offer[]): Attribute | undefined {
  const own = offers.filter((offer) => offer.attribute === attribute.name);
  const whole = own.find((offer) => offer.sub === undefined);
  if (whole) return { ...attribute, ...whole.characteristics, ...offerParts(attribute, whole) };
  const parts = (attribute.subAttributes ?? []).flatMap((sub) => {
    const offer = own.find((candidate) => candidate.sub === sub.name);
    return offer ? [{ ...sub, ...offer.characteristics }] : [];
  });
  return parts.length > 0 ? { ...attribute, subAttributes: parts } : undefined;
}

function offerParts(attribute: Attribute, { subs, types }: Offer): Partial<Attribute> {
  if (!attribute.subAttributes || !subs) return {};
  const kept = attribute.subAttributes.filter((sub) => subs.includes(sub.name));
  return {
    subAttributes: kept.map((sub) => (sub.name === 'type' && types && types.length > 0 ? { ...sub, canonicalValues: types } : sub)),
  };
}

const alwaysThere: ReadonlySet<string> = new Set(['resourceType', 'location', 'version']);

/** `id`, `schemas`, `meta.resourceType`, `meta.location` and `meta.version` are always there; the rest of the common attributes where mapped. */
function offerCommon(offers: readonly Offer[]): readonly Attribute[] {
  const has = (name: string, sub?: string) => offers.some((offer) => offer.attribute === name && offer.sub === sub);
  return commonAttributes.flatMap((attribute) => {
    if (attribute.name === 'externalId') return offerAttribute(attribute, offers) ?? [];
    if (attribute.name !== 'meta') return attribute;
    return {
      ...attribute,
      subAttributes: (attribute.subAttributes ?? []).filter((sub) => alwaysThere.has(sub.name) || has('meta', sub.name)),
    };
  });
}
