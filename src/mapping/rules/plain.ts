// A SCIM value, or a list of simple values, kept in one LDAP attribute.
import type { Entry } from '../../ldap/entry.ts';
import type { AttributeReference } from '../../scim/path.ts';
import { equalValues } from '../../scim/resource.ts';
import type { Json } from '../../scim/schema.ts';
import type { Codec } from '../codec.ts';
import type { Draft } from '../draft.ts';
import { atLeast, columnBounds } from '../leaf.ts';
import type { Access, Bounds, FilterContext, Leaf, Rule } from '../rule.ts';
import { encodeValue, ownValues, pickValue, type ValueOptions } from '../value.ts';
import { or } from '../../ldap/filter.ts';

export interface PlainOptions extends ValueOptions {
  readonly target: AttributeReference;
  readonly access: Access;
  /** Read from the first that has a value. */
  readonly ldap: readonly string[];
  readonly codec: Codec;
  readonly onClear: 'delete' | 'keep' | { readonly set: string };
}

/** A single SCIM value. */
export function plainRule(options: PlainOptions): Rule {
  const { target, access, ldap, codec } = options;
  const [attribute = ''] = ldap;
  return {
    target,
    access,
    reads: ldap,
    writes: [attribute],
    ...(codec.prefix !== undefined && { owns: codec.prefix }),
    read: (entry) => readFirst(entry, ldap, codec),
    write(draft, before, after) {
      if (equalValues(before, after)) return;
      const current = pickFromDraft(draft, attribute, codec, before);
      if (after !== undefined) return draft.exchange(attribute, current, encodeValue(target.name, codec, after, options));
      if (options.onClear === 'delete') draft.exchange(attribute, current, undefined);
      else if (options.onClear !== 'keep') draft.exchange(attribute, current, options.onClear.set);
    },
    bounds: (leaf, context) => anyColumn(ldap, codec, leaf, context),
  };
}

function readFirst(entry: Entry, ldap: readonly string[], codec: Codec): Json | undefined {
  for (const attribute of ldap) {
    const picked = pickValue(entry, attribute, codec);
    if (picked) return picked.value;
  }
  return undefined;
}

/** The octets behind the SCIM value before: among the draft's own values the one that decodes to it. */
function pickFromDraft(draft: Draft, attribute: string, codec: Codec, before: Json | undefined): Buffer | undefined {
  return ownValues(draft.values(attribute), codec).find((own) => equalValues(own.value, before))?.octets;
}

/** With several attributes the first that has a value counts, so any of them may match and none is sure. */
function anyColumn(ldap: readonly string[], codec: Codec, leaf: Leaf, context: FilterContext): Bounds {
  const [first, ...rest] = ldap.map((attribute) => columnBounds({ ldap: attribute, codec }, leaf, context));
  return rest.length === 0 ? first! : atLeast(or([first!, ...rest].map((bounds) => bounds.over)));
}

/** A multi-valued simple attribute: one LDAP value per element; foreign values stay. */
export function listRule(options: PlainOptions): Rule {
  const { target, access, codec } = options;
  const [attribute = ''] = options.ldap;
  const encode = (values: Json | undefined) => (Array.isArray(values) ? values : []).map((value: Json) => encodeValue(target.name, codec, value, options));
  return {
    target,
    access,
    reads: [attribute],
    writes: [attribute],
    ...(codec.prefix !== undefined && { owns: codec.prefix }),
    read(entry) {
      const values = ownValues(entry.octets(attribute), codec).map((own) => own.value);
      return values.length > 0 ? values : undefined;
    },
    write(draft, before, after) {
      const wanted = Array.isArray(after) ? (after as readonly Json[]) : [];
      const gone = ownValues(draft.values(attribute), codec).filter((own) => !wanted.some((value) => equalValues(value, own.value)));
      const had = Array.isArray(before) ? (before as readonly Json[]) : [];
      draft.exchangeAll(attribute, gone.map((own) => own.octets), encode(wanted.filter((value) => !had.some((old) => equalValues(old, value)))));
    },
    bounds: (leaf, context) => columnBounds({ ldap: attribute, codec }, leaf, context),
  };
}

/** A multi-valued simple attribute in one LDAP value, joined by a separator. */
export function splitRule(options: Omit<PlainOptions, 'codec'> & { readonly separator: string }): Rule {
  const { target, access, separator } = options;
  const [attribute = ''] = options.ldap;
  return {
    target,
    access,
    reads: [attribute],
    writes: [attribute],
    read(entry) {
      const parts = entry.texts(attribute).flatMap((text) => text.split(separator)).map((part) => part.trim()).filter((part) => part !== '');
      return parts.length > 0 ? parts : undefined;
    },
    write(draft, before, after) {
      if (equalValues(before, after)) return;
      const parts = Array.isArray(after) ? (after as readonly Json[]).map(String) : [];
      draft.set(attribute, parts.length > 0 ? [parts.join(separator)] : []);
    },
    bounds: (leaf, context) => atLeast(columnBounds({ ldap: attribute, codec: { ...splitCodec } }, { ...leaf, test: 'present' }, context).over),
  };
}

const splitCodec: Codec = {
  name: 'split',
  types: ['string'],
  compares: 'nothing',
  total: false,
  decode: (octets) => octets.toString(),
  encode: (value) => String(value),
};
