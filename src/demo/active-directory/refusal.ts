// How a domain controller refuses: a result code, and a diagnostic message that begins with eight hexadecimal digits of a Windows error.
// MS-ADTS 3.1.1.1.13 and MS-ERREF section 2.2; the numbers behind DSID change with every build and mean nothing.
import { OperationError, resultCode } from '../result.ts';

/** A name for each problem of a directory, with its number and how its message is built. */
const problems = {
  noObject: ['NameErr', 'problem 2001 (NO_OBJECT), data 0, best match of:'],
  badName: ['NameErr', 'problem 2006 (BAD_NAME), data 8349, best match of:'],
  rights: ['SecErr', 'problem 4003 (INSUFF_ACCESS_RIGHTS), data 0'],
  unwilling: ['SvcErr', 'problem 5003 (WILL_NOT_PERFORM), data 0'],
  naming: ['UpdErr', 'problem 6001 (NAMING_VIOLATION), data 0'],
  objectClass: ['UpdErr', 'problem 6002 (OBJ_CLASS_VIOLATION), data 0'],
  nonLeaf: ['UpdErr', 'problem 6003 (CANT_ON_NON_LEAF), data 0'],
  onRdn: ['UpdErr', 'problem 6004 (CANT_ON_RDN), data 0'],
  exists: ['UpdErr', 'problem 6005 (ENTRY_EXISTS), data 0'],
  invalidArgument: ['SysErr', 'problem 22 (Invalid argument), data 0'],
} as const;

const attributeProblems = {
  noAttribute: '1001 (NO_ATTRIBUTE_OR_VAL)',
  invalidSyntax: '1002 (INVALID_ATT_SYNTAX)',
  constraint: '1005 (CONSTRAINT_ATT_TYPE)',
  valueExists: '1006 (ATT_OR_VALUE_EXISTS)',
} as const;

/** `00000562: UpdErr: DSID-…, problem 6005 (ENTRY_EXISTS), data 0`. `code`: of the Windows error, eight digits. */
export function refuse(result: number, code: string, problem: keyof typeof problems): OperationError {
  const [kind, text] = problems[problem];
  return new OperationError(result, `${code}: ${kind}: DSID-0C0DE300, ${text}\n`);
}

/** A mistake in a value of one attribute. */
export function refuseAttribute(result: number, code: string, problem: keyof typeof attributeProblems, attribute: string): OperationError {
  const detail = `0: ${code}: DSID-0C0DE301, problem ${attributeProblems[problem]}, data 0, Att ${attribute}`;
  return new OperationError(result, `${code}: AtrErr: DSID-0C0DE301, #1:\n\t${detail}\n`);
}

/** What the LDAP front of the server refuses before the directory is asked. */
export function refuseRequest(result: number, code: string, comment: string): OperationError {
  return new OperationError(result, `${code}: LdapErr: DSID-0C0DE302, comment: ${comment}, data 0, v4563`);
}

/** An attribute or a class is unknown. */
export const refuseConversion = (): OperationError =>
  refuseRequest(resultCode.noSuchAttribute, '00000057', 'Error in attribute conversion operation');

/** 32, with the nearest entry above. */
export function refuseMissing(nearest: string | undefined, code = '0000208D'): OperationError {
  const [kind, text] = problems.noObject;
  const matchedDn = nearest ?? '';
  return new OperationError(resultCode.noSuchObject, `${code}: ${kind}: DSID-0C0DE303, ${text}\n\t'${matchedDn}'\n`, { matchedDn });
}

export const refuseName = (): OperationError => refuse(resultCode.invalidDnSyntax, '0000208F', 'badName');

/** 49 with the reason as AcceptSecurityContext knows it. */
export function refuseBind(data: string): OperationError {
  const text = `80090308: LdapErr: DSID-0C0DE304, comment: AcceptSecurityContext error, data ${data}, v4563`;
  return new OperationError(resultCode.invalidCredentials, text);
}

export const refuseUnbound = (): OperationError =>
  refuseRequest(
    resultCode.operationsError,
    '000004DC',
    'In order to perform this operation a successful bind must be completed on the connection.',
  );
export const refuseAccess = (): OperationError => refuse(resultCode.insufficientAccessRights, '00000005', 'rights');
/** Neither here nor in a naming context that is known: a referral to whoever would be asked for such a name. */
export function refuseForeign(dn: string, host: string): OperationError {
  return new OperationError(resultCode.referral, `0000202B: RefErr: DSID-0C0DE305, data 0, 1 access points\n\tref 1: '${host}'\n`, {
    referrals: [`ldap://${host}/${dn}`],
  });
}
