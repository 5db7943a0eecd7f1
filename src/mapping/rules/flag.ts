// Booleans that are part of something larger: bits of an integer, the presence of an attribute, the state of an account.
// Only the own bits and values are written, and what is computed from the old value is guarded against others (L-015, L-065).
import { equal, extensible, not, or, present } from '../../ldap/filter.ts';
import { equalityKind } from '../../ldap/schema.ts';
import { invalidValue, mutability } from '../../scim/error.ts';
import { fold } from '../../scim/match.ts';
import type { AttributeReference } from '../../scim/path.ts';
import { equalValues } from '../../scim/resource.ts';
import type { Draft } from '../draft.ts';
import { atLeast, exactly, negate, nothing, unknown } from '../leaf.ts';
import type { Access, Bounds, FilterContext, Leaf, Rule } from '../rule.ts';

interface Flag {
  readonly ldap: string;
  /** Undefined: neither. */
  read(values: readonly Buffer[]): boolean | undefined;
  write(draft: Draft, value: boolean): void;
  /** Bounds of "is true"; undefined where the directory cannot tell. */
  isTrue(context: FilterContext): Bounds | undefined;
}

function flagRule(target: AttributeReference, access: Access, flag: Flag): Rule {
  return {
    target,
    access,
    reads: [flag.ldap],
    writes: [flag.ldap],
    read: (entry) => flag.read(entry.octets(flag.ldap)),
    write(draft, before, after) {
      if (after !== undefined && !equalValues(before, after)) flag.write(draft, after === true);
    },
    bounds: (leaf, context) => flagBounds(flag, leaf, context),
  };
}

function flagBounds(flag: Flag, leaf: Leaf, context: FilterContext): Bounds {
  if (!context.schema.attribute(flag.ldap)) return unknown;
  const yes = flag.isTrue(context);
  if (!yes || leaf.test === 'present' || leaf.test.operator !== 'eq') return unknown;
  return leaf.test.value === true ? yes : leaf.test.value === false ? negate(yes) : nothing;
}

const integerOf = (values: readonly Buffer[]): number | undefined => {
  const text = values[0]?.toString() ?? '';
  return /^-?\d{1,10}$/.test(text) ? Number(text) : undefined;
};

/** MS-ADTS 3.1.1.3.4.4: LDAP_MATCHING_RULE_BIT_AND and _OR. */
const bitRules = { all: '1.2.840.113556.1.4.803', any: '1.2.840.113556.1.4.804' };

export interface BitOptions {
  readonly ldap: string;
  readonly mask: number;
  /** A set bit means false. */
  readonly invert: boolean;
  /** Value that the attribute has in a new entry before our bits are set. */
  readonly initial: number;
}

export function bitRule(target: AttributeReference, access: Access, options: BitOptions): Rule {
  const { ldap, mask, invert, initial } = options;
  const rule = flagRule(target, access, {
    ldap,
    read(values) {
      const value = integerOf(values);
      return value === undefined ? undefined : ((value & mask) !== 0) !== invert;
    },
    write(draft, value) {
      const [current] = draft.values(ldap);
      const before = current === undefined ? initial : integerOf([current]);
      if (before === undefined) throw invalidValue(`${target.name} cannot be changed: the directory holds something that is no number`);
      const after = value === invert ? before & ~mask : before | mask;
      draft.exchange(ldap, current, String(after), { computed: true });
    },
    isTrue(context) {
      const type = context.schema.attribute(ldap);
      if (!type || equalityKind(type) !== 'integer') return undefined;
      const set = extensible(String(mask), { rule: Number.isInteger(Math.log2(mask)) ? bitRules.all : bitRules.any, attribute: ldap });
      // Without a value it is neither true nor false.
      const has = present(ldap);
      return invert ? exactly({ kind: 'and', filters: [has, not(set)] }) : exactly(set);
    },
  });
  return { ...rule, owns: mask };
}

export function presenceRule(target: AttributeReference, access: Access, options: { readonly ldap: string; readonly whenSet: string; readonly invert: boolean }): Rule {
  const { ldap, whenSet, invert } = options;
  return flagRule(target, access, {
    ldap,
    read: (values) => (values.length > 0) !== invert,
    write(draft, value) {
      const has = draft.values(ldap).length > 0;
      if (value === invert && has) draft.set(ldap, []);
      else if (value !== invert && !has) draft.set(ldap, [whenSet]);
    },
    isTrue: () => exactly(invert ? not(present(ldap)) : present(ldap)),
  });
}

export interface StateOptions {
  readonly ldap: string;
  readonly activeValue: string | undefined;
  readonly inactiveValue: string;
  readonly absentMeans: 'active' | 'inactive';
  /** The attribute serves nothing but this: any value may be overwritten. */
  readonly owned: boolean;
}

/** As directories prepare strings before they compare them (RFC 4518): case, width and blanks do not count. */
const prepare = (value: string): string => fold(value).trim().replace(/\s+/g, ' ');

/** The state of an account in an attribute of its own: everything but `inactiveValue` is active, and only own values are touched. */
export function stateRule(target: AttributeReference, access: Access, options: StateOptions): Rule {
  const { ldap, activeValue, inactiveValue, absentMeans, owned } = options;
  const is = (wanted: string | undefined) => (octets: Buffer) => wanted !== undefined && prepare(octets.toString()) === prepare(wanted);
  return flagRule(target, access, {
    ldap,
    read: (values) => (values.length === 0 ? absentMeans === 'active' : !values.some(is(inactiveValue))),
    write(draft, value) {
      const values = draft.values(ldap);
      const from = values.find(is(value ? inactiveValue : activeValue));
      const to = value ? activeValue : inactiveValue;
      if (value && from === undefined && values.length > 0) return;
      if (owned) return draft.set(ldap, to === undefined ? [] : [to]);
      if (value && to === undefined && absentMeans === 'inactive') throw mutability(`${target.name} cannot be set: the mapping names no activeValue`);
      draft.exchange(ldap, from, to, { computed: from !== undefined });
    },
    isTrue(context) {
      const type = context.schema.attribute(ldap);
      const kind = type ? equalityKind(type) : 'none';
      const inactive = equal(ldap, inactiveValue);
      const known = kind === 'caseIgnore' || kind === 'time' || kind === 'boolean';
      const filter = absentMeans === 'active' ? inactive : or([inactive, not(present(ldap))]);
      return known ? negate(exactly(filter)) : negate(atLeast(absentMeans === 'active' ? present(ldap) : or([present(ldap), not(present(ldap))])));
    },
  });
}

