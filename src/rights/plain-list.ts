// What the account must be allowed, in words, for servers whose access rules are not known here.
// No RFC.
import { formatDn } from '../ldap/dn.ts';
import { formatFilter } from '../ldap/filter.ts';
import type { Needs, ResourceNeeds } from './needs.ts';

export function printList(needs: Needs): string {
  return `The account ${needs.account} needs, and nothing else:

- read the root DSE, the subschema, and objectClass and entryDN of ${formatDn(needs.baseDn)}
- no limits of size, time or entries looked through for its searches
${needs.resources.map(describe).join('')}`;
}

function describe(resource: ResourceNeeds): string {
  const { name, bases, filter, reads, writes, sets, createsIn, deletes, renames, password } = resource;
  const lines = [
    `search and read: ${reads.join(', ')}`,
    ...(writes.length > 0 ? [`write: ${writes.join(', ')}`] : []),
    ...(sets.length > 0 ? [`set on new entries: ${sets.join(', ')}`] : []),
    ...(password === undefined ? [] : [`set the password (${password})`]),
    ...(createsIn.length > 0 ? [`create entries in ${createsIn.map(formatDn).join('; ')}`] : []),
    ...(deletes ? ['delete entries'] : []),
    ...(renames.length > 0 ? [`rename entries (${renames.join(' + ')})`] : []),
  ];
  const where = bases.map(({ dn, scope }) => `${formatDn(dn)} (${scope})`).join('; ');
  return `\n${name}: entries in ${where} that match ${formatFilter(filter)}\n${lines.map((line) => `- ${line}\n`).join('')}`;
}
