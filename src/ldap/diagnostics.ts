// What servers say beside a result code, in plain words: the extended errors of Active Directory, and the sentences of other servers.
// [MS-ERREF] 2.2 (the eight digits are a Win32 error code); draft-behera-ldap-password-policy section 6.2. For the log, never for a client.
import { nameOfResult, type DirectoryError } from './error.ts';

/** What a failure is about, beyond its result code: decides the answer to the client. */
export type Cause =
  | 'password' // the policy refuses it
  | 'oldPassword'
  | 'passwordChannel' // it may not travel over this connection
  | 'nameTaken'
  | 'valueTaken'
  | 'accountName' // too long, or of characters that it may not have
  | 'member' // is one already, or is none
  | 'groupScope'
  | 'reference' // a DN that names nothing
  | 'privilege'
  | 'notBound'
  | 'account'; // of the gateway itself: locked, expired, disabled

export interface Diagnosis {
  readonly cause: Cause | undefined;
  /** A clause without a full stop. */
  readonly text: string;
}

type Row = readonly [code: string, cause: Cause | undefined, text: string];

/** By the eight hexadecimal digits that a diagnostic message of Active Directory begins with. */
const windowsErrors = table([
  ['00000005', 'privilege', 'access is denied'],
  ['0000001F', 'passwordChannel', 'the domain controller takes passwords over TLS of at least 128 bits only'],
  ['00000056', 'oldPassword', 'the old password is wrong'],
  ['00000057', undefined, 'an attribute is unknown or its value cannot be converted'],
  ['000004DC', 'notBound', 'the connection is not bound any more'],
  ['0000051B', 'privilege', 'the account may not own or grant this'],
  ['00000522', 'privilege', 'the account of the gateway lacks a right that this needs'],
  ['00000523', 'accountName', 'the account name (sAMAccountName) is too long or has characters that are not allowed'],
  ['00000524', 'nameTaken', 'another account has this sAMAccountName'],
  ['00000525', 'reference', 'a named account or entry does not exist'],
  ['00000526', 'nameTaken', 'another group has this sAMAccountName'],
  ['00000528', 'member', 'the account is a member of the group already'],
  ['00000529', 'member', 'the account is no member of the group'],
  ['0000052D', 'password', 'the password does not meet the policy of the domain (length, complexity, history or minimum age)'],
  ['00000533', 'account', 'the account is disabled'],
  ['0000055B', 'privilege', 'this cannot be done to a built-in account or group'],
  ['00000561', 'member', 'the account is no member of the group'],
  ['00000562', 'member', 'the account is a member of the group already'],
  ['00002014', undefined, 'an object class or attribute is not allowed here'],
  ['00002015', undefined, 'the entry has entries below it'],
  ['00002020', 'notBound', 'the connection is not bound'],
  ['00002030', undefined, 'the entry, or the one above it, does not exist'],
  ['00002035', undefined, 'the domain controller is unwilling to do this'],
  ['00002071', 'nameTaken', 'another entry has this name (cn in the same container, or sAMAccountName in the domain)'],
  ['00002080', 'member', 'the attribute that is to be removed is not there'],
  ['00002081', undefined, 'the attribute may have one value only'],
  ['00002082', undefined, 'a value is too long, too short or out of range'],
  ['00002083', 'member', 'the value is there already'],
  ['00002085', 'member', 'the value that is to be removed is not there'],
  ['00002089', undefined, 'the container for the entry does not exist'],
  ['00002098', 'privilege', 'the account of the gateway lacks the right to do this'],
  ['000020B5', 'reference', 'a DN among the values names an entry that does not exist'],
  ['00002141', 'groupScope', 'the group type is not valid'],
  ['00002144', 'groupScope', 'a global group cannot have a domain local group as a member'],
  ['00002145', 'groupScope', 'a global group cannot have a universal group as a member'],
  ['00002146', 'groupScope', 'a universal group cannot have a domain local group as a member'],
  ['00002147', 'groupScope', 'a global group cannot have a member of another domain'],
  ['00002148', 'groupScope', 'a domain local group cannot have a domain local group of another domain as a member'],
  ['000021C7', 'valueTaken', 'another account in the forest has this servicePrincipalName'],
  ['000021C8', 'valueTaken', 'another account in the forest has this userPrincipalName'],
]);

