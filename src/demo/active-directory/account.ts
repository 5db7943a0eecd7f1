// What makes an entry an account: its name in the domain, its state in bits, its type, its security identifier and its secret.
// MS-SAMR 3.1.1.6 to 3.1.1.8, MS-ADTS 3.1.1.5.2.2 and 2.2.16 (userAccountControl).
import { randomBytes } from 'node:crypto';
import type { Attribute } from '../attribute.ts';
import type { Node } from '../node.ts';
import { type OperationError, resultCode } from '../result.ts';
import { hashPassword } from '../password.ts';
import { isDeleted, put, textOf, type Call } from './call.ts';
import { rid } from './domain.ts';
import { foldText } from './matching.ts';
import { meetsPolicy, refusePolicy, type Owner } from './password.ts';
import { refuse, refuseAttribute } from './refusal.ts';

export const accountBit = { disabled: 0x2, lockout: 0x10, noPasswordNeeded: 0x20, normal: 0x200, passwordExpired: 0x80_0000 } as const;
/** Workstation, server and trust accounts. */
const otherTypes = 0x800 | 0x1000 | 0x2000;
const never = '9223372036854775807';
const longestUserName = 20;

export type Draft = Map<string, Attribute>;

/** Fills in what a new account has, where the request did not say. */
export function prepareAccount(attributes: Draft, kind: 'user' | 'group', sid: Buffer): void {
  const fill = (name: string, value: string): void => {
    if (!attributes.has(name)) put(attributes, name, value);
  };
  put(attributes, 'objectSid', sid);
  fill('sAMAccountName', `$${randomBytes(3).toString('hex').toUpperCase()}-${randomBytes(6).toString('hex').toUpperCase()}`);
  if (kind === 'group') {
    fill('groupType', '-2147483646');
    return;
  }
  fill('userAccountControl', String(accountBit.disabled | accountBit.noPasswordNeeded | accountBit.normal));
  for (const name of ['badPasswordTime', 'badPwdCount', 'codePage', 'countryCode', 'lastLogoff', 'lastLogon', 'logonCount', 'pwdLastSet'])
    fill(name, '0');
  fill('accountExpires', never);
  fill('primaryGroupID', String(rid.domainUsers));
}

/** After every change of an account. @throws OperationError */
export function checkAccount(attributes: Draft, node: Node | undefined, call: Call): void {
  checkNames(attributes, node, call);
  if (attributes.has('userAccountControl')) {
    settleState(attributes);
    put(attributes, 'sAMAccountType', '805306368');
  } else if (attributes.has('groupType')) put(attributes, 'sAMAccountType', groupAccountType(Number(textOf(attributes, 'groupType'))));
}

/** Local groups are aliases; without the highest bit it is no security group. */
function groupAccountType(groupType: number): string {
  const isSecurity = (groupType & 0x8000_0000) !== 0;
  return String(((groupType & 0x4) === 0 ? 0x1000_0000 : 0x2000_0000) + (isSecurity ? 0 : 1));
}

function settleState(attributes: Draft): void {
  const asked = Number(textOf(attributes, 'userAccountControl')) & ~(accountBit.lockout | accountBit.passwordExpired);
  const state = (asked & (accountBit.normal | otherTypes)) === 0 ? asked | accountBit.normal : asked;
  const needsPassword = (state & (accountBit.disabled | accountBit.noPasswordNeeded)) === 0;
  if (needsPassword && !attributes.has('unicodePwd')) throw refusePolicy();
  if (state !== Number(textOf(attributes, 'userAccountControl'))) put(attributes, 'userAccountControl', String(state));
}

function checkNames(attributes: Draft, node: Node | undefined, call: Call): void {
  const accountName = textOf(attributes, 'sAMAccountName');
  if (accountName !== undefined && accountName !== node?.text('sAMAccountName')) {
    const tooLong = attributes.has('userAccountControl') && accountName.length > longestUserName;
    if (tooLong || /["/\\[\]:;|=,+*?<>]|\.$/.test(accountName)) throw refuse(resultCode.other, '00000523', 'invalidArgument');
    if (isTaken('sAMAccountName', accountName, node, call)) throw refuse(resultCode.entryAlreadyExists, '00002071', 'exists');
  }
  const principal = textOf(attributes, 'userPrincipalName');
  if (principal !== undefined && principal !== node?.text('userPrincipalName') && isTaken('userPrincipalName', principal, node, call))
    throw refuseAttribute(resultCode.constraintViolation, '000021C8', 'constraint', 'userPrincipalName');
}

function isTaken(attribute: string, value: string, node: Node | undefined, { directory }: Call): boolean {
  return [...(directory.tree.lookUp(attribute, foldText(value)) ?? [])].some((other) => other !== node && !isDeleted(other));
}

/** `refused`: what the client is told when the policy does not like it. */
export function setPassword(attributes: Draft, password: string, refused: () => OperationError): void {
  const owner: Owner = { accountName: textOf(attributes, 'sAMAccountName'), displayName: textOf(attributes, 'displayName') };
  if (!meetsPolicy(password, owner)) throw refused();
  put(attributes, 'unicodePwd', hashPassword(Buffer.from(password)));
  put(attributes, 'pwdLastSet', fileTimeNow());
}

export function fileTimeNow(): string {
  return String((BigInt(Date.now()) + 11_644_473_600_000n) * 10_000n);
}
