// A multi-valued simple attribute: one LDAP value for each of its values, or all of them in one LDAP value with a separator.
// RFC 7643 section 2.4; written value by value, foreign values stay.
import { present } from '../../ldap/filter.ts';
import { invalidValue } from '../../scim/error.ts';
import { equalValues } from '../../scim/resource.ts';
import type { Json } from '../../scim/schema.ts';
import { defaultCodec } from '../codec.ts';
import { atLeast, columnBounds, unknown } from '../leaf.ts';
import type { Rule } from '../rule.ts';
import { encodeValue, normalizeValue, octetsOf, ownValues, type ValueOptions, valuesWithout } from '../value.ts';
import type { PlainOptions } from './plain.ts';

const listOf = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? (value as readonly Json[]) : []);

const normalizeList = (options: ValueOptions) => (value: Json) => {
  const values = new Set(listOf(value).flatMap((each) => normalizeValue(each, options) ?? []));
  return values.size > 0 ? [...values] : undefined;
};

export function listRule(options: Omit<PlainOptions, 'onClear'>): Rule {
  const { target, access, codec } = options;
  const [attribute = ''] = options.ldap;
  return {
    target,
    access,
    reads: [attribute],
    writes: [attribute],
    ...(codec.prefix !== undefined && { owns: codec.prefix }),
    ...(options.normalize && { normalize: normalizeList(options) }),
    read(entry) {
      const values = ownValues(entry.octets(attribute), codec).map((own) => own.value);
      return values.length > 0 ? values : undefined;
    },
    write(draft, before, after) {
      const [had, wanted] = [listOf(before), listOf(after)];
      const gone = octetsOf(draft.values(attribute), codec, valuesWithout(had, wanted));
      const added = valuesWithout(wanted, had).map((value) => encodeValue(target.name, codec, value, options));
      draft.exchangeAll(attribute, gone, added, { computed: true });
    },
    bounds: (leaf, context) => columnBounds({ ldap: attribute, codec }, leaf, context),
  };
}

const text = defaultCodec('string');

/** All values in one LDAP value. */
export function splitRule(options: Omit<PlainOptions, 'codec' | 'onClear'> & { readonly separator: string }): Rule {
  const { target, access, separator } = options;
  const [attribute = ''] = options.ldap;
  const encode = (value: Json): string => {
    const part = String(encodeValue(target.name, text, value, options)).trim();
    if (part === '' || part.includes(separator)) throw invalidValue(`${target.name} has a value that is blank or contains ${separator}`);
    return part;
  };
  return {
    target,
    access,
    reads: [attribute],
    writes: [attribute],
    ...(options.normalize && { normalize: normalizeList(options) }),
    read(entry) {
      const parts = ownValues(entry.octets(attribute), text).flatMap(({ value }) => String(value).split(separator));
      const values = [...new Set(parts.map((part) => part.trim()))].filter((part) => part !== '');
      return values.length > 0 ? values : undefined;
    },
    write(draft, before, after) {
      if (equalValues(before, after)) return;
      const parts = new Set(listOf(after).map(encode));
      draft.set(attribute, parts.size > 0 ? [[...parts].join(separator)] : []);
    },
    bounds: (_leaf, context) => (context.schema.attribute(attribute) ? atLeast(present(attribute)) : unknown),
  };
}
