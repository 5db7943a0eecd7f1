// Passwords of a domain: the form in which unicodePwd takes them, and the policy that they must meet.
// MS-ADTS 3.1.1.3.1.5.1 (unicodePwd: over TLS, in quotation marks, UTF-16LE), MS-SAMR 3.1.1.7 (policy).
import { resultCode, type OperationError } from '../result.ts';
import { refuse } from './refusal.ts';

/** Of the default domain policy. */
const shortest = 7;

/** @throws OperationError: the connection is in clear, or the value is in another form */
export function readPassword(value: Buffer, secured: boolean): string {
  const text = value.toString('utf16le');
  const isQuoted = value.length >= 4 && value.length % 2 === 0 && text.startsWith('"') && text.endsWith('"');
  if (!secured || !isQuoted) throw refuse(resultCode.unwillingToPerform, '0000001F', 'unwilling');
  return text.slice(1, -1);
}

/** Who a password must not be named after. */
export interface Owner {
  readonly accountName: string | undefined;
  readonly displayName: string | undefined;
}

/** Whether it is long enough, of three kinds of characters, and without the names of its owner. */
export function meetsPolicy(password: string, { accountName, displayName }: Owner): boolean {
  const kinds = [/\p{Lu}/u, /\p{Ll}/u, /\d/, /[^\p{L}\d]/u, /\p{Lo}/u].filter((kind) => kind.test(password));
  const lower = password.toLowerCase();
  const names = [...(accountName === undefined ? [] : [accountName]), ...(displayName?.split(/[,.\-_ #\t]+/) ?? [])];
  const isNamed = names.some((name) => name.length >= 3 && lower.includes(name.toLowerCase()));
  return password.length >= shortest && kinds.length >= 3 && !isNamed;
}

/** An administrator's reset. */
export const refusePolicy = (): OperationError => refuse(resultCode.unwillingToPerform, '0000052D', 'unwilling');
