// A single SCIM value kept in one LDAP attribute, or read from the first of several that has one.
// RFC 7643 section 2.3; L-010, L-020.
import type { Entry } from '../../ldap/entry.ts';
import { mutability } from '../../scim/error.ts';
import type { AttributeReference } from '../../scim/path.ts';
import { equalValues } from '../../scim/resource.ts';
import type { Json } from '../../scim/schema.ts';
import type { Codec } from '../codec.ts';
import { anyOf, atLeast, columnBounds } from '../leaf.ts';
import type { Access, Rule } from '../rule.ts';
import { encodeValue, normalizeValue, octetsOf, readValue, type ValueOptions } from '../value.ts';

export interface PlainOptions extends ValueOptions {
  readonly target: AttributeReference;
  readonly access: Access;
  /** Read from the first that has a value, written to the first. */
  readonly ldap: readonly string[];
  readonly codec: Codec;
  readonly onClear: 'delete' | 'keep' | { readonly set: string };
}

export function plainRule(options: PlainOptions): Rule {
  const { target, access, ldap, codec } = options;
  const [attribute = '', ...others] = ldap;
  const computed = codec.prefix !== undefined;
  return {
    target,
    access,
    reads: ldap,
    writes: [attribute],
    ...(codec.prefix !== undefined && { owns: codec.prefix }),
    ...(options.normalize && { normalize: (value) => normalizeValue(value, options) }),
    read: (entry) => readFirst(entry, ldap, codec),
    write(draft, before, after) {
      if (equalValues(before, after)) return;
      const [current] = octetsOf(draft.values(attribute), codec, before === undefined ? [] : [before]);
      if (after === undefined && current === undefined && others.length > 0)
        throw mutability(`${target.name} cannot be removed: the directory keeps it in an attribute that the gateway does not write`);
      const next = after === undefined ? onClear(options, current) : encodeValue(target.name, codec, after, options);
      draft.exchange(attribute, current, next, { computed });
    },
    bounds(leaf, context) {
      const columns = ldap.map((each) => columnBounds({ ldap: each, codec }, leaf, context));
      // The first that has a value counts, so any of several may match and none is sure.
      return columns.length === 1 ? anyOf(columns) : atLeast(anyOf(columns).over);
    },
  };
}

function onClear({ onClear: action }: PlainOptions, current: Buffer | undefined): Buffer | string | undefined {
  if (action === 'delete') return undefined;
  return action === 'keep' ? current : action.set;
}

function readFirst(entry: Entry, ldap: readonly string[], codec: Codec): Json | undefined {
  for (const attribute of ldap) {
    const value = readValue(entry, attribute, codec);
    if (value !== undefined) return value;
  }
  return undefined;
}
