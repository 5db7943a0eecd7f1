// `active` and `password`: what a kind of directory makes of them.
// L-062 to L-066; userAccountControl of [MS-ADTS] 2.2.16, nsAccountLock of 389 Directory Server, pwdAccountLockedTime of draft-behera-ldap-password-policy.
import type { AttributeReference } from '../../scim/path.ts';
import { prepareOpaqueString } from '../../scim/precis.ts';
import type { Json } from '../../scim/schema.ts';
import type { ResourceDefinition } from '../definition.ts';
import { unknown } from '../leaf.ts';
import type { Rule } from '../rule.ts';
import { bitRule, stateRule } from './flag.ts';

type AccountState = NonNullable<ResourceDefinition['accountState']>;

/** ADS_UF_ACCOUNTDISABLE and ADS_UF_NORMAL_ACCOUNT. */
const accountDisabled = 0x2;
const normalAccount = 0x200;

export function accountStateRule(target: AttributeReference, definition: AccountState): Rule {
  switch (definition.strategy) {
    case 'userAccountControl':
      return bitRule(target, 'readWrite', { ldap: 'userAccountControl', mask: accountDisabled, invert: true, initial: normalAccount });
    case 'ppolicy':
      return stateRule(target, 'readWrite', {
        ldap: 'pwdAccountLockedTime',
        activeValue: undefined,
        inactiveValue: '000001010000Z',
        absentMeans: 'active',
        owned: true,
      });
    case 'nsAccountLock':
      return stateRule(target, 'readWrite', {
        ldap: 'nsAccountLock',
        activeValue: undefined,
        inactiveValue: 'true',
        absentMeans: 'active',
        owned: true,
      });
    default: {
      const { ldap = '', activeValue, inactiveValue = '', absentMeans = 'active' } = definition;
      return stateRule(target, 'readWrite', { ldap, activeValue, inactiveValue, absentMeans, owned: false });
    }
  }
}

/** Never read and never part of a modification: the plan of a write has a step of its own for it. */
export function passwordRule(target: AttributeReference): Rule {
  const normalize = (value: Json): Json => (typeof value === 'string' ? prepareOpaqueString(value) : value);
  return {
    target,
    access: 'writeOnly',
    reads: [],
    writes: [],
    normalize,
    read: () => undefined,
    write: () => undefined,
    bounds: () => unknown,
  };
}
