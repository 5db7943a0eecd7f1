// The outside changes as an administrator of Active Directory makes them: people are named by CN, and have no uid.
// Test set-up only.
import { childOf, formatDn, parseDn, type Dn } from '../../../src/ldap/dn.ts';
import type { Change } from '../../../src/ldap/entry.ts';
import { equal, or, type Filter, type Value } from '../../../src/ldap/filter.ts';
import type { Writer } from './outside.ts';

/** As `scope` of outside.ts. */
export const domainScope: Filter = or([equal('employeeType', 'active'), equal('objectClass', 'group')]);

const classes: ReadonlyMap<string, string> = new Map([
  ['inetOrgPerson', 'user'],
  ['groupOfNames', 'group'],
]);

export const inDomain = (dn: Dn): Dn => ({
  rdns: dn.rdns.map((rdn) => rdn.map(({ type, value }) => ({ type: type.toLowerCase() === 'uid' ? 'CN' : type, value }))),
});

function translate(attribute: string, values: readonly Value[]): readonly Value[] {
  if (attribute === 'objectClass') return values.map((value) => classes.get(String(value)) ?? value);
  return attribute === 'member' ? values.map((value) => formatDn(inDomain(parseDn(String(value))))) : values;
}

export function asDomain(admin: Writer): Writer {
  return {
    add(dn, attributes, options) {
      const kept = [...attributes].filter(([name]) => name !== 'uid');
      return admin.add(inDomain(dn), new Map(kept.map(([name, values]) => [name, translate(name, values)])), options);
    },
    modify(dn, changes, options) {
      const translated = changes.map((change): Change => ({ ...change, values: translate(change.attribute, change.values) }));
      return admin.modify(inDomain(dn), translated, options);
    },
    move(dn, rdn, options) {
      const [newRdn = []] = inDomain(childOf(rdn, { rdns: [] })).rdns;
      const superior = options?.superior;
      return admin.move(inDomain(dn), newRdn, { ...options, ...(superior && { superior: inDomain(superior) }) });
    },
    delete: (dn, options) => admin.delete(inDomain(dn), options),
  };
}
