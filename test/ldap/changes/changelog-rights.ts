// What an administrator of 389 Directory Server grants the gateway so that it can be told of changes: to read the tree, and the changelog.
// Test set-up only.
import type { Directory } from '../../../src/ldap/directory.ts';
import { parseDn } from '../../../src/ldap/dn.ts';
import type { Ds389 } from '../../servers/ds389.ts';

export async function grantReading(admin: Directory, { suffix, gatewayDn }: Ds389): Promise<void> {
  for (const place of [suffix, 'cn=changelog']) await grantReadingOf(admin, place, gatewayDn);
}

export async function grantReadingOf(admin: Directory, place: string, account: string): Promise<void> {
  const right = `(targetattr="*")(version 3.0; acl "gateway reads"; allow (read, search, compare) userdn="ldap:///${account}";)`;
  await admin.modify(parseDn(place), [{ operation: 'add', attribute: 'aci', values: [right] }]);
}