/** By the number behind `data` in the diagnostic message of a bind that Active Directory refused. */
const bindErrors = table([
  ['525', 'account', 'there is no such account'],
  ['52e', 'account', 'the password is wrong, or there is no such account'],
  ['530', 'account', 'the account may not log on at this time'],
  ['531', 'account', 'the account may not log on from this machine'],
  ['532', 'account', 'the password has expired: set a new one, best one that does not expire'],
  ['533', 'account', 'the account is disabled'],
  ['534', 'account', 'the account lacks the right to log on this way'],
  ['701', 'account', 'the account has expired'],
  ['773', 'account', 'the password must be changed first: clear "user must change password at next logon"'],
  ['775', 'account', 'the account is locked after too many wrong passwords'],
]);

/** What other servers say in words; Samba says `already in use` under a code that means any constraint. */
const sentences: readonly (readonly [RegExp, Cause | undefined, string])[] = [
  [
    /already in use|non-unique attributes|same attribute value|attribute value already exists/i,
    'valueTaken',
    'another entry has this value already',
  ],
  [
    /error checking for attribute uniqueness/i,
    undefined,
    'the plugin attribute uniqueness of 389 Directory Server fails on this name (a comma or another escaped character in the RDN)',
  ],
  [/samaccountname contains invalid/i, 'accountName', 'the account name (sAMAccountName) has characters that are not allowed'],
  [/7-bit clean/i, undefined, 'the plugin 7-bit check of 389 Directory Server refuses characters outside ASCII in this attribute'],
  [/retry limit/i, 'account', 'the account is locked after too many wrong passwords'],
  [/account inactivated/i, 'account', 'the account is locked by an administrator (nsAccountLock)'],
  [/secure connection|encryption required/i, 'passwordChannel', 'the server wants TLS for this'],
  [/already exists for target guid/i, 'member', 'the account is a member of the group already'],
  [
    /fails quality|password quality|too short|in history|invalid password syntax|password is too|within password minimum age/i,
    'password',
    'the password does not meet the policy',
  ],
];

/** draft-behera: 0 passwordExpired … 8 passwordInHistory, 9 passwordTooLong. The first three concern the account that binds. */
const policyErrors: readonly (readonly [Cause, string])[] = [
  ['account', 'the password has expired'],
  ['account', 'the account is locked'],
  ['account', 'the password must be changed after a reset'],
  ['password', 'the password may not be changed'],
  ['oldPassword', 'the old password is needed to change it'],
  ['password', 'the password does not have the quality that the policy requires'],
  ['password', 'the password is too short'],
  ['password', 'the password was changed too recently'],
  ['password', 'the password was used before'],
  ['password', 'the password is too long'],
];

type Answered = Pick<DirectoryError, 'resultCode' | 'diagnostic' | 'policyError'>;

/** What the server's own words add to the result code; undefined where they say nothing that is known here. */
export function diagnose({ diagnostic, policyError }: Answered): Diagnosis | undefined {
  const policy = policyErrors[policyError ?? -1];
  if (policy) return { cause: policy[0], text: policy[1] };
  const bind = /\bdata ([0-9a-f]{3})\b/i.exec(diagnostic)?.[1];
  if (/AcceptSecurityContext/i.test(diagnostic) && bind !== undefined) return bindErrors.get(bind.toLowerCase());
  const code = /^([0-9A-F]{8}):/i.exec(diagnostic)?.[1]?.toUpperCase();
  const known = code === undefined ? undefined : windowsErrors.get(code);
  if (known) return known;
  const said = sentences.find(([pattern]) => pattern.test(diagnostic));
  return said && { cause: said[1], text: said[2] };
}

/** One plain sentence for the log: what was refused, and why as far as the server told. The server's own text stays out: it may hold values. */
export function explainDirectoryError(error: DirectoryError): string {
  const { kind, message, resultCode } = error;
  const diagnosis = diagnose(error);
  if (diagnosis === undefined) return message;
  if (kind === 'credentials') return `The directory refuses the account of the gateway: ${diagnosis.text}`;
  return `The directory refuses the operation: ${diagnosis.text}${resultCode === undefined ? '' : `, ${nameOfResult(resultCode)}`}`;
}

function table(rows: readonly Row[]): ReadonlyMap<string, Diagnosis> {
  return new Map(rows.map(([code, cause, text]) => [code, { cause, text }]));
}
