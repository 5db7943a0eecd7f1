// Bind and "who am I": simple binds over TLS, with a DN, a user principal name or DOMAIN\account.
// MS-ADTS 5.1.1.1.1 (simple authentication), MS-ERREF for the reasons behind `data`; RFC 4532.
import { resolveDn } from '../names.ts';
import type { Node } from '../node.ts';
import { verifyPassword } from '../password.ts';
import type { Operation } from '../request.ts';
import { success, type Result } from '../response.ts';
import { resultCode } from '../result.ts';
import { anonymous, type Identity } from '../session.ts';
import { accountBit } from './account.ts';
import { isDeleted, type Call } from './call.ts';
import { isDomainAdministrator } from './links.ts';
import { foldText } from './matching.ts';
import { refuseBind, refuseRequest } from './refusal.ts';
import { adSchema } from './schema.ts';

const whoAmI = '1.3.6.1.4.1.4203.1.11.3';

/** Windows takes a name without a password as nobody, with success. */
export function bind({ version, name, password }: Operation & { kind: 'bind' }, call: Call): Identity {
  if (version !== 3) throw refuseRequest(resultCode.protocolError, '00000057', 'Error decoding ldap message');
  if (password === undefined) throw refuseRequest(resultCode.authMethodNotSupported, '00002027', 'Invalid Authentication method');
  if (password.length === 0) return anonymous;
  if (!call.session.secured)
    throw refuseRequest(
      resultCode.strongerAuthRequired,
      '00002028',
      'The server requires binds to turn on integrity checking if SSL\\TLS are not already active on the connection',
    );
  const { tree } = call.directory;
  const node = findAccount(name, call);
  const stored = node?.octets('unicodePwd');
  if (node === undefined) throw refuseBind('525');
  if (stored === undefined || !verifyPassword(stored, password)) throw refuseBind('52e');
  requireUsable(node);
  const kind = isDomainAdministrator(node, tree.lookUp.bind(tree)) ? 'administrator' : 'user';
  return { kind, dn: node.name, node };
}

function findAccount(name: string, { directory, domain }: Call): Node | undefined {
  const { tree } = directory;
  const find = (attribute: string, text: string): Node | undefined =>
    [...(tree.lookUp(attribute, foldText(text)) ?? [])].find((node) => !isDeleted(node));
  const [, netBiosName, accountName = ''] = /^([^\\=,]+)\\([^\\=,]+)$/.exec(name) ?? [];
  if (netBiosName !== undefined) return netBiosName.toUpperCase() === domain.netBiosName ? find('sAMAccountName', accountName) : undefined;
  const [, local = '', realm] = /^([^@=,]+)@([^@=,]+)$/.exec(name) ?? [];
  if (realm !== undefined)
    return find('userPrincipalName', name) ?? (realm.toLowerCase() === domain.dnsName ? find('sAMAccountName', local) : undefined);
  const dn = resolveDn(name, adSchema);
  const node = dn && tree.get(dn);
  return node && !isDeleted(node) ? node : undefined;
}

/** Only to who knows the password is said why it does not help. */
function requireUsable(node: Node): void {
  if ((Number(node.text('userAccountControl')) & accountBit.disabled) !== 0) throw refuseBind('533');
  const expires = BigInt(node.text('accountExpires') ?? 0);
  const now = (BigInt(Date.now()) + 11_644_473_600_000n) * 10_000n;
  if (expires !== 0n && expires < now) throw refuseBind('701');
  if (node.text('pwdLastSet') === '0') throw refuseBind('773');
}

export function performExtended({ oid }: Operation & { kind: 'extended' }, { session, domain }: Call): Result {
  if (oid !== whoAmI) throw refuseRequest(resultCode.protocolError, '0000203D', 'Unknown extended request OID');
  const name = session.identity.node?.text('sAMAccountName');
  return { ...success, responseValue: Buffer.from(name === undefined ? '' : `u:${domain.netBiosName}\\${name}`) };
}
