// Booleans that are part of something larger: bits of an integer, the presence of an attribute, the state of an account.
// Only the own bits and values are written, and what is computed from the old value is guarded against others (L-015, L-065).
import { and, equal, extensible, not, present } from '../../ldap/filter.ts';
import { type AttributeType, equalityKind } from '../../ldap/schema.ts';
import { invalidValue } from '../../scim/error.ts';
import { fold } from '../../scim/match.ts';
import type { AttributeReference } from '../../scim/path.ts';
import { equalValues } from '../../scim/resource.ts';
import type { Draft } from '../draft.ts';
import { anyOf, atLeast, exactly, negate, nothing, unknown } from '../leaf.ts';
import type { Access, Bounds, Rule } from '../rule.ts';

interface Flag {
  readonly ldap: string;
  /** Undefined: neither. */
  read(values: readonly Buffer[]): boolean | undefined;
  write(draft: Draft, value: boolean): void;
  /** Bounds of "is that value"; undefined where the directory cannot tell. */
  is(value: boolean, type: AttributeType): Bounds | undefined;
}

function flagRule(target: AttributeReference, access: Access, flag: Flag): Rule {
  return {
    target,
    access,
    reads: [flag.ldap],
    writes: [flag.ldap],
    read: (entry) => flag.read(entry.octets(flag.ldap)),
    write(draft, before, after, context) {
      if (equalValues(before, after)) return;
      if (after === undefined) context.ignored(target.name, 'the directory has no third state');
      else flag.write(draft, after === true);
    },
    bounds(leaf, context) {
      const type = context.schema.attribute(flag.ldap);
      if (!type || leaf.test === 'present' || leaf.test.operator !== 'eq') return unknown;
      return typeof leaf.test.value === 'boolean' ? (flag.is(leaf.test.value, type) ?? unknown) : nothing;
    },
  };
}

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

const integerOf = (octets: Buffer | undefined): bigint | undefined => {
  const text = octets?.toString() ?? '';
  return /^-?\d{1,100}$/.test(text) ? BigInt(text) : undefined;
};

/** Of several bits any one counts as set. */
export function bitRule(target: AttributeReference, access: Access, options: BitOptions): Rule {
  const { ldap, invert, initial } = options;
  const mask = BigInt(options.mask);
  const rule = flagRule(target, access, {
    ldap,
    read([octets]) {
      const value = integerOf(octets);
      return value === undefined ? undefined : ((value & mask) !== 0n) !== invert;
    },
    write(draft, value) {
      const [current] = draft.values(ldap);
      const before = current === undefined ? BigInt(initial) : integerOf(current);
      if (before === undefined) throw invalidValue(`${target.name} cannot be changed: the directory holds something that is no number`);
      const after = value === invert ? before & ~mask : before | mask;
      draft.exchange(ldap, current, String(after), { computed: true });
    },
    is(value, type) {
      if (equalityKind(type) !== 'integer') return atLeast(present(ldap));
      const set = extensible(String(mask), { rule: (mask & (mask - 1n)) === 0n ? bitRules.all : bitRules.any, attribute: ldap });
      // Without a value it is neither true nor false.
      const found = value === invert ? and([present(ldap), not(set)]) : set;
      return type.singleValue ? exactly(found) : atLeast(present(ldap));
    },
  });
  return { ...rule, owns: options.mask };
}

export interface PresenceOptions {
  readonly ldap: string;
  readonly whenSet: string;
  /** A value means false. */
  readonly invert: boolean;
}

export function presenceRule(target: AttributeReference, access: Access, { ldap, whenSet, invert }: PresenceOptions): Rule {
  return flagRule(target, access, {
    ldap,
    read: (values) => values.length > 0 !== invert,
    write(draft, value) {
      if (value === invert) draft.set(ldap, []);
      else if (draft.values(ldap).length === 0) draft.set(ldap, [whenSet]);
    },
    is: (value) => exactly(value === invert ? not(present(ldap)) : present(ldap)),
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
const prepare = (value: string): string => fold(value).replace(/ +/g, ' ').trim();

/** The state of an account in an attribute of its own: everything but `inactiveValue` is active, and only own values are touched. */
export function stateRule(target: AttributeReference, access: Access, options: StateOptions): Rule {
  const { ldap, activeValue, inactiveValue, absentMeans, owned } = options;
  const is = (wanted: string | undefined) => {
    const prepared = wanted === undefined ? undefined : prepare(wanted);
    return (octets: Buffer) => prepare(octets.toString()) === prepared;
  };
  const isInactive = is(inactiveValue);
  return flagRule(target, access, {
    ldap,
    read: (values) => (values.length === 0 ? absentMeans === 'active' : !values.some(isInactive)),
    write(draft, value) {
      const values = draft.values(ldap);
      if (value && values.length > 0 && !values.some(isInactive)) return;
      const to = value ? activeValue : inactiveValue;
      const from = values.find(value ? isInactive : is(activeValue));
      if (owned) draft.set(ldap, to === undefined ? [] : [to]);
      else draft.exchange(ldap, from, to, { computed: true });
    },
    is(value, type) {
      const inactive = inactiveBounds(ldap, inactiveValue, type);
      const absent = exactly(not(present(ldap)));
      const found = absentMeans === 'active' ? inactive : anyOf([inactive, absent]);
      return value ? negate(found) : found;
    },
  });
}

function inactiveBounds(ldap: string, inactiveValue: string, type: AttributeType): Bounds {
  const isAscii = /^[\x20-\x7e]+$/.test(inactiveValue);
  switch (equalityKind(type)) {
    case 'caseIgnore':
      return isAscii ? exactly(equal(ldap, inactiveValue)) : atLeast(present(ldap));
    case 'boolean':
      // A boolean assertion in lower case would be Undefined.
      return /^(?:true|false)$/i.test(inactiveValue) ? exactly(equal(ldap, inactiveValue.toUpperCase())) : atLeast(present(ldap));
    case 'time':
      return atLeast(equal(ldap, inactiveValue));
    default:
      return atLeast(present(ldap));
  }
}
