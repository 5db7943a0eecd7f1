// Permissions, one privilege and one role of FreeIPA for exactly what a mapping reads and writes.
// ipa help permission; ipa help role. Written from the documentation, not tried on a live server.
import { formatDn } from '../ldap/dn.ts';
import { formatFilter } from '../ldap/filter.ts';
import { distinct, type Needs, type ResourceNeeds } from './needs.ts';
import { shell } from './quoting.ts';

const privilege = 'SCIM gateway';

export function printFreeIpa(needs: Needs): string {
  const permissions = needs.resources.flatMap(permissionsOf);
  const names = permissions.map(({ name }) => name);
  return `#!/bin/sh
# After kinit as an administrator.
set -eu
${permissions.map(({ command }) => command).join('\n')}

ipa privilege-add ${shell(privilege)} --desc ${shell('What the SCIM gateway reads and writes')}
${names.map((name) => `ipa privilege-add-permission ${shell(privilege)} --permissions=${shell(name)}`).join('\n')}
ipa role-add ${shell(privilege)} --desc ${shell('The SCIM gateway')}
ipa role-add-privilege ${shell(privilege)} --privileges=${shell(privilege)}
${memberLine(needs.account)}
`;
}

function permissionsOf(resource: ResourceNeeds): readonly { readonly name: string; readonly command: string }[] {
  const { name, reads, writes, sets, createsIn, deletes, password, filter } = resource;
  return resource.bases.flatMap(({ dn }, i) => {
    const target = `--subtree=${shell(formatDn(dn))} --filter=${shell(formatFilter(filter))}`;
    const permission = (what: string, rights: readonly string[], attributes: readonly string[]) => {
      const title = `SCIM gateway: ${what} ${name}${i === 0 ? '' : ` ${i + 1}`}`;
      const listed = [...rights.map((right) => `--right=${right}`), ...attributes.map((attribute) => `--attrs=${attribute}`)].join(' ');
      return { name: title, command: `ipa permission-add ${shell(title)} ${target} ${listed}` };
    };
    const added = [...(createsIn.length > 0 ? ['add'] : []), ...(deletes ? ['delete'] : [])];
    return [
      permission('read', ['read', 'search', 'compare'], distinct([...reads, ...sets])),
      ...(writes.length > 0 ? [permission('write', ['write'], writes)] : []),
      ...(password === undefined ? [] : [permission('password of', ['write'], ['userPassword', 'krbPrincipalKey'])]),
      ...(added.length > 0 ? [permission(added.join(' and '), added, [])] : []),
    ];
  });
}

/** A system account (cn=sysaccounts) is no user that `ipa role-add-member` knows. */
function memberLine(account: string): string {
  const user = /^uid=([^,]+),cn=users,cn=accounts,/i.exec(account)?.[1];
  if (user !== undefined) return `ipa role-add-member ${shell(privilege)} --users=${shell(user)}`;
  const suffix = /(dc=.*)$/i.exec(account)?.[1] ?? 'dc=example,dc=com';
  return `ldapmodify -Y GSSAPI <<EOF
dn: cn=${privilege},cn=roles,cn=accounts,${suffix}
changetype: modify
add: member
member: ${account}
EOF`;
}
